//! The sockets of a port, what watches them, and the port's timers: what the thread that polls
//! brings packets from.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use slab::Slab;
use socket2::Socket;

use super::Source;
use super::edge::Edge;
use super::gate::{Poller, earliest};
use super::signals::Signals;
use super::timers::Timers;
use super::token::{Subject, Token};
use super::watch::{Notice, Uring, Watch};
use crate::buffer::Buffer;
use crate::completion_port::pool::{Fed, Lent, Shelf};
use crate::completion_port::{Backend, Completion};
use crate::error::from_errno;
use crate::sys::wake::Wake;

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

/// So few timers are no reason to look for those of sockets that are gone.
const TIMERS_MAX_MIN: usize = 256;

/// So many buffers a ring of io_uring can have.
const BUFFERS_MAX: u16 = 1 << 15;

pub(super) struct Registry<K, B, P> {
    watch: Watch,
    wake: Arc<Wake>,
    fed: Arc<Fed>,
    sources: Mutex<Sources<K, B, P>>,
}

struct Sources<K, B, P> {
    registered: Slab<Registered<K, B, P>>,
    /// Counts registrations, so that a late edge of a socket that is gone is not taken for
    /// one of the socket that has its place now.
    generation: u32,
    timers: Timers<Due<P>>,
    /// At how many timers those of sockets that are gone are looked for.
    timers_max: usize,
    /// What the kernel may write to.
    lent: Lent,
    /// Whether a thread is in a wait, or on its way into one with a deadline fixed.
    polling: bool,
    closed: bool,
}

enum Registered<K, B, P> {
    Open {
        generation: u32,
        signals: Arc<Signals>,
        source: Weak<Source<K, B, P>>,
    },
    /// Nobody has the socket any more, but the kernel has yet to answer.
    Gone {
        generation: u32,
        signals: Arc<Signals>,
        /// The socket, if it must not be closed before that.
        #[expect(dead_code, reason = "it is open as long as it is here")]
        kept: Option<Arc<Socket>>,
    },
}

/// What is left of a registry that is closed.
pub(super) struct Left<K, B, P> {
    /// The sockets that are still there.
    pub(super) sources: Vec<Arc<Source<K, B, P>>>,
    /// What will not fall due any more.
    pub(super) timers: Timers<Due<P>>,
}

/// What falls due.
pub(super) enum Due<P> {
    Packet(P),
    /// The socket has deadlines to look at.
    Deadline(Token),
    /// The socket may be tried again.
    Retry(Token),
}

impl<K, B, P> Registry<K, B, P> {
    pub(super) fn new(backend: Backend, pinned: bool) -> io::Result<Self> {
        let wake = Arc::new(Wake::new()?);
        Ok(Self {
            watch: Watch::new(backend, pinned, &wake)?,
            fed: Arc::new(Fed::new(Arc::clone(&wake))),
            wake,
            sources: Mutex::new(Sources {
                registered: Slab::new(),
                generation: 0,
                timers: Timers::new(),
                timers_max: TIMERS_MAX_MIN,
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
        let mut sources = self.lock();
        if sources.closed {
            return Err(from_errno(Errno::BADF));
        }
        let generation = sources.generation.wrapping_add(1);
        let entry = sources.registered.vacant_entry();
        let key = u32::try_from(entry.key()).map_err(io::Error::other)?;
        let token = Token::new(key, generation);
        let signals = Arc::new(Signals::default());
        let source = Arc::new(make(token, Arc::clone(&signals)));
        entry.insert(Registered::Open {
            generation: token.generation(),
            signals,
            source: Arc::downgrade(&source),
        });
        sources.generation = generation;
        drop(sources);
        // On failure the source unregisters itself as it is dropped.
        self.watch.add(socket.as_fd(), token)?;
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
        let mut sources = self.lock();
        let Some(registered) = sources.find_mut(token) else {
            return;
        };
        let signals = registered.signals();
        if signals.is_in_flight() {
            *registered = Registered::Gone {
                generation: token.generation(),
                signals: Arc::clone(signals),
                kept: Some(socket).filter(|_| !may_close).cloned(),
            };
        } else {
            sources.registered.remove(token.key());
        }
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Makes buffers that the sockets share.
    pub(super) fn shelve(&self, count: usize, size: usize) -> io::Result<Arc<Shelf>> {
        let count = u16::try_from(count)
            .ok()
            .filter(|&count| (1..=BUFFERS_MAX).contains(&count));
        let size = u32::try_from(size).ok().filter(|&size| size > 0);
        match (count, size) {
            (Some(count), Some(size)) => {
                let fed = Arc::clone(&self.fed);
                let Some(ring) = self.watch.buffers(count)? else {
                    return Shelf::new(count, size, fed).map(Arc::new);
                };
                let shelf = Arc::new(Shelf::lend(count, size, fed, ring)?);
                self.lock().lent.add(&shelf);
                Ok(shelf)
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
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
        let mut sources = self.lock();
        sources.closed = true;
        let timers = std::mem::replace(&mut sources.timers, Timers::new());
        let sources = sources
            .registered
            .iter()
            .filter_map(|(_, registered)| registered.source()?.upgrade())
            .collect();
        Left { sources, timers }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Closes what other threads could not close on a port that is closed and pinned to the
    /// calling one.
    pub(super) fn wind_up(&self) {
        if self.watch.asks().is_some_and(Uring::end) {
            let gone = std::mem::take(&mut self.lock().registered);
            drop(gone);
        }
    }

    fn set_timer(&self, due: Due<P>, at: Instant) {
        let mut sources = self.lock();
        if sources.closed {
            // Released first, since `due` is dropped with code of the program's.
            drop(sources);
            return;
        }
        if sources.timers.len() >= sources.timers_max {
            sources.forget_timers_of_the_gone();
        }
        let first = sources.timers.set(at, due);
        let polling = sources.polling;
        drop(sources);
        if first && polling {
            self.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sources<K, B, P>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut sources = self.lock();
        sources.polling = true;
        let deadline = earliest(deadline, sources.timers.next());
        drop(sources);
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        self.watch.wait(timeout)
    }

    fn collect(&self, queue: &mut VecDeque<Self::Entry>) {
        let mut sources = self.lock();
        sources.polling = false;
        self.watch.collect(|token, subject, notice| {
            let full = sources.notice(token, subject, notice, queue);
            if let (true, Some(watch)) = (full, self.watch.asks()) {
                watch.cancel(token, subject);
            }
        });
        for (token, shelf) in self.fed.take() {
            if !sources.enqueue(token, Edge::FED, queue) {
                // It is gone, and the buffer is for the next.
                shelf.feed_next();
            }
        }
        if sources.timers.next().is_some() {
            sources.collect_due(Instant::now(), queue);
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

impl<K, B, P> Sources<K, B, P> {
    fn find(&self, token: Token) -> Option<&Registered<K, B, P>> {
        self.registered
            .get(token.key())
            .filter(|registered| registered.generation() == token.generation())
    }

    fn find_mut(&mut self, token: Token) -> Option<&mut Registered<K, B, P>> {
        self.registered
            .get_mut(token.key())
            .filter(|registered| registered.generation() == token.generation())
    }

    /// Keeps the timers in proportion to the sockets, however many come and go before their
    /// deadlines.
    fn forget_timers_of_the_gone(&mut self) {
        let mut timers = std::mem::replace(&mut self.timers, Timers::new());
        timers.retain(|due| match due {
            Due::Packet(_) => true,
            Due::Deadline(token) | Due::Retry(token) => self.find(*token).is_some(),
        });
        self.timers_max = TIMERS_MAX_MIN.max(2 * timers.len());
        self.timers = timers;
    }

    /// Takes in what came for a socket; whether the kernel is to stop, since more came than
    /// anybody takes, or the socket is gone.
    fn notice(
        &mut self,
        token: Token,
        subject: Subject,
        notice: Notice,
        queue: &mut VecDeque<Entry<K, B, P>>,
    ) -> bool {
        let event = match notice {
            Notice::Edge(readiness) => {
                self.enqueue(token, readiness, queue);
                return false;
            }
            Notice::Answer(event) => event,
        };
        let Some(registered) = self.find(token) else {
            return false;
        };
        let signals = registered.signals();
        let (edge, full) = signals.answer(subject, &event, &self.lent);
        let landed = !event.more && signals.land();
        if registered.source().is_none() {
            if landed {
                self.registered.remove(token.key());
            }
            // The kernel may have missed that it was to end, in the midst of going on.
            return event.more;
        }
        self.enqueue(token, edge, queue);
        full
    }

    /// Notes an edge of the socket and queues it, unless it is queued already; whether it is
    /// there at all.
    fn enqueue(
        &self,
        token: Token,
        edge: impl Into<Edge>,
        queue: &mut VecDeque<Entry<K, B, P>>,
    ) -> bool {
        let Some(Registered::Open {
            signals, source, ..
        }) = self.find(token)
        else {
            return false;
        };
        signals.edges.note(edge);
        if signals.edges.enqueue() {
            queue.push_back(Entry::Ready(Weak::clone(source)));
        }
        true
    }

    fn collect_due(&mut self, now: Instant, queue: &mut VecDeque<Entry<K, B, P>>) {
        while let Some(due) = self.timers.take_due(now) {
            match due {
                Due::Packet(packet) => queue.push_back(Entry::Packet(Completion::Post(packet))),
                Due::Deadline(token) => {
                    self.enqueue(token, Edge::NONE, queue);
                }
                Due::Retry(token) => {
                    self.enqueue(token, Edge::RESTED, queue);
                }
            }
        }
    }
}

impl<K, B, P> Registered<K, B, P> {
    fn generation(&self) -> u32 {
        match self {
            Self::Open { generation, .. } | Self::Gone { generation, .. } => *generation,
        }
    }

    fn signals(&self) -> &Arc<Signals> {
        match self {
            Self::Open { signals, .. } | Self::Gone { signals, .. } => signals,
        }
    }

    /// The socket, unless it is gone.
    fn source(&self) -> Option<&Weak<Source<K, B, P>>> {
        match self {
            Self::Open { source, .. } => Some(source),
            Self::Gone { .. } => None,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn timers_of_sockets_that_are_gone_do_not_pile_up() {
        let registry: Registry<(), Vec<u8>, u32> =
            Registry::new(Backend::Epoll, false).expect("there are descriptors");
        let later = Instant::now() + Duration::from_secs(3600);
        registry.post_at(7, later);
        for generation in 0..10_000 {
            registry.expire_at(Token::new(0, generation), later);
        }
        let mut timers = registry.drain().timers;
        assert!(timers.len() <= TIMERS_MAX_MIN);
        assert!(matches!(timers.take_due(later), Some(Due::Packet(7))));
    }
}
