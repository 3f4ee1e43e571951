//! What is due at a time, earliest first, and in the order of its setting where the time is
//! the same.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Instant;

/// So few timers are no reason to look for those that nobody needs any more.
pub(super) const FEW: usize = 256;

#[derive(Debug)]
pub(super) struct Timers<T> {
    heap: BinaryHeap<Reverse<Timer<T>>>,
    set: u64,
    /// At how many those are looked for.
    prune_at: usize,
}

#[derive(Debug)]
struct Timer<T> {
    at: Instant,
    number: u64,
    what: T,
}

impl<T> Timers<T> {
    pub(super) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            set: 0,
            prune_at: FEW,
        }
    }

    /// Sets a timer; whether it is the next one due.
    pub(super) fn set(&mut self, at: Instant, what: T) -> bool {
        let first = self.next().is_none_or(|next| at < next);
        self.set += 1;
        let number = self.set;
        self.heap.push(Reverse(Timer { at, number, what }));
        first
    }

    /// Forgets those that nobody needs, if there are twice as many as were needed when that was
    /// done before: so timers stay in proportion to what they are for, however much of it comes
    /// and goes before its time.
    pub(super) fn prune(&mut self, is_needed: impl Fn(&T) -> bool) {
        if self.heap.len() >= self.prune_at {
            self.heap.retain(|Reverse(timer)| is_needed(&timer.what));
            self.prune_at = FEW.max(2 * self.heap.len());
        }
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(timer)| timer.at)
    }

    /// Takes one that is due at `now`.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<T> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(timer)| timer.what)
    }
}

impl<T> Ord for Timer<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<T> PartialOrd for Timer<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Timer<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Timer<T> {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_timer_falls_due_once_not_before_its_time_and_in_order(
            steps in prop::collection::vec((any::<bool>(), 0_u64..20), 0..60),
        ) {
            let start = Instant::now();
            let at = |ms| start + Duration::from_millis(ms);
            let mut timers = Timers::new();
            let mut model: Vec<(u64, usize)> = Vec::new();
            let mut now = 0;
            for (number, (sets, ms)) in steps.into_iter().enumerate() {
                if sets {
                    let earliest = model.iter().map(|&(due, _)| due).min();
                    let first = timers.set(at(now + ms), number);
                    prop_assert_eq!(first, earliest.is_none_or(|earliest| now + ms < earliest));
                    model.push((now + ms, number));
                } else {
                    now += ms;
                    model.sort_unstable();
                    let due = model.iter().take_while(|&&(due, _)| due <= now).count();
                    for (_, number) in model.drain(..due) {
                        prop_assert_eq!(timers.take_due(at(now)), Some(number));
                    }
                    prop_assert_eq!(timers.take_due(at(now)), None);
                }
                let next = model.iter().map(|&(due, _)| at(due)).min();
                prop_assert_eq!(timers.next(), next);
            }
        }
    }

    #[test]
    fn timers_fall_due_in_the_order_of_their_times_then_of_their_setting() {
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);
        let mut timers = Timers::new();
        assert!(timers.set(at(20), "later"));
        assert!(timers.set(at(10), "first"));
        assert!(!timers.set(at(10), "second"));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.take_due(at(9)), None);
        assert_eq!(timers.take_due(at(10)), Some("first"));
        assert_eq!(timers.take_due(at(30)), Some("second"));
        assert_eq!(timers.take_due(at(30)), Some("later"));
        assert_eq!(timers.take_due(at(30)), None);
    }
}
