//! What a port has: its queue, the packets of its own that are in it, its sockets, and what is
//! to be done at a time.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use slab::Slab;
use socket2::Socket;

use super::Wake;
use super::post::Post;
use super::source::Source;
use super::token::Token;
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::completion_port::operation::{Operation, Operations};
use crate::completion_port::pool::{Fed, Shelf};
use crate::completion_port::timers::Timers;
use crate::error::closed;
use crate::sys::port::{Ended, Packet, Port};
use crate::sys::timer::{Alarm, Timer};

/// How long the system may take to let go of what is under way as the port is closed.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Registry<K, B, P> {
    port: Arc<Port>,
    fed: Arc<Fed>,
    closed: AtomicBool,
    /// The port is being closed, and what is under way is awaited.
    reaping: AtomicBool,
    /// How many operations of a closed port the system has.
    left: AtomicUsize,
    /// How many threads are in a wait, or on their way into one.
    waiting: AtomicUsize,
    sockets: RwLock<Sockets<K, B, P>>,
    packets: Mutex<Packets<K, B, P>>,
    timers: Mutex<Due<K, B, P>>,
    timer: OnceLock<Timer<Bell>>,
}

/// What the timer rings.
struct Bell(Box<dyn Fn() + Send + Sync>);

impl Alarm for Bell {
    fn due(self: Arc<Self>) {
        (self.0)();
    }
}

struct Sockets<K, B, P> {
    registered: Slab<Registered<K, B, P>>,
    generation: u32,
    closed: bool,
}

struct Registered<K, B, P> {
    generation: u32,
    source: Weak<Source<K, B, P>>,
}

/// Packets of the port's own that are in the queue.
struct Packets<K, B, P> {
    queued: Slab<Completion<K, B, P>>,
    closed: bool,
}

struct Due<K, B, P> {
    timers: Timers<What<K, B, P>>,
    closed: bool,
}

/// What is to be done at a time.
enum What<K, B, P> {
    Post(P),
    /// Deadlines of the socket have passed, or it has rested.
    Look(Weak<Source<K, B, P>>),
    /// What is under way on the socket is to be cancelled.
    Cancel(Weak<Source<K, B, P>>, Arc<Socket>),
}

/// What a port leaves behind when it is closed. To be dropped with no lock held.
#[expect(dead_code, reason = "it is there to be dropped")]
pub(super) struct Left<K, B, P> {
    waiting: Vec<Operations<K, B, P>>,
    reaped: Vec<Operation<K, B, P>>,
    packets: Vec<Completion<K, B, P>>,
    timers: Option<Timers<What<K, B, P>>>,
}

impl<K, B, P> Registry<K, B, P>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    pub(super) fn new(concurrency: usize) -> io::Result<Arc<Self>> {
        let port = Arc::new(Port::new(concurrency)?);
        let this = Arc::new(Self {
            fed: Arc::new(Fed::new(Arc::new(Wake::new(Arc::clone(&port))))),
            port,
            closed: AtomicBool::new(false),
            reaping: AtomicBool::new(false),
            left: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            sockets: RwLock::new(Sockets {
                registered: Slab::new(),
                generation: 0,
                closed: false,
            }),
            packets: Mutex::new(Packets {
                queued: Slab::new(),
                closed: false,
            }),
            timers: Mutex::new(Due {
                timers: Timers::new(),
                closed: false,
            }),
            timer: OnceLock::new(),
        });
        let ringing = Arc::downgrade(&this);
        let ring = move || {
            if let Some(this) = ringing.upgrade() {
                this.ring();
            }
        };
        let timer = Timer::new(Arc::new(Bell(Box::new(ring))))?;
        this.timer.get_or_init(|| timer);
        Ok(this)
    }

    /// Does what is due, and has the timer ring for what comes next.
    fn ring(&self) {
        loop {
            let now = Instant::now();
            let mut due = lock(&self.timers);
            let Some(what) = due.timers.take_due(now) else {
                if let (Some(next), Some(timer)) = (due.timers.next(), self.timer.get()) {
                    timer.set(next);
                }
                return;
            };
            drop(due);
            match what {
                What::Post(packet) => drop(self.push(Completion::Post(packet))),
                What::Look(source) => {
                    if let Some(source) = source.upgrade() {
                        source.look_at_the_time(now);
                    }
                }
                What::Cancel(source, socket) => {
                    if let Some(source) = source.upgrade() {
                        source.cancel_all(socket);
                    }
                }
            }
        }
    }
}

impl<K, B, P> Registry<K, B, P> {
    /// Registers a socket and has the system tell of its operations here.
    pub(super) fn register(
        &self,
        socket: &Socket,
        make: impl FnOnce(Token) -> Source<K, B, P>,
    ) -> io::Result<Arc<Source<K, B, P>>> {
        let mut sockets = self.sockets.write().unwrap_or_else(PoisonError::into_inner);
        if sockets.closed {
            return Err(closed());
        }
        let key = sockets.registered.vacant_key();
        self.port.associate(socket, key)?;
        sockets.generation = sockets.generation.wrapping_add(1);
        let generation = sockets.generation;
        let source = Arc::new(make(Token { key, generation }));
        sockets.registered.insert(Registered {
            generation,
            source: Arc::downgrade(&source),
        });
        Ok(source)
    }

    /// Forgets a socket that nobody has any more.
    pub(super) fn unregister(&self, token: Token) {
        let mut sockets = self.sockets.write().unwrap_or_else(PoisonError::into_inner);
        sockets.registered.try_remove(token.key);
    }

    pub(super) fn shelve(&self, count: u16, size: u32) -> io::Result<Arc<Shelf>> {
        Shelf::new(count, size, Arc::clone(&self.fed)).map(Arc::new)
    }

    /// Whether the shelf is one of this port's.
    pub(super) fn has(&self, shelf: &Shelf) -> bool {
        shelf.is_of(&self.fed)
    }

    /// Queues a packet of the port's own, or returns it if the port is closed; it is then to be
    /// dropped with no lock held.
    pub(super) fn push(&self, completion: Completion<K, B, P>) -> Option<Completion<K, B, P>> {
        let mut packets = lock(&self.packets);
        if packets.closed {
            return Some(completion);
        }
        let number = packets.queued.insert(completion);
        drop(packets);
        self.port.post(Post::Completion(number).into());
        None
    }

    pub(super) fn post_at(&self, packet: P, at: Instant) {
        drop(self.set(at, What::Post(packet)));
    }

    /// Has the socket [look](Source::look_at_the_time) at that time.
    pub(super) fn look_at(&self, source: &Arc<Source<K, B, P>>, at: Instant) {
        drop(self.set(at, What::Look(Arc::downgrade(source))));
    }

    /// Has what is under way on a closed socket be [cancelled](Source::cancel_all) at that time.
    pub(super) fn cancel_at(
        &self,
        source: &Arc<Source<K, B, P>>,
        socket: Arc<Socket>,
        at: Instant,
    ) {
        drop(self.set(at, What::Cancel(Arc::downgrade(source), socket)));
    }

    /// Has a thread that asks the port claim the socket, for what there is to do.
    pub(super) fn enqueue(&self, token: Token) {
        self.port.post(Post::Socket(token.key).into());
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The system has let go of an operation of a socket that was closed with the port.
    pub(super) fn let_go(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // The thread that closes the port may wait for this.
            self.port.post(Post::End.into());
        }
    }

    /// So many operations of a socket that is closed with the port are yet to be let go of.
    pub(super) fn wait_for(&self, operations: usize) {
        self.left.fetch_add(operations, Ordering::SeqCst);
    }

    /// Closes the port: ends all waits, and takes what is under way and what waits to be claimed.
    pub(super) fn close(&self) -> Option<Left<K, B, P>> {
        if self.closed.swap(true, Ordering::SeqCst) {
            return None;
        }
        self.reaping.store(true, Ordering::SeqCst);
        let sources = self.shut_sockets();
        let waiting = sources.iter().map(Source::abandon).collect();
        let timers = {
            let mut due = lock(&self.timers);
            due.closed = true;
            mem::replace(&mut due.timers, Timers::new())
        };
        let reaped = self.reap();
        self.reaping.store(false, Ordering::SeqCst);
        let packets = {
            let mut packets = lock(&self.packets);
            packets.closed = true;
            mem::take(&mut packets.queued)
        };
        self.fed.end();
        for _ in 0..self.waiting.load(Ordering::SeqCst) {
            self.port.post(Post::End.into());
        }
        Some(Left {
            waiting,
            reaped,
            packets: packets.into_iter().map(|(_, packet)| packet).collect(),
            timers: Some(timers),
        })
    }

    fn shut_sockets(&self) -> Vec<Arc<Source<K, B, P>>> {
        let mut sockets = self.sockets.write().unwrap_or_else(PoisonError::into_inner);
        sockets.closed = true;
        let sources = sockets.registered.iter();
        sources
            .filter_map(|(_, socket)| socket.source.upgrade())
            .collect()
    }

    /// Takes back from the system what was under way, within a time; what it keeps is leaked.
    fn reap(&self) -> Vec<Operation<K, B, P>> {
        let deadline = Instant::now() + PATIENCE;
        let mut reaped = Vec::new();
        while self.left.load(Ordering::SeqCst) > 0 {
            match self.port.next(Some(deadline)) {
                Ok(Some(Packet::Ended(ended))) => reaped.extend(self.reap_one(ended)),
                // What was posted stays in the tables.
                Ok(Some(Packet::Posted(_))) => {}
                Ok(None) | Err(_) => break,
            }
        }
        reaped
    }

    /// What a closed port still has to do with the packet.
    fn reap_one(&self, ended: Ended) -> Option<Operation<K, B, P>> {
        self.source_of(ended.key)?.reap(ended)
    }

    fn source_of(&self, key: usize) -> Option<Arc<Source<K, B, P>>> {
        let sockets = self.sockets.read().unwrap_or_else(PoisonError::into_inner);
        sockets.registered.get(key)?.source.upgrade()
    }

    fn source(&self, token: Token) -> Option<Arc<Source<K, B, P>>> {
        let sockets = self.sockets.read().unwrap_or_else(PoisonError::into_inner);
        let socket = sockets.registered.get(token.key)?;
        match socket.generation == token.generation {
            true => socket.source.upgrade(),
            // It has gone, and another has its place.
            false => None,
        }
    }

    fn set(&self, at: Instant, what: What<K, B, P>) -> Option<What<K, B, P>> {
        let mut due = lock(&self.timers);
        if due.closed {
            return Some(what);
        }
        due.timers.prune(|what| match what {
            What::Post(_) | What::Cancel(..) => true,
            What::Look(source) => source.strong_count() > 0,
        });
        if due.timers.set(at, what) {
            if let Some(timer) = self.timer.get() {
                timer.set(at);
            }
        }
        None
    }
}

impl<K, B: Buffer, P> Registry<K, B, P> {
    /// Waits for a packet that is a completion, and takes it; `None` after the deadline, or if
    /// the port is closed.
    pub(super) fn next(
        &self,
        deadline: Option<Instant>,
    ) -> io::Result<Option<Completion<K, B, P>>> {
        let _waits = Waits::new(&self.waiting);
        loop {
            if self.is_closed() {
                return Ok(None);
            }
            let Some(packet) = self.port.next(deadline)? else {
                return Ok(None);
            };
            if self.is_closed() {
                self.pass_on(packet);
                return Ok(None);
            }
            let completion = self.complete(packet);
            if completion.is_some() {
                return Ok(completion);
            }
        }
    }

    fn complete(&self, packet: Packet) -> Option<Completion<K, B, P>> {
        let posted = match packet {
            Packet::Ended(ended) => return self.source_of(ended.key)?.complete(ended),
            Packet::Posted(posted) => posted,
        };
        match Post::from(posted) {
            Post::Completion(number) => lock(&self.packets).queued.try_remove(number),
            Post::Socket(key) => self.source_of(key)?.resume(),
            Post::Fed => {
                self.feed();
                None
            }
            Post::End => None,
        }
    }

    /// What a thread does with a packet that it got as the port was closed.
    fn pass_on(&self, packet: Packet) {
        match packet {
            Packet::Ended(ended) => drop(self.reap_one(ended)),
            Packet::Posted(posted) if Post::from(posted) == Post::End => {
                if self.reaping.load(Ordering::SeqCst) {
                    // It is for the thread that closes the port.
                    self.port.post(posted);
                }
            }
            Packet::Posted(_) => {}
        }
    }

    /// Tells sockets that waited for a buffer that there is one.
    fn feed(&self) {
        for (token, shelf) in self.fed.take() {
            match self.source(token) {
                Some(source) => source.feed(shelf),
                None => shelf.feed_next(),
            }
        }
    }
}

/// Counts a thread that waits.
struct Waits<'c>(&'c AtomicUsize);

impl<'c> Waits<'c> {
    fn new(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
