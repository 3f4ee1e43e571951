//! The sockets of a port, what watches them, and the port's timers: what the thread that polls
//! brings packets from.

mod agenda;
mod sources;

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use socket2::Socket;

use super::Source;
use super::edge::Edge;
use super::gate::{Poller, earliest};
use super::signals::Signals;
use super::token::{Subject, Token};
use super::watch::{Uring, Watch};
use crate::buffer::Buffer;
use crate::completion_port::engine::lent::Lent;
use crate::completion_port::pool::{Fed, Shelf};
use crate::completion_port::{Backend, Completion};
use crate::error::from_errno;
use crate::sys::wake::Wake;
use agenda::{Agenda, Due};
use sources::{Sources, Stop};

/// What waits in the port's queue.
pub(super) enum Entry<K, B, P> {
    /// A packet.
    Packet(Completion<K, B, P>),
    /// A socket of which something can be done, by the thread that claims it. The queue does
    /// not keep it open.
    Ready(Weak<Source<K, B, P>>),
}

impl<K, B: Buffer, P> Entry<K, B, P> {
    /// What the thread that has claimed the entry gets for it.
    pub(super) fn complete(self) -> Option<Completion<K, B, P>> {
        match self {
            Self::Packet(completion) => Some(completion),
            Self::Ready(source) => source.upgrade()?.perform(),
        }
    }
}

/// How long after a cancellation that was missed the next one is tried. What it was to end may be
/// there, but wait for a thread that computes.
const CANCEL_PAUSE: Duration = Duration::from_millis(10);

pub(super) struct Registry<K, B, P> {
    watch: Watch,
    wake: Arc<Wake>,
    fed: Arc<Fed>,
    state: Mutex<State<K, B, P>>,
}

struct State<K, B, P> {
    sources: Sources<K, B, P>,
    agenda: Agenda<P>,
    /// What the kernel may write to.
    lent: Lent,
    /// Whether a thread is in a wait, or on its way into one with a deadline fixed.
    polling: bool,
    closed: bool,
}

/// What is left of a registry that is closed.
pub(super) struct Left<K, B, P> {
    /// The sockets that are still there.
    pub(super) sources: Vec<Arc<Source<K, B, P>>>,
    /// What will not fall due any more.
    pub(super) agenda: Agenda<P>,
}

impl<K, B, P> Registry<K, B, P> {
    pub(super) fn new(backend: Backend, pinned: bool) -> io::Result<Self> {
        let wake = Arc::new(Wake::new()?);
        Ok(Self {
            watch: Watch::new(backend, pinned, &wake)?,
            fed: Arc::new(Fed::new(Arc::clone(&wake))),
            wake,
            state: Mutex::new(State {
                sources: Sources::new(),
                agenda: Agenda::new(),
                lent: Lent::default(),
                polling: false,
                closed: false,
            }),
        })
    }

    /// Registers the socket that `make` makes of its token.
    pub(super) fn register(
        &self,
        socket: impl AsFd,
        make: impl FnOnce(Token, Arc<Signals>) -> Source<K, B, P>,
    ) -> io::Result<Arc<Source<K, B, P>>> {
        let mut state = self.lock();
        if state.closed {
            return Err(from_errno(Errno::BADF));
        }
        let source = state.sources.add(make)?;
        drop(state);
        // On failure the source unregisters itself as it is dropped.
        self.watch.add(socket.as_fd(), source.token())?;
        Ok(source)
    }

    /// Forgets a socket. `asked` is what the kernel was asked for and has not answered, as far
    /// as the socket knows.
    pub(super) fn unregister(
        &self,
        token: Token,
        socket: &Arc<Socket>,
        asked: impl Iterator<Item = Subject>,
    ) {
        let may_close = self.watch.remove(socket.as_fd(), token, asked);
        let kept = Some(socket).filter(|_| !may_close);
        self.lock().sources.remove(token, kept);
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Makes buffers that the sockets share.
    pub(super) fn shelve(&self, count: u16, size: u32) -> io::Result<Arc<Shelf>> {
        let fed = Arc::clone(&self.fed);
        let Some(ring) = self.watch.buffers(count)? else {
            return Shelf::new(count, size, fed).map(Arc::new);
        };
        let shelf = Arc::new(Shelf::lend(count, size, fed, ring)?);
        self.lock().lent.add(&shelf);
        Ok(shelf)
    }

    /// Whether the buffers are for the sockets of this registry.
    pub(super) fn has(&self, shelf: &Shelf) -> bool {
        shelf.is_of(&self.fed)
    }

    /// Has a packet posted at a time.
    pub(super) fn post_at(&self, packet: P, at: Instant) {
        self.set_timer(Due::Packet(packet), at);
    }

    /// Has the socket queued at a time, for its deadlines.
    pub(super) fn expire_at(&self, token: Token, at: Instant) {
        self.set_timer(Due::Deadline(token), at);
    }

    /// Has the socket tried again after a while, as if an edge had come.
    pub(super) fn retry_after(&self, token: Token, pause: Duration) {
        self.set_timer(Due::Retry(token), Instant::now() + pause);
    }

    /// Registers nothing more. What is left is to be dropped by the caller, who holds no lock.
    pub(super) fn drain(&self) -> Left<K, B, P> {
        let mut state = self.lock();
        state.closed = true;
        Left {
            sources: state.sources.all().collect(),
            agenda: std::mem::replace(&mut state.agenda, Agenda::new()),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Closes what other threads could not close on a port that is closed and pinned to the
    /// calling one.
    pub(super) fn wind_up(&self) {
        if self.watch.asks().is_some_and(Uring::end) {
            let gone = std::mem::replace(&mut self.lock().sources, Sources::new());
            drop(gone);
        }
    }

    fn set_timer(&self, due: Due<P>, at: Instant) {
        let mut state = self.lock();
        if state.closed {
            // Released first, since `due` is dropped with code of the program's.
            drop(state);
            return;
        }
        let State {
            sources, agenda, ..
        } = &mut *state;
        let first = agenda.add(due, at, |token| sources.has(token));
        let polling = state.polling;
        drop(state);
        if first && polling {
            self.wake();
        }
    }

    fn collect_due(
        &self,
        state: &mut State<K, B, P>,
        now: Instant,
        queue: &mut VecDeque<Entry<K, B, P>>,
    ) {
        let State {
            sources, agenda, ..
        } = state;
        while let Some(due) = agenda.take_due(now) {
            match due {
                Due::Packet(packet) => queue.push_back(Entry::Packet(Completion::Post(packet))),
                Due::Deadline(token) => {
                    sources.enqueue(token, Edge::NONE, queue);
                }
                Due::Retry(token) => {
                    sources.enqueue(token, Edge::RESTED, queue);
                }
                Due::Cancel(token, subject) if sources.awaits(token, subject) => {
                    self.cancel(token, subject);
                }
                Due::Cancel(..) => {}
            }
        }
    }

    fn cancel(&self, token: Token, subject: Subject) {
        if let Some(watch) = self.watch.asks() {
            watch.cancel(token, subject);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<K, B, P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, B, P> Drop for Registry<K, B, P> {
    fn drop(&mut self) {
        self.fed.end();
        let Some(watch) = self.watch.asks() else {
            return;
        };
        if !watch.end() {
            // The kernel may write to it at any time.
            std::mem::forget(std::mem::take(&mut self.lock().lent));
        }
    }
}

impl<K, B, P> Poller for Registry<K, B, P> {
    type Entry = Entry<K, B, P>;

    fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        let mut state = self.lock();
        state.polling = true;
        let deadline = earliest(deadline, state.agenda.next());
        drop(state);
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        self.watch.wait(timeout)
    }

    fn collect(&self, queue: &mut VecDeque<Self::Entry>) {
        let mut state = self.lock();
        state.polling = false;
        let State {
            sources,
            agenda,
            lent,
            ..
        } = &mut *state;
        self.watch.collect(|token, subject, notice| {
            match sources.notice(token, subject, notice, lent, queue) {
                Some(Stop::Now) => self.cancel(token, subject),
                Some(Stop::Later) => {
                    let at = Instant::now() + CANCEL_PAUSE;
                    agenda.add(Due::Cancel(token, subject), at, |token| sources.has(token));
                }
                None => {}
            }
        });
        for (token, shelf) in self.fed.take() {
            if !sources.enqueue(token, Edge::FED, queue) {
                // It is gone, and the buffer is for the next.
                shelf.feed_next();
            }
        }
        if state.agenda.next().is_some() {
            self.collect_due(&mut state, Instant::now(), queue);
        }
    }

    fn wake(&self) {
        if !self.watch.wake() {
            self.wake.set();
        }
    }

    fn push_on(&self) {
        self.watch.push_on();
    }
}
