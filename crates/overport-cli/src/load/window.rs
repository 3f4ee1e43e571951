//! The measured time of a run.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Is told when the measured time begins and ends, to look at the server's figures there.
/// Nothing of the first connects and the last closes lies between. Both calls are made on a
/// thread of the load, which does nothing else meanwhile, so they are to be quick.
pub(crate) trait Window: Sync {
    /// Every connection is established and the warm-up is over. Called once; not at all where
    /// the run ends before.
    fn opens(&self);

    /// The time is over, and every connection is still open that was. Called once if
    /// [`opens`](Self::opens) was, also where the run is ended early.
    fn closes(&self);
}

/// The measured time, on the clock of the run.
pub(super) struct Span<'run> {
    /// None where everything counts, from the first connect to the last close.
    window: Option<&'run dyn Window>,
    opened_ns: AtomicU64,
    closed_ns: AtomicU64,
    /// Held while the window is told: nobody closes a connection before it has returned.
    step: Mutex<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Before,
    Open,
    Over,
}

impl<'run> Span<'run> {
    /// The time of `window`, or without one all time.
    pub(super) fn new(window: Option<&'run dyn Window>) -> Self {
        Self {
            window,
            opened_ns: AtomicU64::new(if window.is_some() { u64::MAX } else { 0 }),
            closed_ns: AtomicU64::new(u64::MAX),
            step: Mutex::new(Step::Before),
        }
    }

    /// Whether there is a window, and a time that does not count.
    pub(super) fn is_measured(&self) -> bool {
        self.window.is_some()
    }

    /// Whether what happened then counts.
    pub(super) fn counts(&self, at_ns: u64) -> bool {
        self.opened_ns.load(Ordering::Relaxed) <= at_ns
            && at_ns < self.closed_ns.load(Ordering::Relaxed)
    }

    /// When the window opened, if it has.
    pub(super) fn opened_ns(&self) -> Option<u64> {
        let opened_ns = self.opened_ns.load(Ordering::Relaxed);
        (opened_ns != u64::MAX).then_some(opened_ns)
    }

    /// Whether there was a window, and it is closed or will never open.
    pub(super) fn is_over(&self) -> bool {
        self.closed_ns.load(Ordering::Relaxed) != u64::MAX
    }

    /// How long the window was open; 0 if it was not.
    pub(super) fn elapsed_ns(&self) -> u64 {
        let opened_ns = self.opened_ns.load(Ordering::Relaxed);
        let closed_ns = self.closed_ns.load(Ordering::Relaxed);
        closed_ns.saturating_sub(opened_ns)
    }

    /// Opens the window, unless that was done, or the time was over before. What counts begins
    /// when it has been told.
    pub(super) fn open(&self, now_ns: impl FnOnce() -> u64) {
        self.advance(Step::Before, Step::Open, |window| {
            window.opens();
            self.opened_ns.store(now_ns(), Ordering::Relaxed);
        });
    }

    /// Closes the window, if it is open, and returns when it has been told, by whichever
    /// thread. From now on it does not open any more.
    pub(super) fn close(&self, now_ns: impl FnOnce() -> u64) {
        self.advance(Step::Before, Step::Over, |_| {
            self.closed_ns.store(0, Ordering::Relaxed);
        });
        self.advance(Step::Open, Step::Over, |window| {
            self.closed_ns.store(now_ns(), Ordering::Relaxed);
            window.closes();
        });
    }

    fn advance(&self, from: Step, to: Step, tell: impl FnOnce(&dyn Window)) {
        let Some(window) = self.window else {
            return;
        };
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        if *step == from {
            *step = to;
            tell(window);
        }
    }
}

impl fmt::Debug for Span<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Span")
            .field("opened_ns", &self.opened_ns)
            .field("closed_ns", &self.closed_ns)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<&'static str>>);

    impl Window for Told {
        fn opens(&self) {
            self.0.lock().unwrap().push("opens");
        }

        fn closes(&self) {
            self.0.lock().unwrap().push("closes");
        }
    }

    #[test]
    fn what_happens_in_the_window_counts_and_nothing_else_does() {
        let told = Told::default();
        let span = Span::new(Some(&told));
        assert!(!span.counts(0) && !span.counts(u64::MAX - 1));
        span.open(|| 100);
        span.open(|| 150);
        assert!(!span.counts(99) && span.counts(100) && span.counts(10_000));
        span.close(|| 300);
        span.close(|| 400);
        assert!(span.counts(299) && !span.counts(300));
        assert_eq!(span.elapsed_ns(), 200);
        assert_eq!(*told.0.lock().unwrap(), ["opens", "closes"]);
    }

    #[test]
    fn a_window_that_was_not_open_is_told_nothing() {
        let told = Told::default();
        let span = Span::new(Some(&told));
        assert!(!span.is_over());
        span.close(|| 50);
        span.open(|| 100);
        assert!(span.is_over());
        assert_eq!(span.elapsed_ns(), 0);
        assert!(told.0.lock().unwrap().is_empty());
    }

    #[test]
    fn without_a_window_everything_counts() {
        let span = Span::new(None);
        span.close(|| 100);
        assert!(span.counts(0) && span.counts(100));
    }
}
