//! The queue of packets and the threads that wait at it.
//!
//! One lock guards both, since what a thread does depends on both; it is never held over a
//! call that waits, nor over code of the program's. What the packets are and where they come
//! from is the [`Poller`]'s affair, so that the wake-up logic is tested, and model-checked,
//! without a socket.

use std::collections::VecDeque;
use std::io;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::threads::{Role, Threads, Wake};
use crate::sync::{Mutex, MutexGuard, ThreadId, current, park};

/// Where entries come from that nobody pushed.
pub(super) trait Poller {
    type Entry;

    /// Waits for events, a [`wake`](Self::wake) or the deadline. One thread at a time, with
    /// no lock held.
    fn wait(&self, deadline: Option<Instant>) -> io::Result<()>;

    /// Moves what the last wait brought, and what is due, into the queue.
    fn collect(&self, queue: &mut VecDeque<Self::Entry>);

    /// Ends the wait under way, or the next one.
    fn wake(&self);

    /// Some thread has been computing for a while. Gets at what the kernel may have left with
    /// it.
    fn push_on(&self);
}

/// After so many claims in a row the events are looked at once more, so that packets which
/// beget packets don't keep the sockets waiting. A prime, so as not to beat with a batch.
const CLAIMS_PER_POLL: u32 = 61;

/// How often the watching thread looks, while there is reason to.
const WATCH_INTERVAL: Duration = Duration::from_millis(1);

/// How rarely it looks at a thread that computes on and on.
const WATCH_INTERVAL_MAX: Duration = Duration::from_millis(4);

/// After so many looks in a row at nothing the watching thread sleeps on.
const IDLE_WATCHES: u32 = 8;

#[derive(Debug)]
pub(super) struct Gate<W: Poller> {
    shared: Mutex<Shared<W::Entry>>,
    poller: W,
}

#[derive(Debug)]
struct Shared<E> {
    queue: VecDeque<E>,
    threads: Threads,
    closed: bool,
    claims_since_poll: u32,
}

impl<W: Poller> Gate<W> {
    pub(super) fn new(concurrency: usize, poller: W) -> Self {
        Self {
            shared: Mutex::new(Shared {
                queue: VecDeque::new(),
                threads: Threads::new(concurrency),
                closed: false,
                claims_since_poll: 0,
            }),
            poller,
        }
    }

    pub(super) fn poller(&self) -> &W {
        &self.poller
    }

    /// Gives the calling thread a seat.
    pub(super) fn join(&self) -> usize {
        self.lock().threads.join(current(), ThreadId::current())
    }

    /// Takes the seat back; a packet that waits goes to another thread.
    pub(super) fn leave(&self, seat: usize) {
        let mut shared = self.lock();
        shared.threads.leave(seat);
        self.hand_on(shared);
    }

    /// Adds an entry at the end. `seat` is that of the calling thread, if it has a packet of
    /// this gate: while it runs it will ask again, so that one entry alone needs nobody else.
    /// Returns the entry if the gate is closed.
    pub(super) fn push(&self, entry: W::Entry, seat: Option<usize>) -> Option<W::Entry> {
        let mut shared = self.lock();
        if shared.closed {
            return Some(entry);
        }
        shared.queue.push_back(entry);
        let runs = seat.is_some_and(|seat| shared.threads.is_running(seat));
        let surplus = shared.queue.len() - usize::from(runs);
        let wake = shared.threads.release(surplus);
        drop(shared);
        self.wake(&wake);
        None
    }

    /// The thread's next entry; `None` after the deadline, or if the gate is closed.
    ///
    /// The thread's last packet is done with.
    pub(super) fn next(
        &self,
        seat: usize,
        deadline: Option<Instant>,
    ) -> io::Result<Option<W::Entry>> {
        let mut shared = self.lock();
        shared.threads.stop(seat);
        let mut watch = Watch::default();
        let mut looked = false;
        loop {
            if shared.closed {
                shared.threads.stop(seat);
                return Ok(None);
            }
            if !shared.threads.is_waiting_at(seat) {
                if shared.claims_since_poll >= CLAIMS_PER_POLL && shared.threads.start_poll(seat) {
                    shared = self.poll(shared, seat, Some(Instant::now()), &mut watch)?;
                }
                if shared.threads.may_run() {
                    if let Some(entry) = shared.queue.pop_front() {
                        shared.claims_since_poll += 1;
                        shared.threads.stop(seat);
                        shared.threads.run(seat);
                        self.hand_on(shared);
                        return Ok(Some(entry));
                    }
                }
                shared.threads.stop(seat);
            }
            let expired = deadline.is_some_and(|deadline| deadline <= Instant::now());
            if expired && (looked || shared.threads.is_polling()) {
                shared.threads.stop(seat);
                self.hand_on(shared);
                return Ok(None);
            }
            looked = true;
            shared.threads.wait(seat);
            shared = match shared.threads.role(seat) {
                Role::Claim => shared,
                Role::Poll => self.poll(shared, seat, deadline, &mut watch)?,
                Role::Watch => self.watch(shared, seat, deadline, &mut watch),
                Role::Park => self.park(shared, deadline),
            };
        }
    }

    /// The thread of `seat` blocks from now on until [`unblock`](Self::unblock); another may
    /// have its place. Whether the thread had a packet at all.
    pub(super) fn block(&self, seat: usize) -> bool {
        let mut shared = self.lock();
        if !shared.threads.block(seat) {
            return false;
        }
        let surplus = shared.queue.len();
        let wake = shared.threads.succeed(surplus);
        drop(shared);
        self.wake(&wake);
        true
    }

    /// The thread runs on, unless it has given its seat up or asked for a packet meanwhile.
    pub(super) fn unblock(&self, seat: usize) {
        let mut shared = self.lock();
        let wake = shared.threads.unblock(seat, ThreadId::current());
        drop(shared);
        self.wake(&wake);
    }

    /// One more entry, if one is there, for a thread that has claimed one just now.
    pub(super) fn claim_more(&self) -> Option<W::Entry> {
        let mut shared = self.lock();
        let entry = shared.queue.pop_front()?;
        shared.claims_since_poll += 1;
        Some(entry)
    }

    /// Ends all waits, now and later; returns what nobody will claim any more.
    pub(super) fn close(&self) -> VecDeque<W::Entry> {
        let mut shared = self.lock();
        shared.closed = true;
        let left = std::mem::take(&mut shared.queue);
        let wakes = shared.threads.all_waiting();
        drop(shared);
        for wake in &wakes {
            self.wake(wake);
        }
        left
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for events in the thread's turn at it. While others run it looks after them,
    /// as the watching thread does.
    fn poll<'a>(
        &'a self,
        mut shared: MutexGuard<'a, Shared<W::Entry>>,
        seat: usize,
        deadline: Option<Instant>,
        watch: &mut Watch,
    ) -> io::Result<MutexGuard<'a, Shared<W::Entry>>> {
        let wake = shared.threads.settle();
        let look_at = shared
            .threads
            .begin_poll()
            .then(|| Instant::now() + watch.interval);
        if look_at.is_some() {
            watch.begin(&mut shared.threads);
        }
        drop(shared);
        self.wake(&wake);
        let waited = self.poller.wait(earliest(deadline, look_at));
        let mut shared = self.lock();
        shared.claims_since_poll = 0;
        let mine = shared.threads.polled(seat);
        if let Err(error) = waited {
            shared.threads.stop(seat);
            self.hand_on(shared);
            return Err(error);
        }
        if !shared.closed {
            self.poller.collect(&mut shared.queue);
        }
        if mine {
            let in_vain = shared.queue.is_empty();
            if in_vain && look_at.is_some_and(|look_at| look_at <= Instant::now()) {
                shared = self.look(shared, watch);
            }
            let surplus = shared.queue.len();
            shared.threads.take_turn(seat, surplus);
            return Ok(shared);
        }
        let surplus = shared.queue.len();
        let wake = shared.threads.release(surplus);
        drop(shared);
        self.wake(&wake);
        Ok(self.lock())
    }

    fn park<'a>(
        &'a self,
        mut shared: MutexGuard<'a, Shared<W::Entry>>,
        deadline: Option<Instant>,
    ) -> MutexGuard<'a, Shared<W::Entry>> {
        let wake = shared.threads.settle();
        drop(shared);
        self.wake(&wake);
        park(deadline);
        self.lock()
    }

    /// Waits a moment, then looks whether running threads hold packets or events up.
    fn watch<'a>(
        &'a self,
        mut shared: MutexGuard<'a, Shared<W::Entry>>,
        seat: usize,
        deadline: Option<Instant>,
        watch: &mut Watch,
    ) -> MutexGuard<'a, Shared<W::Entry>> {
        let wake = shared.threads.settle();
        watch.begin(&mut shared.threads);
        drop(shared);
        self.wake(&wake);
        park(earliest(deadline, Some(Instant::now() + watch.interval)));
        shared = self.lock();

        if !shared.threads.is_waiting_at(seat) {
            return shared;
        }
        if shared.threads.is_polling() || !shared.threads.is_busy() {
            watch.idle += 1;
            if watch.idle >= IDLE_WATCHES {
                watch.idle = 0;
                shared.threads.unwatch(seat);
            }
            return shared;
        }
        watch.idle = 0;
        if !shared.threads.may_run() {
            shared = self.look(shared, watch);
        }
        if !shared.threads.may_run() {
            return shared;
        }
        let surplus = shared.queue.len();
        let wake = shared.threads.succeed(surplus);
        drop(shared);
        self.wake(&wake);
        self.lock()
    }

    /// Finds those of the running threads that are blocked, which then count no more. The
    /// lock is released meanwhile.
    fn look<'a>(
        &'a self,
        mut shared: MutexGuard<'a, Shared<W::Entry>>,
        watch: &mut Watch,
    ) -> MutexGuard<'a, Shared<W::Entry>> {
        let mut suspects = shared.threads.suspects();
        watch.interval = if suspects.is_empty() {
            WATCH_INTERVAL
        } else {
            (watch.interval * 2).min(WATCH_INTERVAL_MAX)
        };
        if suspects.is_empty() {
            return shared;
        }
        drop(shared);
        let me = ThreadId::current();
        let suspected = suspects.len();
        suspects.retain(|suspect| suspect.id == me || suspect.id.is_blocked());
        if suspects.len() < suspected {
            self.poller.push_on();
        }
        shared = self.lock();
        for suspect in &suspects {
            shared.threads.found_blocked(suspect);
            watch.interval = WATCH_INTERVAL;
        }
        shared
    }

    /// Passes on what the calling thread leaves behind: packets, and the tasks of waiting.
    fn hand_on(&self, mut shared: MutexGuard<'_, Shared<W::Entry>>) {
        if !shared.threads.is_waiting() {
            return;
        }
        let surplus = shared.queue.len();
        let released = shared.threads.release(surplus);
        let settled = shared.threads.settle();
        drop(shared);
        self.wake(&released);
        self.wake(&settled);
    }

    fn wake(&self, wake: &Wake) {
        match wake {
            Wake::Nobody => {}
            Wake::Poller => self.poller.wake(),
            Wake::Parked(thread) => thread.unpark(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared<W::Entry>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the watching thread goes about it.
struct Watch {
    has_begun: bool,
    interval: Duration,
    idle: u32,
}

impl Watch {
    /// What a thread is with now, and still at the first look, has taken it one interval.
    fn begin(&mut self, threads: &mut Threads) {
        if !self.has_begun {
            self.has_begun = true;
            threads.mark();
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            has_begun: false,
            interval: WATCH_INTERVAL,
            idle: 0,
        }
    }
}

pub(super) fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
