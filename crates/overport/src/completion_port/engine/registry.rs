//! The sockets of a port, the epoll instance that watches them, and the port's timers: what
//! the thread that polls brings packets from.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use slab::Slab;

use super::Source;
use super::edge::Edges;
use super::gate::{Poller, earliest};
use super::timers::Timers;
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::error::from_errno;
use crate::sys::epoll::{Epoll, Events};
use crate::sys::poll::Readiness;
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

/// The token of the descriptor that ends a wait.
const WAKE: u64 = u64::MAX;

pub(super) struct Registry<K, B, P> {
    epoll: Epoll,
    wake: Wake,
    events: Mutex<Events>,
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
    /// Whether a thread is in a wait, or on its way into one with a deadline fixed.
    polling: bool,
    closed: bool,
}

struct Registered<K, B, P> {
    generation: u32,
    edges: Arc<Edges>,
    source: Weak<Source<K, B, P>>,
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

/// Names a registered socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    key: u32,
    generation: u32,
}

impl Token {
    fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.key)
    }

    fn from_bits(bits: u64) -> Self {
        let [g3, g2, g1, g0, k3, k2, k1, k0] = bits.to_be_bytes();
        Self {
            key: u32::from_be_bytes([k3, k2, k1, k0]),
            generation: u32::from_be_bytes([g3, g2, g1, g0]),
        }
    }
}

impl<K, B, P> Registry<K, B, P> {
    pub(super) fn new() -> io::Result<Self> {
        let epoll = Epoll::new()?;
        let wake = Wake::new()?;
        epoll.add_level(&wake, WAKE)?;
        Ok(Self {
            epoll,
            wake,
            events: Mutex::new(Events::default()),
            sources: Mutex::new(Sources {
                registered: Slab::new(),
                generation: 0,
                timers: Timers::new(),
                timers_max: TIMERS_MAX_MIN,
                polling: false,
                closed: false,
            }),
        })
    }

    /// Registers the socket that `make` makes of its token.
    pub(super) fn register(
        &self,
        socket: impl AsFd,
        make: impl FnOnce(Token, Arc<Edges>) -> Source<K, B, P>,
    ) -> io::Result<Arc<Source<K, B, P>>> {
        let mut sources = self.lock();
        if sources.closed {
            return Err(from_errno(Errno::BADF));
        }
        let generation = sources.generation.wrapping_add(1);
        let entry = sources.registered.vacant_entry();
        let key = u32::try_from(entry.key()).map_err(io::Error::other)?;
        let token = Token { key, generation };
        let edges = Arc::new(Edges::default());
        let source = Arc::new(make(token, Arc::clone(&edges)));
        entry.insert(Registered {
            generation,
            edges,
            source: Arc::downgrade(&source),
        });
        sources.generation = generation;
        drop(sources);
        // On failure the source unregisters itself as it is dropped.
        self.epoll.add(socket, token.to_bits())?;
        Ok(source)
    }

    pub(super) fn unregister(&self, token: Token, socket: impl AsFd) {
        // It fails where adding it had failed.
        let _ = self.epoll.remove(socket);
        let mut sources = self.lock();
        if sources.find(token).is_some() {
            sources.registered.remove(token.key as usize);
        }
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
            .filter_map(|(_, registered)| registered.source.upgrade())
            .collect();
        Left { sources, timers }
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
            self.wake.set();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sources<K, B, P>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.epoll.wait(&mut self.events(), timeout)
    }

    fn collect(&self, queue: &mut VecDeque<Self::Entry>) {
        let events = self.events();
        let mut sources = self.lock();
        sources.polling = false;
        for (token, readiness) in events.iter() {
            if token == WAKE {
                self.wake.clear();
            } else {
                sources.enqueue(Token::from_bits(token), readiness, queue);
            }
        }
        if sources.timers.next().is_some() {
            sources.collect_due(Instant::now(), queue);
        }
    }

    fn wake(&self) {
        self.wake.set();
    }
}

impl<K, B, P> Registry<K, B, P> {
    /// The room for what one wait brings; only the thread that polls comes here.
    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, B, P> Sources<K, B, P> {
    fn find(&self, token: Token) -> Option<&Registered<K, B, P>> {
        self.registered
            .get(token.key as usize)
            .filter(|registered| registered.generation == token.generation)
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

    /// Notes what the socket is ready for and queues it, unless it is gone or queued.
    fn enqueue(&self, token: Token, readiness: Readiness, queue: &mut VecDeque<Entry<K, B, P>>) {
        if let Some(registered) = self.find(token) {
            registered.edges.note(readiness);
            if registered.edges.enqueue() {
                queue.push_back(Entry::Ready(Weak::clone(&registered.source)));
            }
        }
    }

    fn collect_due(&mut self, now: Instant, queue: &mut VecDeque<Entry<K, B, P>>) {
        while let Some(due) = self.timers.take_due(now) {
            match due {
                Due::Packet(packet) => queue.push_back(Entry::Packet(Completion::Post(packet))),
                Due::Deadline(token) => self.enqueue(token, Readiness::default(), queue),
                Due::Retry(token) => {
                    let readable = Readiness {
                        readable: true,
                        ..Readiness::default()
                    };
                    self.enqueue(token, readable, queue);
                }
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn timers_of_sockets_that_are_gone_do_not_pile_up() {
        let registry: Registry<(), Vec<u8>, u32> = Registry::new().expect("there are descriptors");
        let later = Instant::now() + Duration::from_secs(3600);
        registry.post_at(7, later);
        for generation in 0..10_000 {
            registry.expire_at(Token { key: 0, generation }, later);
        }
        let mut timers = registry.drain().timers;
        assert!(timers.len() <= TIMERS_MAX_MIN);
        assert!(matches!(timers.take_due(later), Some(Due::Packet(7))));
    }
}
