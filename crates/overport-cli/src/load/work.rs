//! What the clients of one thread share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use mio::Waker;

use super::args::{Bound, Plan};
use super::pacing::{Pacing, Schedule};
use super::pattern::Pattern;
use super::tally::Tally;

/// Bytes read at once, and short messages sent at once.
const BUFFER_SIZE: usize = 64 * 1024;

/// What all threads share.
#[derive(Debug)]
pub(super) struct Run<'run> {
    pub(super) plan: &'run Plan,
    pub(super) pattern: &'run Pattern,
    wakers: Vec<Waker>,
    begin: Instant,
    progress_ns: AtomicU64,
    established: AtomicBool,
    ended: AtomicBool,
}

impl<'run> Run<'run> {
    /// A run that begins now; each of the `wakers` ends the wait of a thread.
    pub(super) fn new(plan: &'run Plan, pattern: &'run Pattern, wakers: Vec<Waker>) -> Self {
        Self {
            plan,
            pattern,
            wakers,
            begin: Instant::now(),
            progress_ns: AtomicU64::new(0),
            established: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        }
    }

    /// Nanoseconds since the begin.
    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Something came from the server: it has not stalled.
    pub(super) fn progress(&self, now_ns: u64) {
        self.progress_ns.store(now_ns, Ordering::Relaxed);
    }

    /// When something last came from the server, to any thread.
    pub(super) fn progress_ns(&self) -> u64 {
        self.progress_ns.load(Ordering::Relaxed)
    }

    /// A connection is established, so that later failures are errors of their connection.
    pub(super) fn establish(&self) {
        if !self.has_established() {
            self.established.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn has_established(&self) -> bool {
        self.established.load(Ordering::Relaxed)
    }

    /// Ends the work of all threads at once.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        for waker in &self.wakers {
            // A thread that can't be woken notices at its next event or stall check.
            let _ = waker.wake();
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// What the clients of a thread work with.
#[derive(Debug)]
pub(super) struct Work<'run> {
    pub(super) run: &'run Run<'run>,
    pub(super) tally: Tally,
    pub(super) pacing: Pacing,
    pub(super) buffer: Box<[u8]>,
    /// Where short messages are put together to be sent at once.
    pub(super) scratch: Box<[u8]>,
    /// The time is over: nothing new is sent, what is in flight is waited for.
    pub(super) stopping: bool,
}

impl<'run> Work<'run> {
    pub(super) fn new(run: &'run Run<'run>, thread: u64) -> Self {
        Self {
            run,
            tally: Tally::new(),
            pacing: pacing(run.plan, thread),
            buffer: vec![0; BUFFER_SIZE].into_boxed_slice(),
            scratch: vec![0; BUFFER_SIZE].into_boxed_slice(),
            stopping: false,
        }
    }
}

/// The loop of `thread`, whose part of the rate is its part of the connections.
fn pacing(plan: &Plan, thread: u64) -> Pacing {
    let Some(rate) = plan.rate else {
        return Pacing::Closed;
    };
    let clients = plan.part(thread, plan.connections).count() as u64;
    let total = match plan.bound {
        Bound::Time(_) => u64::MAX,
        Bound::Messages(_) => plan
            .part(thread, plan.connections)
            .map(|number| plan.share(number))
            .sum(),
    };
    let own_rate = rate * clients as f64 / plan.connections as f64;
    let offset_ns = thread as f64 * 1e9 / rate;
    Pacing::Open(Schedule::new(own_rate, clients, total, offset_ns as u64))
}
