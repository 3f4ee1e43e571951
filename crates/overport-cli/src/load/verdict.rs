//! Whether the generator, and not the server, was what limited a run.

use std::fmt;

use super::tally::{Tally, ThreadUsage};

/// From this part of a processor on, a thread counts as busy all the time.
const BUSY: f64 = 0.9;

/// A thread that waited longer than this part of the time for a processor was held back.
const HELD_BACK: f64 = 0.2;

/// A message that was looked at this long after it was due went out late.
pub(super) const LATE_NS: u64 = 1_000_000;

/// From this part of late messages on, they say more about the generator than the server.
const MANY_LATE: f64 = 0.01;

/// Why the generator was the limit. Parts are of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum GeneratorLimit {
    /// A thread was busy for this part of the time.
    Busy(f64),
    /// A thread waited for a processor for this part of the time.
    HeldBack(f64),
    /// This part of the messages was sent more than 1 ms late.
    Late(f64),
}

/// Why the generator was the limit, if it was.
pub(super) fn generator_limit(tally: &Tally) -> Option<GeneratorLimit> {
    let busiest = tally.threads.iter().map(utilisation).fold(0.0, f64::max);
    if busiest >= BUSY {
        return Some(GeneratorLimit::Busy(busiest));
    }
    let longest_wait = tally.threads.iter().filter_map(waiting).fold(0.0, f64::max);
    if longest_wait >= HELD_BACK {
        return Some(GeneratorLimit::HeldBack(longest_wait));
    }
    let late = tally.lateness.part_above(LATE_NS);
    (late > MANY_LATE).then_some(GeneratorLimit::Late(late))
}

/// The reason, and what to do about it.
impl fmt::Display for GeneratorLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(part) => write!(
                formatter,
                "a thread of the generator was busy for {:.0} % of the time: the server may do \
                 more; use more --threads",
                part * 100.0
            ),
            Self::HeldBack(part) => write!(
                formatter,
                "a thread of the generator waited for a processor for {:.0} % of the time: give \
                 server and generator separate ones (taskset)",
                part * 100.0
            ),
            Self::Late(part) => write!(
                formatter,
                "{:.1} % of the messages were sent more than 1 ms late by the generator itself: \
                 use more --threads, or a processor that nobody else uses",
                part * 100.0
            ),
        }
    }
}

/// Which part of its time a thread ran.
pub(super) fn utilisation(thread: &ThreadUsage) -> f64 {
    part(thread.cpu_ns, thread.elapsed_ns)
}

/// Which part of its time a thread could have run and had no processor.
pub(super) fn waiting(thread: &ThreadUsage) -> Option<f64> {
    thread
        .waited_ns
        .map(|waited_ns| part(waited_ns, thread.elapsed_ns))
}

fn part(of_ns: u64, whole_ns: u64) -> f64 {
    if whole_ns == 0 {
        return 0.0;
    }
    of_ns as f64 / whole_ns as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(cpu_ns: u64, waited_ns: u64) -> Tally {
        let mut tally = Tally::new();
        tally.threads.push(ThreadUsage {
            elapsed_ns: 1000,
            cpu_ns,
            waited_ns: Some(waited_ns),
        });
        tally
    }

    #[test]
    fn a_generator_with_time_to_spare_is_not_the_limit() {
        assert_eq!(generator_limit(&tally(600, 50)), None);
        assert_eq!(generator_limit(&Tally::new()), None);
    }

    #[test]
    fn a_busy_thread_is_the_limit() {
        let reason = generator_limit(&tally(950, 0)).unwrap().to_string();
        assert!(reason.contains("95 %"), "{reason}");
    }

    #[test]
    fn a_thread_without_a_processor_is_the_limit() {
        let reason = generator_limit(&tally(500, 450)).unwrap().to_string();
        assert!(reason.contains("taskset"), "{reason}");
    }

    #[test]
    fn late_messages_are_the_limit_when_they_are_many() {
        let mut tally = tally(100, 0);
        (0..1000).for_each(|_| tally.lateness.record_ns(10_000));
        (0..9).for_each(|_| tally.lateness.record_ns(5 * LATE_NS));
        assert_eq!(generator_limit(&tally), None);
        (0..90).for_each(|_| tally.lateness.record_ns(5 * LATE_NS));
        let limit = generator_limit(&tally);
        assert!(matches!(limit, Some(GeneratorLimit::Late(part)) if part > 0.05));
    }
}
