//! What carries the port on Windows: a completion port of the system.
//!
//! - *The system offers* all of it: operations that it performs while the program goes on, a
//!   queue of their ends, threads that are released latest first, and no more of them at a time
//!   than may run, of which those that block don't count.
//! - *The strategy*: an operation goes to the system when it is submitted ([`source`]), and its
//!   packet brings it back. A packet of the port's own (a post, an operation that failed at once)
//!   is kept in a table and queued by its number ([`registry`]). Each thread takes one packet at
//!   a time, so that none is hidden behind a handler that waits for it.
//! - *The cost*: one call an operation, one a packet. A receive into a buffer of a pool takes two
//!   (one of no bytes that waits, one that fetches), since it is to have no buffer while it waits.
//! - *The gap*: a port that is closed while as many handlers compute as may run ends the waits
//!   of the others when one of these waits or asks.
//!
//! What the port asks of it: [`Engine`] makes places at the port, hands out completions, takes
//! packets and closes; [`Source`] is an associated socket, which submits, cancels and closes.

mod half;
mod line;
mod post;
mod registry;
mod source;
mod token;
mod transfer;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Instant;

pub(super) use line::Wake;
pub(super) use source::Source;
pub(super) use token::Token;

use super::{Backend, BufferPool, Completion, running};
use crate::buffer::Buffer;
use crate::sys::port;
use registry::Registry;

/// A completion port's queue, threads and sockets.
pub(super) struct Engine<K, B, P> {
    /// Tells this port from others, also from those that are gone.
    id: u64,
    /// The one thread that asks for packets, if there is to be one only, once it has asked.
    pinned_to: Option<OnceLock<ThreadId>>,
    registry: Arc<Registry<K, B, P>>,
}

impl<K, B, P> Engine<K, B, P>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    pub(super) fn new(concurrency: usize, backend: Backend, pinned: bool) -> io::Result<Self> {
        static PORTS: AtomicU64 = AtomicU64::new(0);
        if backend != Backend::Iocp {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is Linux' own",
            ));
        }
        Ok(Self {
            id: PORTS.fetch_add(1, Ordering::Relaxed),
            pinned_to: pinned.then(OnceLock::new),
            registry: Registry::new(concurrency)?,
        })
    }
}

impl<K, B, P> Engine<K, B, P> {
    /// Registers a socket, which is with the port until it is closed. In non-blocking mode plain
    /// calls on it don't wait; to overlapped ones the mode makes no difference.
    pub(super) fn associate(
        self: &Arc<Self>,
        socket: Arc<socket2::Socket>,
        key: K,
    ) -> io::Result<Arc<Source<K, B, P>>> {
        socket.set_nonblocking(true)?;
        self.registry.register(&Arc::clone(&socket), |token| {
            Source::new(Arc::clone(self), token, socket, key)
        })
    }

    pub(super) fn backend(&self) -> Backend {
        Backend::Iocp
    }

    pub(super) fn buffer_pool(&self, count: u16, size: u32) -> io::Result<BufferPool> {
        self.registry.shelve(count, size).map(BufferPool::new)
    }

    /// Gives the calling thread its place. The system has none to give.
    pub(super) fn join(&self) -> usize {
        0
    }

    /// Gives it up. The system counts the thread as running until it waits elsewhere.
    pub(super) fn leave(&self, _seat: usize) {
        if running::seat_at(self.id).is_some() {
            running::done(self.id);
            port::leave();
        }
    }

    pub(super) fn post(&self, packet: P) {
        self.push(Completion::Post(packet));
    }

    pub(super) fn post_at(&self, packet: P, at: Instant) {
        self.registry.post_at(packet, at);
    }

    /// Runs `f`: the system sees whether it blocks.
    pub(super) fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        f()
    }

    /// Ends all waits, drops what is under way and what waits to be claimed.
    pub(super) fn close(&self) {
        // Dropped with no lock held: it runs code of the program's.
        drop(self.registry.close());
    }

    pub(super) fn is_closed(&self) -> bool {
        self.registry.is_closed()
    }

    fn push(&self, completion: Completion<K, B, P>) {
        drop(self.registry.push(completion));
    }

    /// Fails if this is to be done by one thread only, and that is another.
    fn pin_here(&self) -> io::Result<()> {
        let here = thread::current().id();
        let pinned_to = self.pinned_to.as_ref();
        if pinned_to.is_none_or(|pinned_to| *pinned_to.get_or_init(|| here) == here) {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the port is pinned to another thread",
        ))
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
        let completion = self.registry.next(deadline)?;
        if completion.is_some() {
            running::claimed(self.id, seat);
        }
        Ok(completion)
    }

    /// One more completion, if one is there, for a thread that has claimed one just now.
    pub(super) fn next_more(&self) -> Option<Completion<K, B, P>> {
        // A failure to look is told of by the next wait.
        self.registry.next(Some(Instant::now())).ok().flatten()
    }
}
