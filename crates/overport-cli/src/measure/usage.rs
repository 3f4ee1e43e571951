//! What a server's processes use of the machine, between two moments.
//!
//! All processes of the server's group count. What the system does not tell is a reason with
//! its words, and never 0.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use super::reason;
use super::server::ServerProcess;
use crate::report::data::Reason;
use crate::sys::{clock, process};

/// The system tells user from system time by what runs at each clock tick, and rounds to whole
/// ones. With fewer than this in a window, one more or less would move more than a tenth of the
/// time from one part to the other.
const LEAST_TICKS: u64 = 10;

/// What the processes of a server have used until a moment.
///
/// Taking one reads a file for each thread, and the processor's clocks last. Both ends of a
/// window are taken alike, so the windows of all figures are equally long.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    at: Instant,
    size: Result<Size, Reason>,
    /// How often each thread left the processor.
    switches: Result<BTreeMap<i32, u64>, Reason>,
    cpu: Result<Cpu, Reason>,
}

/// How large a server is at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Memory, added up over the processes; pages that they share count for each.
    pub(crate) rss_bytes: u64,
    /// The most that each of them ever had, added up.
    pub(crate) rss_peak_bytes: u64,
    pub(crate) threads: u64,
}

/// What was used between two samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Usage {
    pub(crate) elapsed: Duration,
    /// The processor's time, user and system. That of threads that have ended is included, and
    /// that of processes whose parent in the group has waited for them.
    pub(crate) cpu_ns: Result<u64, Reason>,
    /// Its parts, as far as the clock ticks tell.
    pub(crate) split: Result<Split, Reason>,
    /// How often threads left the processor, by themselves or for others.
    pub(crate) context_switches: Result<u64, Reason>,
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
    pub(crate) context_switches: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cpu {
    ns: u64,
    user_ticks: u64,
    system_ticks: u64,
}

impl Sample {
    /// Reads what `server` has used until now.
    pub(crate) fn of(server: &ServerProcess) -> Self {
        Self::of_group(server.group())
    }

    fn of_group(group: i32) -> Self {
        let members = members(group).map_err(reason);
        let members = members.as_deref().map_err(Reason::clone);
        let size = members.clone().and_then(|pids| size(pids).map_err(reason));
        let switches = members
            .clone()
            .and_then(|pids| switches(pids).map_err(reason));
        let cpu = members.and_then(|pids| cpu(pids).map_err(reason));
        Self {
            at: Instant::now(),
            size,
            switches,
            cpu,
        }
    }

    /// How large the server was then.
    pub(crate) fn size(&self) -> Result<Size, Reason> {
        self.size.clone()
    }

    /// What the server has used since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Usage {
        let cpu = cpu_since(&earlier.cpu, &self.cpu);
        Usage {
            elapsed: self.at.duration_since(earlier.at),
            cpu_ns: cpu.clone().map(|cpu| cpu.ns),
            split: cpu.and_then(Cpu::split),
            context_switches: switches_since(&earlier.switches, &self.switches),
        }
    }
}

impl Usage {
    /// The cost of each of so many messages; none of it without a message.
    pub(crate) fn per_message(&self, messages: u64) -> PerMessage {
        if messages == 0 {
            return PerMessage::default();
        }
        let per = |value: u64| value as f64 / messages as f64;
        let per_us = |ns: u64| per(ns) / 1000.0;
        let split = self.split.as_ref().ok();
        PerMessage {
            cpu_us: self.cpu_ns.as_ref().ok().map(|&ns| per_us(ns)),
            user_us: split.map(|split| per_us(split.user_ns)),
            system_us: split.map(|split| per_us(split.system_ns)),
            context_switches: self.context_switches.as_ref().ok().map(|&count| per(count)),
        }
    }
}

impl Cpu {
    fn split(self) -> Result<Split, Reason> {
        let ticks = self.user_ticks + self.system_ticks;
        if ticks < LEAST_TICKS {
            return Err(Reason::System {
                text: format!("only {ticks} clock ticks, too few to tell user from system time"),
            });
        }
        let user_ns = (self.ns as f64 * self.user_ticks as f64 / ticks as f64).round() as u64;
        Ok(Split {
            user_ns,
            system_ns: self.ns - user_ns.min(self.ns),
        })
    }
}

fn members(group: i32) -> io::Result<Vec<i32>> {
    match process::members(group)? {
        none if none.is_empty() => Err(io::Error::other("the server has ended")),
        members => Ok(members),
    }
}

fn size(members: &[i32]) -> io::Result<Size> {
    let mut sum = Size::default();
    for &pid in members {
        if let Some(size) = unless_gone(process::size(pid))? {
            sum.rss_bytes += size.rss_bytes;
            sum.rss_peak_bytes += size.rss_peak_bytes;
            sum.threads += size.threads;
        }
    }
    Ok(sum)
}

fn switches(members: &[i32]) -> io::Result<BTreeMap<i32, u64>> {
    let mut switches = BTreeMap::new();
    for &pid in members {
        for task in unless_gone(process::tasks(pid))?.unwrap_or_default() {
            if let Some(count) = unless_gone(process::context_switches(pid, task))? {
                switches.insert(task, count);
            }
        }
    }
    Ok(switches)
}

fn cpu(members: &[i32]) -> io::Result<Cpu> {
    let mut sum = Cpu::default();
    for &pid in members {
        let ns = unless_gone(clock::process_cpu_ns(pid))?;
        let times = unless_gone(process::times(pid))?;
        if let Some((ns, times)) = ns.zip(times) {
            let children_ticks = times.children_user_ticks + times.children_system_ticks;
            sum.ns += ns + children_ticks * clock::tick_ns();
            sum.user_ticks += times.user_ticks + times.children_user_ticks;
            sum.system_ticks += times.system_ticks + times.children_system_ticks;
        }
    }
    Ok(sum)
}

/// A process or a thread may end while it is looked at; it counts no more then.
fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn cpu_since(earlier: &Result<Cpu, Reason>, later: &Result<Cpu, Reason>) -> Result<Cpu, Reason> {
    let (earlier, later) = (earlier.clone()?, later.clone()?);
    let ns = later.ns.checked_sub(earlier.ns).ok_or(Reason::System {
        text: "a process ended whose time is not known".to_owned(),
    })?;
    Ok(Cpu {
        ns,
        user_ticks: later.user_ticks.saturating_sub(earlier.user_ticks),
        system_ticks: later.system_ticks.saturating_sub(earlier.system_ticks),
    })
}

/// The system forgets the switches of a thread with the thread.
fn switches_since(
    earlier: &Result<BTreeMap<i32, u64>, Reason>,
    later: &Result<BTreeMap<i32, u64>, Reason>,
) -> Result<u64, Reason> {
    let (earlier, later) = (earlier.clone()?, later.clone()?);
    let ended = || Reason::System {
        text: "a thread ended whose switches are not known".to_owned(),
    };
    let mut sum: u64 = later.values().sum();
    for (task, before) in earlier {
        let now = later.get(&task).copied().unwrap_or(0);
        if now < before {
            return Err(ended());
        }
        sum -= before;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::super::fake::{PATIENCE, listening};
    use super::*;

    fn sample(cpu: Cpu, switches: &[(i32, u64)]) -> Sample {
        Sample {
            at: Instant::now(),
            size: Ok(Size::default()),
            switches: Ok(switches.iter().copied().collect()),
            cpu: Ok(cpu),
        }
    }

    fn used(ns: u64, user_ticks: u64, system_ticks: u64) -> Sample {
        let cpu = Cpu {
            ns,
            user_ticks,
            system_ticks,
        };
        sample(cpu, &[])
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
        let usage = used(90_000_000, 4, 5).since(&used(0, 0, 0));
        assert!(matches!(usage.split, Err(Reason::System { .. })));
        assert_eq!(usage.per_message(1).user_us, None);
        assert_eq!(usage.per_message(1).cpu_us, Some(90_000.0));
    }

    #[test]
    fn time_that_goes_back_is_not_known() {
        let usage = used(5, 0, 0).since(&used(6, 0, 0));
        assert!(usage.cpu_ns.is_err() && usage.split.is_err());
    }

    #[test]
    fn switches_of_new_threads_count_and_those_of_ended_ones_are_not_known() {
        let before = sample(Cpu::default(), &[(1, 10), (2, 20)]);
        let after = sample(Cpu::default(), &[(1, 11), (2, 22), (3, 100)]);
        assert_eq!(after.since(&before).context_switches, Ok(103));
        let ended = sample(Cpu::default(), &[(1, 11)]);
        assert!(ended.since(&before).context_switches.is_err());
        let replaced = sample(Cpu::default(), &[(1, 11), (2, 1)]);
        assert!(replaced.since(&before).context_switches.is_err());
    }

    #[test]
    fn a_worker_s_time_is_the_server_s() {
        let server = listening("while :; do :; done &");
        let before = Sample::of(&server);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let used = Sample::of(&server).since(&before);
            if used.cpu_ns.unwrap() > 20_000_000 {
                break;
            }
            assert!(Instant::now() < deadline, "the worker does nothing");
        }
        let size = before.size().unwrap();
        assert!(size.threads >= 2 && size.rss_bytes > 0);
        assert!(size.rss_peak_bytes >= size.rss_bytes);
    }

    #[test]
    fn the_time_of_a_worker_that_has_ended_is_kept() {
        // It has used more than a tick by its end, which a shell then waits for.
        let burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let server = listening(&format!("({burn}); "));
        let cpu = Sample::of(&server).cpu.unwrap();
        assert!(cpu.ns > clock::tick_ns(), "{cpu:?}");
    }

    #[test]
    fn of_a_server_that_has_ended_nothing_is_known() {
        let server = listening("");
        let before = Sample::of(&server);
        let group = server.group();
        server.end();
        let usage = Sample::of_group(group).since(&before);
        assert!(usage.cpu_ns.is_err() && usage.context_switches.is_err());
        assert_eq!(usage.per_message(1), PerMessage::default());
    }
}
