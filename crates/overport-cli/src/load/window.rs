//! The measured time of a run, and what is looked at around it.
//!
//! A look at a server takes as long as it has threads, and the load would stand still meanwhile:
//! messages would be late, or have the look in their latency. So only clocks are read at the two
//! ends of the window, which takes some microseconds. All that takes longer is looked at twice,
//! when no message can be affected that counts:
//!
//! 1. All connections are there: the window is *prepared*. All threads of the load wait for it,
//!    and an open loop has not begun. The warm-up begins behind it, and is at least as long as
//!    this look was (up to [`MAX_SETTLING`]), since the server may have had nothing to do.
//! 2. The warm-up is over: it *opens*. From right after that messages count.
//! 3. The time is over: it *closes*. Until right before that messages count. Nothing new is sent.
//! 4. The answers have come to all that was in flight, and all connections are still open: it is
//!    *concluded*, and only then connections are closed. A connection to which nothing at all was
//!    answered is not waited for: a server that serves one client at a time answers it when
//!    another is closed.
//!
//! What can only be counted from one long look to the other is counted for the messages that were
//! sent between them, warm-up and window.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest warm-up that is made only because the look before it was long.
const MAX_SETTLING: Duration = Duration::from_secs(1);

/// Is told of the measured time, to look at the server's figures. All calls are made on a thread
/// of the load.
pub(crate) trait Window: Sync {
    /// Every connection is established, and the warm-up begins when this returns. Called once;
    /// not at all where the run ends before. The load stands still meanwhile, so it may take long.
    fn prepares(&self);

    /// The warm-up is over. Called once; not at all where the run ends before. It must be quick:
    /// the calling thread's part of the load waits for it.
    fn opens(&self);

    /// The time is over. Called once if [`opens`](Self::opens) was, also where the run is ended
    /// early. It must be as quick: it is in the latency of what is in flight.
    fn closes(&self);

    /// Nothing is in flight any more, and every connection is still open that was. Called once
    /// behind [`closes`](Self::closes), and may take long. Where the run is ended early, there
    /// may be something in flight.
    fn concludes(&self);
}

/// The measured time, on the clock of the run.
pub(super) struct Span<'run> {
    /// None where everything counts, from the first connect to the last close.
    window: Option<&'run dyn Window>,
    prepared_ns: AtomicU64,
    /// How long the look at the begin took.
    look_ns: AtomicU64,
    opened_ns: AtomicU64,
    closed_ns: AtomicU64,
    over: AtomicBool,
    /// Held while the window is told.
    step: Mutex<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Before,
    Prepared,
    Open,
    Closed,
    Over,
}

impl<'run> Span<'run> {
    /// The time of `window`, or without one all time.
    pub(super) fn new(window: Option<&'run dyn Window>) -> Self {
        Self {
            window,
            prepared_ns: AtomicU64::new(u64::MAX),
            look_ns: AtomicU64::new(0),
            opened_ns: AtomicU64::new(if window.is_some() { u64::MAX } else { 0 }),
            closed_ns: AtomicU64::new(u64::MAX),
            over: AtomicBool::new(false),
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

    /// When the window was prepared, if it was.
    pub(super) fn prepared_ns(&self) -> Option<u64> {
        known(&self.prepared_ns)
    }

    /// When the window opens, after a warm-up of `warm_up_ns`; none as long as it is not
    /// prepared.
    pub(super) fn opening_ns(&self, warm_up_ns: u64) -> Option<u64> {
        let most_ns = MAX_SETTLING.as_nanos() as u64;
        let settling_ns = self.look_ns.load(Ordering::Relaxed).min(most_ns);
        Some(
            self.prepared_ns()?
                .saturating_add(warm_up_ns.max(settling_ns)),
        )
    }

    /// When the window opened, if it has.
    pub(super) fn opened_ns(&self) -> Option<u64> {
        known(&self.opened_ns)
    }

    /// Whether connections have to stay open whose work is done, since the window is to be
    /// concluded yet.
    pub(super) fn keeps_open(&self) -> bool {
        self.is_measured() && !self.over.load(Ordering::Acquire)
    }

    /// How long the window was open; 0 if it was not.
    pub(super) fn elapsed_ns(&self) -> u64 {
        let opened_ns = self.opened_ns.load(Ordering::Relaxed);
        let closed_ns = self.closed_ns.load(Ordering::Relaxed);
        closed_ns.saturating_sub(opened_ns)
    }

    /// Prepares the window, unless that was done, or the time was over before. Returns when it
    /// has been told, by whichever thread.
    pub(super) fn prepare(&self, now_ns: impl Fn() -> u64) {
        self.advance(Step::Before, Step::Prepared, |window| {
            let begin_ns = now_ns();
            window.prepares();
            let end_ns = now_ns();
            self.look_ns.store(end_ns - begin_ns, Ordering::Relaxed);
            self.prepared_ns.store(end_ns, Ordering::Relaxed);
        });
    }

    /// Opens the window, unless that was done, or the time was over before. What counts begins
    /// when it has been told.
    pub(super) fn open(&self, now_ns: impl FnOnce() -> u64) {
        self.advance(Step::Prepared, Step::Open, |window| {
            window.opens();
            self.opened_ns.store(now_ns(), Ordering::Relaxed);
        });
    }

    /// Closes the window, if it is open. From now on it does not open any more.
    pub(super) fn close(&self, now_ns: impl FnOnce() -> u64) {
        self.advance(Step::Open, Step::Closed, |window| {
            self.closed_ns.store(now_ns(), Ordering::Relaxed);
            window.closes();
        });
        let mut step = self.step();
        if self.is_measured() && matches!(*step, Step::Before | Step::Prepared) {
            *step = Step::Over;
            self.closed_ns.store(0, Ordering::Relaxed);
            self.over.store(true, Ordering::Release);
        }
    }

    /// Concludes the window, if it is closed, and returns when it has been told, by whichever
    /// thread.
    pub(super) fn conclude(&self) {
        self.advance(Step::Closed, Step::Over, |window| {
            window.concludes();
            self.over.store(true, Ordering::Release);
        });
    }

    fn advance(&self, from: Step, to: Step, tell: impl FnOnce(&dyn Window)) {
        let Some(window) = self.window else {
            return;
        };
        let mut step = self.step();
        if *step == from {
            *step = to;
            tell(window);
        }
    }

    fn step(&self) -> MutexGuard<'_, Step> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known(ns: &AtomicU64) -> Option<u64> {
    Some(ns.load(Ordering::Relaxed)).filter(|&ns| ns != u64::MAX)
}

impl fmt::Debug for Span<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Span")
            .field("prepared_ns", &self.prepared_ns)
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

    impl Told {
        fn tell(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }
    }

    impl Window for Told {
        fn prepares(&self) {
            self.tell("prepares");
        }

        fn opens(&self) {
            self.tell("opens");
        }

        fn closes(&self) {
            self.tell("closes");
        }

        fn concludes(&self) {
            self.tell("concludes");
        }
    }

    #[test]
    fn what_happens_in_the_window_counts_and_nothing_else_does() {
        let told = Told::default();
        let span = Span::new(Some(&told));
        assert!(!span.counts(0) && !span.counts(u64::MAX - 1));
        span.prepare(|| 10);
        span.open(|| 100);
        span.open(|| 150);
        assert!(!span.counts(99) && span.counts(100) && span.counts(10_000));
        span.close(|| 300);
        span.close(|| 400);
        assert!(span.counts(299) && !span.counts(300));
        assert_eq!(span.elapsed_ns(), 200);
        assert!(span.keeps_open());
        span.conclude();
        span.conclude();
        assert!(!span.keeps_open());
        let steps = ["prepares", "opens", "closes", "concludes"];
        assert_eq!(*told.0.lock().unwrap(), steps);
    }

    #[test]
    fn a_window_that_was_not_open_is_told_nothing_more() {
        for prepared in [false, true] {
            let told = Told::default();
            let span = Span::new(Some(&told));
            if prepared {
                span.prepare(|| 10);
            }
            assert!(span.keeps_open());
            span.close(|| 50);
            span.open(|| 100);
            span.conclude();
            assert!(!span.keeps_open());
            assert_eq!(span.elapsed_ns(), 0);
            assert_eq!(told.0.lock().unwrap().len(), usize::from(prepared));
        }
    }

    #[test]
    fn the_warm_up_is_as_long_as_the_look_before_it_but_for_a_long_one() {
        let opening_ns = |look_ns, warm_up_ns| {
            let told = Told::default();
            let span = Span::new(Some(&told));
            assert_eq!(span.opening_ns(warm_up_ns), None);
            let clock = AtomicU64::new(0);
            span.prepare(|| clock.fetch_add(look_ns, Ordering::Relaxed));
            span.opening_ns(warm_up_ns)
        };
        assert_eq!(opening_ns(100, 300), Some(100 + 300));
        assert_eq!(opening_ns(500, 300), Some(500 + 500));
        let most_ns = MAX_SETTLING.as_nanos() as u64;
        assert_eq!(opening_ns(10 * most_ns, 300), Some(11 * most_ns));
    }

    #[test]
    fn without_a_window_everything_counts() {
        let span = Span::new(None);
        span.close(|| 100);
        assert!(span.counts(0) && span.counts(100));
        assert!(!span.keeps_open());
    }
}
