//! What the clients of one thread share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use mio::Waker;

use super::pacing::{Pacing, Schedule};
use super::pattern::Pattern;
use super::plan::{Bound, Plan};
use super::tally::Tally;
use super::window::Span;

/// Bytes read at once, and short messages sent at once.
const BUFFER_SIZE: usize = 64 * 1024;

/// Ends the work of all threads from outside.
#[derive(Clone, Debug)]
pub(super) struct End(Arc<Ending>);

#[derive(Debug)]
struct Ending {
    ended: AtomicBool,
    wakers: Vec<Arc<Waker>>,
}

impl End {
    /// Each of the `wakers` ends the wait of a thread, in the order of the threads.
    pub(super) fn new(wakers: Vec<Arc<Waker>>) -> Self {
        Self(Arc::new(Ending {
            ended: AtomicBool::new(false),
            wakers,
        }))
    }

    /// Ends the work without waiting for what is in flight.
    pub(super) fn at_once(&self) {
        self.0.ended.store(true, Ordering::Release);
        self.wake();
    }

    /// What ends the wait of that thread.
    ///
    /// # Panics
    ///
    /// If there is no such thread.
    pub(super) fn waker(&self, thread: u64) -> &Arc<Waker> {
        &self.0.wakers[thread as usize]
    }

    fn has_come(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    fn wake(&self) {
        for waker in &self.0.wakers {
            // A thread that can't be woken notices at its next event or stall check.
            let _ = waker.wake();
        }
    }
}

/// What all threads share. Times are nanoseconds since the begin.
#[derive(Debug)]
pub(super) struct Run<'run> {
    pub(super) plan: &'run Plan,
    pub(super) pattern: &'run Pattern,
    pub(super) span: Span<'run>,
    pub(super) end: End,
    begin: Instant,
    progress_ns: AtomicU64,
    established: AtomicBool,
    /// Clients that are to come yet, when the last came, and when all were there.
    awaited: AtomicU64,
    arrival_ns: AtomicU64,
    all_there_ns: AtomicU64,
    threads_at_work: AtomicU64,
    /// Threads that may have something in flight.
    threads_in_flight: AtomicU64,
}

impl<'run> Run<'run> {
    /// A run that begins now.
    pub(super) fn new(
        plan: &'run Plan,
        pattern: &'run Pattern,
        span: Span<'run>,
        end: End,
    ) -> Self {
        let awaited = plan.clients();
        Self {
            plan,
            pattern,
            span,
            end,
            begin: Instant::now(),
            progress_ns: AtomicU64::new(0),
            established: AtomicBool::new(false),
            awaited: AtomicU64::new(awaited),
            arrival_ns: AtomicU64::new(0),
            all_there_ns: AtomicU64::new(if awaited == 0 { 0 } else { u64::MAX }),
            threads_at_work: AtomicU64::new(plan.threads),
            threads_in_flight: AtomicU64::new(plan.threads),
        }
    }

    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Something came from the server: it has not stalled.
    pub(super) fn progress(&self, now_ns: u64) {
        self.progress_ns.store(now_ns, Ordering::Relaxed);
    }

    /// When something last came from the server, to any thread. As long as clients are to come
    /// yet, when the last came: what the others are answered does not bring the rest.
    pub(super) fn progress_ns(&self) -> u64 {
        let progress_ns = match self.waits_for_clients() {
            true => &self.arrival_ns,
            false => &self.progress_ns,
        };
        progress_ns.load(Ordering::Relaxed)
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

    /// One more client has come, or never will.
    pub(super) fn arrive(&self) {
        let now_ns = self.now_ns();
        self.arrival_ns.store(now_ns, Ordering::Relaxed);
        if self.awaited.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.progress(now_ns);
            self.all_there_ns.store(now_ns, Ordering::Relaxed);
            // The threads have the next thing to wait for.
            self.end.wake();
        }
    }

    /// When all clients were there, if they are.
    pub(super) fn all_there_ns(&self) -> Option<u64> {
        let all_there_ns = self.all_there_ns.load(Ordering::Relaxed);
        (all_there_ns != u64::MAX).then_some(all_there_ns)
    }

    /// Whether the measured time can't begin since clients are to come yet.
    pub(super) fn waits_for_clients(&self) -> bool {
        self.span.is_measured() && self.all_there_ns().is_none()
    }

    /// Prepares the window when all clients are there; other threads wait here for it.
    pub(super) fn prepare(&self) {
        let unprepared = self.span.is_measured() && self.span.prepared_ns().is_none();
        if unprepared && self.all_there_ns().is_some() {
            self.span.prepare(|| self.now_ns());
            // Nobody could be seen to answer meanwhile.
            self.progress(self.now_ns());
        }
    }

    /// When an open loop could begin, if it can.
    pub(super) fn ready_ns(&self) -> Option<u64> {
        match self.span.is_measured() {
            true => self.span.prepared_ns(),
            false => self.all_there_ns(),
        }
    }

    /// When the window is to open, if that is known and still to come.
    pub(super) fn opening_ns(&self) -> Option<u64> {
        if !self.span.is_measured() || self.span.opened_ns().is_some() {
            return None;
        }
        let warm_up_ns = u64::try_from(self.plan.warm_up.as_nanos()).unwrap_or(u64::MAX);
        self.span.opening_ns(warm_up_ns)
    }

    /// Nothing is in flight any more that a thread has sent; whether it was the last.
    pub(super) fn rest(&self) -> bool {
        self.threads_in_flight.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Concludes the window, if it is closed, and lets the threads close their connections.
    pub(super) fn conclude(&self) {
        self.span.conclude();
        self.progress(self.now_ns());
        self.end.wake();
    }

    /// A thread's work is done; whether it was the last.
    pub(super) fn leave(&self) -> bool {
        self.threads_at_work.fetch_sub(1, Ordering::Relaxed) == 1
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.has_come()
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
    let clients = plan.part(thread, plan.connections).count() as u64;
    let Some(rate) = plan.rate.filter(|_| clients > 0) else {
        return Pacing::Closed;
    };
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
