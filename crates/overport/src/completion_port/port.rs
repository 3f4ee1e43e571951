//! The port itself.

use std::fmt;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use socket2::Type;

use super::backend::choose;
use super::engine::Engine;
use super::{Backend, BufferPool, Builder, Completions, Datagram, Listener, Stream};
use crate::buffer::Buffer;

/// So many buffers a pool can have: a ring of io_uring has no more.
const BUFFERS_MAX: u16 = 1 << 15;

/// A completion port; see the [module's page](super). Clones share it.
///
/// `K` is the key that belongs to each socket, `B` the buffers of its operations, `P` the
/// program's own packets. When the last clone is dropped the port is closed.
#[doc(alias = "CreateIoCompletionPort")]
#[doc(alias = "IOCP")]
pub struct CompletionPort<K = (), B = Vec<u8>, P = ()> {
    owner: Arc<Owner<K, B, P>>,
}

/// Closes the port when the last clone goes, though handles of sockets may still be there.
struct Owner<K, B, P> {
    engine: Arc<Engine<K, B, P>>,
    concurrency: usize,
    backend_reason: String,
}

impl<K, B, P> CompletionPort<K, B, P>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    /// A port at which at most `concurrency` threads run at a time; 0 stands for one per
    /// processor that this process may use. A [`Builder`] has more to choose.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn new(concurrency: usize) -> io::Result<Self> {
        Builder::new().concurrency(concurrency).build()
    }

    pub(super) fn open(
        concurrency: usize,
        backend: Option<Backend>,
        pinned: bool,
    ) -> io::Result<Self> {
        let make = |backend| Engine::new(concurrency, backend, pinned);
        let chosen = choose(backend, pinned, make)?;
        Ok(Self {
            owner: Arc::new(Owner {
                engine: Arc::new(chosen.made),
                concurrency,
                backend_reason: chosen.reason,
            }),
        })
    }

    /// What the port rests on.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.owner.engine.backend()
    }

    /// Why it rests on that, in a few words: who asked for it, that it costs less, that io_uring
    /// works, or why it does not.
    #[must_use]
    pub fn backend_reason(&self) -> &str {
        &self.owner.backend_reason
    }

    /// How many threads may run at a time.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.owner.concurrency
    }

    /// Associates a stream socket, connected or yet to be [connected](Stream::connect); its
    /// `key` is with every handle of it (epoll_ctl(2), `CreateIoCompletionPort`). It stays with
    /// this port until it is closed. On Windows it is switched to non-blocking mode.
    ///
    /// # Errors
    /// Over epoll no room to watch one more socket; there and on Windows `AlreadyExists` where the
    /// socket is with this port already, on Windows with any. `WSAENOTSOCK` (EBADF) where the port is
    /// closed; `InvalidInput` for a [datagram](Self::datagram) socket.
    pub fn associate(
        &self,
        socket: impl Into<socket2::Socket>,
        key: K,
    ) -> io::Result<Stream<K, B, P>> {
        let socket = socket.into();
        if socket.r#type()? != Type::STREAM {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.associate_any(socket, key)
    }

    /// Associates a socket for operations that suit its kind, whatever that is. A receive of a
    /// stream is not for datagrams: it takes a short one for the end of what is there.
    pub(crate) fn associate_any(
        &self,
        socket: impl Into<Arc<socket2::Socket>>,
        key: K,
    ) -> io::Result<Stream<K, B, P>> {
        Ok(Stream::new(
            self.owner.engine.associate(socket.into(), key)?,
        ))
    }

    /// Associates a listener. It is switched to non-blocking mode.
    ///
    /// # Errors
    /// As for [`associate`](Self::associate).
    pub fn listen(&self, listener: TcpListener, key: K) -> io::Result<Listener<K, B, P>> {
        listener.set_nonblocking(true)?;
        Ok(Listener::new(
            self.owner
                .engine
                .associate(Arc::new(listener.into()), key)?,
        ))
    }

    /// Associates a datagram socket.
    ///
    /// # Errors
    /// As for [`associate`](Self::associate).
    pub fn datagram(&self, socket: UdpSocket, key: K) -> io::Result<Datagram<K, B, P>> {
        Ok(Datagram::new(
            self.owner.engine.associate(Arc::new(socket.into()), key)?,
        ))
    }

    /// Buffers, up to 32,768 of `size` bytes each, that connections of this port receive into and
    /// share; see [`BufferPool`].
    ///
    /// # Errors
    /// `InvalidInput` for no buffers, too many, or empty ones; no memory; `AlreadyExists` where a
    /// [pinned](Builder::pinned) port on io_uring has its thread already, and this is another.
    pub fn buffer_pool(&self, count: usize, size: usize) -> io::Result<BufferPool> {
        let count = u16::try_from(count).ok();
        let count = count.filter(|count| (1..=BUFFERS_MAX).contains(count));
        let size = u32::try_from(size).ok().filter(|&size| size > 0);
        match (count, size) {
            (Some(count), Some(size)) => self.owner.engine.buffer_pool(count, size),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// The calling thread's place at the port.
    #[must_use]
    pub fn completions(&self) -> Completions<'_, K, B, P> {
        Completions::new(&self.owner.engine)
    }

    /// What the port stands on, for a [`Place`](super::Place) that does not borrow the port.
    pub(super) fn engine(&self) -> &Arc<Engine<K, B, P>> {
        &self.owner.engine
    }

    /// Queues a packet; it comes out in its turn, behind what was queued before.
    ///
    /// On a closed port the packet is dropped.
    #[doc(alias = "PostQueuedCompletionStatus")]
    pub fn post(&self, packet: P) {
        self.owner.engine.post(packet);
    }

    /// Queues a packet at a time; at once if that has passed. Of several for one time the
    /// first posted comes first.
    pub fn post_at(&self, packet: P, at: Instant) {
        self.owner.engine.post_at(packet, at);
    }

    /// Runs `f`, which may block: meanwhile the thread does not count, and another may take
    /// its place at the port. When `f` returns the thread runs on, even if more threads than
    /// the concurrency value run then.
    ///
    /// Called by a thread without a packet of this port, it only runs `f`. If `f` panics the
    /// count is right all the same.
    pub fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        self.owner.engine.blocking(f)
    }

    /// Closes the port: threads that wait get `None`, and so does who asks from now on.
    ///
    /// Packets that nobody claimed and operations under way are dropped with their buffers,
    /// sockets are closed; what is submitted from now on is dropped too.
    #[doc(alias = "ERROR_ABANDONED_WAIT_0")]
    pub fn close(&self) {
        self.owner.engine.close();
    }

    /// Whether the port is closed; tells the end from a timeout.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.owner.engine.is_closed()
    }
}

impl<K, B, P> Drop for Owner<K, B, P> {
    fn drop(&mut self) {
        self.engine.close();
    }
}

impl<K, B, P> Clone for CompletionPort<K, B, P> {
    fn clone(&self) -> Self {
        Self {
            owner: Arc::clone(&self.owner),
        }
    }
}

impl<K, B, P> fmt::Debug for CompletionPort<K, B, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CompletionPort")
            .field("concurrency", &self.owner.concurrency)
            .field("closed", &self.owner.engine.is_closed())
            .finish_non_exhaustive()
    }
}
