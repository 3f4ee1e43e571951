//! When an operation is to be done at the latest.

use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A time, in half the room that an optional `Instant` takes: every operation has one or none.
/// All times up to a moment in this process' life are one, since they have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deadline {
    /// From one nanosecond before that moment.
    ns: NonZeroU64,
}

static MOMENT: LazyLock<Instant> = LazyLock::new(Instant::now);

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        let since = at.saturating_duration_since(*MOMENT);
        let ns = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Self {
            ns: NonZeroU64::MIN.saturating_add(ns),
        }
    }
}

impl From<Deadline> for Instant {
    fn from(deadline: Deadline) -> Self {
        *MOMENT + Duration::from_nanos(deadline.ns.get() - 1)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn deadlines_are_in_the_order_of_their_times_and_say_them(one: u32, other: u32) {
            let at = |ns: u32| *MOMENT + Duration::from_nanos(ns.into());
            let deadline = |ns| Deadline::from(at(ns));
            prop_assert_eq!(deadline(one).cmp(&deadline(other)), one.cmp(&other));
            prop_assert_eq!(Instant::from(deadline(one)), at(one));
        }
    }

    #[test]
    fn what_has_passed_for_long_and_what_is_centuries_away_are_deadlines() {
        let now = Deadline::from(Instant::now());
        let year = Duration::from_secs(31_556_952);
        let past = MOMENT.checked_sub(Duration::from_secs(1));
        assert!(past.is_none_or(|past| Deadline::from(past) <= now));
        assert!(Deadline::from(*MOMENT + 1_000 * year) > Deadline::from(*MOMENT + 500 * year));
    }
}
