//! What a server's processes use of the processor's time, between two moments.
//!
//! All processes of the server's group count. What the system does not tell is a reason with
//! its words, and never 0.

use std::time::{Duration, Instant};

use super::reason;
use super::server::ServerProcess;
use super::survey::{Survey, ended, members};
use crate::report::data::Reason;
use crate::sys::members::Members;
use crate::sys::usage::Used;

/// The system tells user from system time by what runs at each clock tick, and rounds to whole
/// ones. With fewer than this in a window, one more or less would move more than a tenth of the
/// time from one part to the other.
const LEAST_TICKS: u64 = 10;

/// The processor's time that a server has used until a moment.
///
/// To read it of processes that are known takes some microseconds for each, however many threads
/// they have.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    at: Instant,
    cpu: Result<Used, Reason>,
}

/// What was used between two moments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Usage {
    pub(crate) elapsed: Duration,
    /// The processor's time, user and system.
    pub(crate) cpu_ns: Result<u64, Reason>,
    /// Its parts, as far as the clock ticks tell.
    pub(crate) split: Result<Split, Reason>,
}

/// The processor's time in the server's own code, and in the system on its behalf. Exact in its
/// sum only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
}

/// What a message cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PerMessage {
    pub(crate) cpu_us: Option<f64>,
    pub(crate) user_us: Option<f64>,
    pub(crate) system_us: Option<f64>,
}

impl Clocks {
    /// Looks for the processes of `server`, and reads what they have used until now.
    pub(crate) fn of(server: &ServerProcess) -> Self {
        Self::of_members(members(server.group()).as_ref())
    }

    /// Reads what the processes have used until now that `survey` has found.
    pub(crate) fn of_known(survey: &Survey) -> Self {
        Self::of_members(survey.members())
    }

    fn of_members(members: Result<&Members, &Reason>) -> Self {
        let used = members.map_err(Reason::clone);
        let used = used.and_then(|members| members.used().map_err(reason)?.ok_or_else(ended));
        Self {
            at: Instant::now(),
            cpu: used,
        }
    }

    /// Adds what processes have used by now that have come between two surveys, so that their
    /// time is not missed.
    pub(crate) fn add_newcomers(&mut self, earlier: &Survey, later: &Survey) {
        let (Ok(earlier), Ok(later), Ok(sum)) = (earlier.members(), later.members(), &mut self.cpu)
        else {
            return;
        };
        match later.used_by_newcomers(earlier) {
            Ok(used) => {
                sum.ns += used.ns;
                sum.user_ticks += used.user_ticks;
                sum.system_ticks += used.system_ticks;
            }
            Err(error) => self.cpu = Err(reason(error)),
        }
    }

    /// What the server has used since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Usage {
        let cpu = cpu_since(&earlier.cpu, &self.cpu);
        Usage {
            elapsed: self.at.duration_since(earlier.at),
            cpu_ns: cpu.clone().map(|cpu| cpu.ns),
            split: cpu.and_then(split),
        }
    }
}

impl Usage {
    /// The cost of each of so many messages; none of it without a message. A clock that says that
    /// messages cost no time at all has said nothing.
    pub(crate) fn per_message(&self, messages: u64) -> PerMessage {
        let cpu_ns = self.cpu_ns.as_ref().ok().copied().unwrap_or(0);
        if messages == 0 || cpu_ns == 0 {
            return PerMessage::default();
        }
        let per_us = |ns: u64| ns as f64 / messages as f64 / 1000.0;
        let split = self.split.as_ref().ok();
        PerMessage {
            cpu_us: Some(per_us(cpu_ns)),
            user_us: split.map(|split| per_us(split.user_ns)),
            system_us: split.map(|split| per_us(split.system_ns)),
        }
    }
}

fn split(cpu: Used) -> Result<Split, Reason> {
    let ticks = cpu.user_ticks + cpu.system_ticks;
    // A part without a tick was not seen, which is not to say that there was none.
    if ticks < LEAST_TICKS || cpu.user_ticks == 0 || cpu.system_ticks == 0 {
        let least = cpu.user_ticks.min(cpu.system_ticks);
        return Err(Reason::System {
            text: format!(
                "only {ticks} clock ticks, {least} of them in one part, \
                 too few to tell user from system time"
            ),
        });
    }
    let user_ns = (cpu.ns as f64 * cpu.user_ticks as f64 / ticks as f64).round() as u64;
    Ok(Split {
        user_ns,
        system_ns: cpu.ns - user_ns.min(cpu.ns),
    })
}

fn cpu_since(earlier: &Result<Used, Reason>, later: &Result<Used, Reason>) -> Result<Used, Reason> {
    let (earlier, later) = (earlier.clone()?, later.clone()?);
    let ns = later.ns.checked_sub(earlier.ns).ok_or(Reason::System {
        text: "a process ended whose time is not known".to_owned(),
    })?;
    Ok(Used {
        ns,
        user_ticks: later.user_ticks.saturating_sub(earlier.user_ticks),
        system_ticks: later.system_ticks.saturating_sub(earlier.system_ticks),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fake::listening;
    use super::*;

    fn used(ns: u64, user_ticks: u64, system_ticks: u64) -> Clocks {
        Clocks {
            at: Instant::now(),
            cpu: Ok(Used {
                ns,
                user_ticks,
                system_ticks,
            }),
        }
    }

    #[test]
    fn user_and_system_time_add_up_to_the_exact_time() {
        let usage = used(1_000_000_007, 40, 80).since(&used(7, 10, 10));
        assert_eq!(usage.cpu_ns, Ok(1_000_000_000));
        let split = usage.split.clone().unwrap();
        assert_eq!((split.user_ns, split.system_ns), (300_000_000, 700_000_000));
        let per_message = usage.per_message(1000);
        assert_eq!(per_message.cpu_us, Some(1000.0));
        assert_eq!(per_message.user_us, Some(300.0));
        assert_eq!(usage.per_message(0), PerMessage::default());
    }

    #[test]
    fn too_few_ticks_do_not_tell_user_from_system_time() {
        for (user_ticks, system_ticks) in [(4, 5), (0, 100), (100, 0)] {
            let usage = used(90_000_000, user_ticks, system_ticks).since(&used(0, 0, 0));
            assert!(matches!(usage.split, Err(Reason::System { .. })));
            assert_eq!(usage.per_message(1).user_us, None);
            assert_eq!(usage.per_message(1).system_us, None);
            assert_eq!(usage.per_message(1).cpu_us, Some(90_000.0));
        }
    }

    #[test]
    fn a_clock_that_stood_still_says_nothing() {
        let usage = used(7, 50, 50).since(&used(7, 10, 10));
        assert_eq!(usage.cpu_ns, Ok(0));
        assert_eq!(usage.per_message(1), PerMessage::default());
    }

    #[test]
    fn time_that_goes_back_is_not_known() {
        let usage = used(5, 0, 0).since(&used(6, 0, 0));
        assert!(usage.cpu_ns.is_err() && usage.split.is_err());
    }

    #[test]
    fn of_a_server_that_has_ended_nothing_is_known() {
        let server = listening();
        let survey = Survey::of(&server);
        let before = Clocks::of_known(&survey);
        server.end();
        let usage = Clocks::of_known(&survey).since(&before);
        assert!(usage.cpu_ns.is_err());
        assert_eq!(usage.per_message(1), PerMessage::default());
    }
}

// Linux only: a shell of POSIX makes the workers.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod worker_tests {
    use super::super::fake::{PATIENCE, listening_after};
    use super::*;
    use crate::sys::clock;

    #[test]
    fn a_worker_s_time_is_the_server_s() {
        let server = listening_after("while :; do :; done &");
        let survey = Survey::of(&server);
        let before = Clocks::of_known(&survey);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let used = Clocks::of_known(&survey).since(&before);
            if used.cpu_ns.unwrap() > 20_000_000 {
                break;
            }
            assert!(Instant::now() < deadline, "the worker does nothing");
        }
        let size = survey.size().unwrap();
        assert!(size.threads >= 2 && size.rss_bytes > 0);
        assert!(size.rss_peak_bytes >= size.rss_bytes);
    }

    #[test]
    fn the_time_of_a_worker_that_has_ended_is_kept() {
        // It has used more than a tick by its end, which a shell then waits for.
        let burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let server = listening_after(&format!("({burn}); "));
        let cpu = Clocks::of(&server).cpu.unwrap();
        assert!(cpu.ns > clock::tick_ns(), "{cpu:?}");
    }

    #[test]
    fn the_time_of_a_worker_that_has_come_between_is_added() {
        let server = listening_after("while :; do :; done &");
        let all = Survey::of(&server);
        let members = all.members().unwrap();
        let worker = members.without(*server.group());
        let no_worker = worker.pids().iter();
        let leader = no_worker.fold(members.clone(), |left, &pid| left.without(pid));
        let leader = Survey::of_found(Ok(leader));
        let deadline = Instant::now() + PATIENCE;
        while worker.used().unwrap().unwrap().ns == 0 {
            assert!(Instant::now() < deadline, "the worker does nothing");
        }
        let mut clocks = Clocks::of_known(&leader);
        let before = clocks.clone();
        clocks.add_newcomers(&all, &all);
        assert_eq!(clocks.since(&before).cpu_ns, Ok(0));
        clocks.add_newcomers(&leader, &all);
        assert!(clocks.since(&before).cpu_ns.unwrap() > 0);
    }
}
