//! What carries the port on Linux.
//!
//! - *The system offers* to tell which sockets are ready, by edges (epoll(7)) or when it is
//!   asked (io_uring(7)), to receive into buffers that it picks itself (io_uring), and calls
//!   that don't wait.
//! - *The strategy*: at most one thread waits for the system, whichever way ([`watch`]). What a
//!   wait brings are sockets, not packets; they go to the end of the port's queue, and the
//!   thread that claims one performs its operation and has its packet. So packets are made
//!   one at a time, by the thread that handles them, and a packet can't be hidden behind a
//!   handler that waits for it. Sends are tried where they are submitted.
//! - *The cost*: one call an operation, as with any readiness loop, since after a short
//!   receive the next one waits for an edge; one wait for all that became ready together. A
//!   receive into buffers that io_uring picks takes no call.
//! - *The gap*: a long send goes on only when a thread asks the port, not while all of
//!   them compute.
//!
//! What the port asks of it: [`Engine`] makes places at the port, hands out completions, takes
//! packets and closes; [`Source`] is an associated socket, which submits, cancels and closes.

mod direction;
mod edge;
mod gate;
mod inbox;
mod lent;
#[cfg(all(test, loom))]
mod models;
mod queue;
mod registry;
mod signals;
mod source;
mod threads;
mod token;
mod watch;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

pub(super) use source::Source;
pub(super) use token::Token;

pub(super) use crate::sys::wake::Wake;

use super::{Backend, BufferPool, Completion, running};
use crate::buffer::Buffer;
use crate::sys::thread;
use gate::Gate;
use registry::{Entry, Left, Registry};

/// A completion port's queue, threads and sockets.
pub(super) struct Engine<K, B, P> {
    /// Tells this port from others, also from those that are gone.
    id: u64,
    /// The number of the one thread that asks for packets, if there is to be one only; 0 before
    /// it has asked.
    pinned_to: Option<AtomicU64>,
    gate: Gate<Registry<K, B, P>>,
}

impl<K, B, P> Engine<K, B, P> {
    pub(super) fn new(concurrency: usize, backend: Backend, pinned: bool) -> io::Result<Self> {
        static PORTS: AtomicU64 = AtomicU64::new(0);
        Ok(Self {
            id: PORTS.fetch_add(1, Ordering::Relaxed),
            pinned_to: pinned.then(AtomicU64::default),
            gate: Gate::new(concurrency, Registry::new(backend, pinned)?),
        })
    }

    /// Registers a socket, which is with the port until it is closed.
    pub(super) fn associate(
        self: &Arc<Self>,
        socket: Arc<socket2::Socket>,
        key: K,
    ) -> io::Result<Arc<Source<K, B, P>>> {
        self.registry().register(&*socket, |token, signals| {
            Source::new(Arc::clone(self), token, signals, Arc::clone(&socket), key)
        })
    }

    pub(super) fn backend(&self) -> Backend {
        self.registry().watch().backend()
    }

    pub(super) fn buffer_pool(&self, count: u16, size: u32) -> io::Result<BufferPool> {
        self.registry().shelve(count, size).map(BufferPool::new)
    }

    /// Gives the calling thread its place.
    pub(super) fn join(&self) -> usize {
        self.gate.join()
    }

    pub(super) fn leave(&self, seat: usize) {
        running::done(self.id);
        self.gate.leave(seat);
    }

    pub(super) fn post(&self, packet: P) {
        self.push(Completion::Post(packet));
    }

    pub(super) fn post_at(&self, packet: P, at: Instant) {
        self.registry().post_at(packet, at);
    }

    /// Runs `f`, during which the thread, if it has a packet of this port, does not count.
    pub(super) fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        let Some(seat) = running::seat_at(self.id) else {
            return f();
        };
        if !self.gate.block(seat) {
            return f();
        }
        let _unblock = Unblock { engine: self, seat };
        f()
    }

    /// Ends all waits, drops what is under way and what waits to be claimed.
    pub(super) fn close(&self) {
        let Left { sources, agenda } = self.registry().drain();
        let abandoned: Vec<_> = sources.iter().map(|source| source.end()).collect();
        // Behind that, since a thread whose wait this ends winds up what is left.
        let unclaimed = self.gate.close();
        // Last, since it runs code of the program's, which may panic.
        drop((unclaimed, agenda, abandoned));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.gate.is_closed()
    }

    fn push(&self, completion: Completion<K, B, P>) {
        self.push_entry(Entry::Packet(completion));
    }

    fn push_ready(&self, source: Weak<Source<K, B, P>>) {
        self.push_entry(Entry::Ready(source));
    }

    fn push_entry(&self, entry: Entry<K, B, P>) {
        let refused = self.try_push(entry);
        drop(refused);
    }

    /// Queues the entry, or returns it if the port is closed; it is then to be dropped with
    /// no lock held.
    fn try_push(&self, entry: Entry<K, B, P>) -> Option<Entry<K, B, P>> {
        self.gate.push(entry, running::seat_at(self.id))
    }

    /// Fails if this is to be done by one thread only, and that is another.
    fn pin_here(&self) -> io::Result<()> {
        let Some(pinned_to) = &self.pinned_to else {
            return Ok(());
        };
        let here = thread::number();
        let pinned = pinned_to.load(Ordering::Relaxed);
        if pinned == here {
            return Ok(());
        }
        let unpinned = pinned_to.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed);
        match unpinned {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the port is pinned to another thread",
            )),
        }
    }

    fn registry(&self) -> &Registry<K, B, P> {
        self.gate.poller()
    }
}

impl<K, B: Buffer, P> Engine<K, B, P> {
    /// The thread's next completion; `None` after the deadline, or if the port is closed.
    pub(super) fn next(
        &self,
        seat: usize,
        deadline: Option<Instant>,
    ) -> io::Result<Option<Completion<K, B, P>>> {
        running::done(self.id);
        self.pin_here()?;
        loop {
            let Some(entry) = self.gate.next(seat, deadline)? else {
                if self.pinned_to.is_some() && self.gate.is_closed() {
                    self.registry().wind_up();
                }
                return Ok(None);
            };
            let completion = entry.complete();
            if completion.is_some() {
                running::claimed(self.id, seat);
                return Ok(completion);
            }
        }
    }

    /// One more completion, if one is there, for a thread that has claimed one just now.
    pub(super) fn next_more(&self) -> Option<Completion<K, B, P>> {
        loop {
            let completion = self.gate.claim_more()?.complete();
            if completion.is_some() {
                return completion;
            }
        }
    }
}

/// Counts the thread again, however its blocking code ended.
struct Unblock<'e, K, B, P> {
    engine: &'e Engine<K, B, P>,
    seat: usize,
}

impl<K, B, P> Drop for Unblock<'_, K, B, P> {
    fn drop(&mut self) {
        self.engine.gate.unblock(self.seat);
    }
}
