//! How much of the processors others took while something was measured on them.

use std::time::{Duration, Instant};

use crate::report::data::RoundNoise;
use crate::sys::clock;
use crate::sys::processors;
use crate::sys::usage::ProcessorTime;

/// The part of the processors' time that the hypervisor may give to others, and the part that
/// processes may take which are neither server nor load, before a measurement is disturbed.
const STEAL_LIMIT: f64 = 0.02;
const FOREIGN_LIMIT: f64 = 0.05;

/// The system rounds what a processor's time went to down to whole clock ticks, at both ends of
/// a window. So many ticks of each processor are not taken for a disturbance: one of the steal,
/// and one each of the steal, the idle time and what it waited, from which the rest follows.
const STEAL_ROUNDING_TICKS: f64 = 1.0;
const FOREIGN_ROUNDING_TICKS: f64 = 3.0;

/// What the time of some processors has gone to until a moment; none where the system does not
/// tell.
#[derive(Clone, Debug)]
pub(crate) struct ProcessorTimes {
    at: Instant,
    times: Option<Vec<ProcessorTime>>,
}

impl ProcessorTimes {
    /// Reads it for `cpus`.
    pub(crate) fn of(cpus: &[usize]) -> Self {
        let times = processors::times(cpus).ok().flatten();
        Self {
            at: Instant::now(),
            times,
        }
    }

    /// What disturbed a measurement on these processors since `earlier`, in which server and load
    /// used so much of their time. Without that, what others used is not known.
    pub(crate) fn since(&self, earlier: &Self, used_ns: Option<u64>) -> RoundNoise {
        match (&earlier.times, &self.times) {
            (Some(before), Some(after)) => {
                let elapsed = self.at.duration_since(earlier.at);
                noise(elapsed, before, after, used_ns, clock::tick_ns())
            }
            _ => RoundNoise::default(),
        }
    }
}

fn noise(
    elapsed: Duration,
    before: &[ProcessorTime],
    after: &[ProcessorTime],
    used_ns: Option<u64>,
    tick_ns: u64,
) -> RoundNoise {
    let passed = |ticks: fn(&ProcessorTime) -> u64| {
        let sum = |times: &[ProcessorTime]| times.iter().map(ticks).sum::<u64>();
        sum(after).saturating_sub(sum(before)) as f64
    };
    let processors = after.iter().map(|time| time.processors).sum::<usize>() as f64;
    let all_ticks = elapsed.as_nanos() as f64 / tick_ns as f64 * processors;
    if all_ticks <= 0.0 {
        return RoundNoise::default();
    }
    let tells_steal = after.iter().all(|time| time.steal_ticks.is_some());
    let steal_ticks = passed(|time| time.steal_ticks.unwrap_or(0));
    let interrupt_ticks = match after.iter().any(|time| time.interrupts_apart) {
        true => passed(|time| time.interrupt_ticks),
        false => 0.0,
    };
    // What is left when all that is accounted for is taken away.
    let rest_ticks = all_ticks - passed(|time| time.idle_ticks) - steal_ticks - interrupt_ticks;
    let foreign_ticks = used_ns.map(|ns| (rest_ticks - ns as f64 / tick_ns as f64).max(0.0));
    let beyond =
        |ticks: f64, limit: f64, rounding: f64| ticks > limit * all_ticks + rounding * processors;
    RoundNoise {
        steal_part: tells_steal.then(|| steal_ticks / all_ticks),
        foreign_part: foreign_ticks.map(|ticks| ticks / all_ticks),
        disturbed: beyond(steal_ticks, STEAL_LIMIT, STEAL_ROUNDING_TICKS)
            || foreign_ticks
                .is_some_and(|ticks| beyond(ticks, FOREIGN_LIMIT, FOREIGN_ROUNDING_TICKS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_NS: u64 = 10_000_000;
    const SHORT: Duration = Duration::from_millis(300);

    fn time(idle_ticks: u64, interrupt_ticks: u64, steal_ticks: u64) -> ProcessorTime {
        ProcessorTime {
            processors: 1,
            idle_ticks,
            interrupt_ticks,
            steal_ticks: Some(steal_ticks),
            interrupts_apart: false,
        }
    }

    /// Two processors, of which the first was idle for some ticks, and used by others for some.
    fn foreign(elapsed: Duration, idle: u64, foreign: u64) -> RoundNoise {
        let ticks = 2 * u64::try_from(elapsed.as_nanos()).unwrap() / TICK_NS;
        let used_ns = (ticks - idle - foreign) * TICK_NS;
        let before = [time(1000, 50, 7), time(2000, 50, 7)];
        let after = [time(1000 + idle, 60, 7), time(2000, 60, 7)];
        noise(elapsed, &before, &after, Some(used_ns), TICK_NS)
    }

    #[test]
    fn what_nobody_accounts_for_is_foreign() {
        let noise = foreign(Duration::from_secs(3), 100, 60);
        assert_eq!(noise.foreign_part, Some(0.1));
        assert_eq!(noise.steal_part, Some(0.0));
        assert!(noise.disturbed);
    }

    #[test]
    fn a_short_window_is_not_disturbed_by_rounding() {
        assert!(!foreign(SHORT, 10, 0).disturbed);
        assert!(!foreign(SHORT, 10, 2).disturbed);
        assert!(!foreign(SHORT, 10, 6).disturbed);
        assert!(foreign(SHORT, 10, 12).disturbed);
    }

    #[test]
    fn one_stolen_tick_of_a_processor_is_rounding_and_more_is_not() {
        let stolen = |ticks| {
            let (before, after) = ([time(0, 0, 0)], [time(0, 0, ticks)]);
            noise(SHORT, &before, &after, None, TICK_NS)
        };
        assert!(!stolen(1).disturbed);
        assert!(stolen(2).disturbed);
        assert_eq!(stolen(3).steal_part, Some(0.1));
        assert_eq!(stolen(3).foreign_part, None);
    }

    #[test]
    fn interrupts_are_nobody_s_where_they_are_counted_apart() {
        let apart = |ticks| ProcessorTime {
            interrupts_apart: true,
            ..time(0, ticks, 0)
        };
        let used_ns = Some(20 * TICK_NS);
        let noise = noise(SHORT, &[apart(5)], &[apart(15)], used_ns, TICK_NS);
        assert_eq!(noise.foreign_part, Some(0.0));
    }

    #[test]
    fn more_use_than_time_is_no_negative_noise() {
        let none = [time(0, 0, 0)];
        let noise = noise(SHORT, &none, &none, Some(31 * TICK_NS), TICK_NS);
        assert_eq!(noise.foreign_part, Some(0.0));
    }

    #[test]
    fn where_the_system_does_not_tell_the_steal_it_is_not_known() {
        let (before, after) = ([none_told(0)], [none_told(10)]);
        let noise = noise(SHORT, &before, &after, Some(0), TICK_NS);
        assert_eq!(noise.steal_part, None);
        // Of the 60 ticks of both processors.
        assert_eq!(noise.foreign_part, Some(50.0 / 60.0));
    }

    fn none_told(idle_ticks: u64) -> ProcessorTime {
        ProcessorTime {
            processors: 2,
            idle_ticks,
            interrupt_ticks: 0,
            steal_ticks: None,
            interrupts_apart: false,
        }
    }

    // Linux only: elsewhere the system tells of all processors together.
    #[cfg(target_os = "linux")]
    #[test]
    fn of_a_processor_that_does_not_exist_nothing_is_known() {
        let times = ProcessorTimes::of(&[usize::MAX]);
        assert_eq!(times.since(&times, Some(0)), RoundNoise::default());
    }
}
