//! The port, and the calling thread's place at it.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Socket, Type};

use super::packet::Post;
use super::segment::Lent;
use super::{Handle, Packet};
use crate::completion_port::{self, Backend, Builder, CompletionPort};

type Place = completion_port::Place<usize, Lent, Post>;

thread_local! {
    /// Where the thread asked last. It is given up when the thread asks another port, or ends.
    static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// A completion port; see the [module's page](super). Clones share it, and when the last one
/// is dropped it is closed.
#[derive(Clone)]
#[doc(alias = "CreateIoCompletionPort")]
pub struct Port(CompletionPort<usize, Lent, Post>);

impl Port {
    /// A port at which at most `concurrency` threads run at a time; 0 stands for one per
    /// processor that this process may use.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn new(concurrency: usize) -> io::Result<Self> {
        CompletionPort::new(concurrency).map(Self)
    }

    /// A port as the builder describes it.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn build(builder: &Builder) -> io::Result<Self> {
        builder.build().map(Self)
    }

    /// What the port rests on.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.0.backend()
    }

    /// Why it rests on that, in a few words.
    #[must_use]
    pub fn backend_reason(&self) -> &str {
        self.0.backend_reason()
    }

    /// Associates a stream or datagram socket, in whatever state it is: bound, listening,
    /// connected or none of these yet. `key` comes with each of its packets. The socket is
    /// [handed over or shared](super#descriptors), and switched to non-blocking mode (fcntl(2) and
    /// epoll_ctl(2), `CreateIoCompletionPort`).
    ///
    /// # Errors
    /// Over epoll no room to watch one more socket; there and on Windows `AlreadyExists` where the
    /// descriptor is with this port already, on Windows with any. `WSAENOTSOCK` (EBADF) where the port is closed; `InvalidInput` for a socket of another kind.
    #[doc(alias = "CreateIoCompletionPort")]
    pub fn associate(&self, socket: impl Into<Arc<Socket>>, key: usize) -> io::Result<Handle> {
        let socket = socket.into();
        let is_datagram = match socket.r#type()? {
            Type::STREAM => false,
            Type::DGRAM => true,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        socket.set_nonblocking(true)?;
        let stream = self.0.associate_any(socket, key)?;
        Ok(Handle::new(stream, is_datagram))
    }

    /// Queues a packet of these three values, whose meaning is the program's; it comes out in
    /// its turn, behind what was queued before. On a closed port it is dropped.
    #[doc(alias = "PostQueuedCompletionStatus")]
    pub fn post(&self, bytes: usize, key: usize, overlapped: usize) {
        self.0.post(Post {
            bytes,
            key,
            overlapped,
        });
    }

    /// Waits for the next packet, and claims it. `None` if the timeout passed first, or the
    /// port is [closed](Self::is_closed); without a timeout it waits without end, with a
    /// timeout of zero not at all.
    ///
    /// With its first call the thread takes a place at the port, which it keeps until it asks
    /// another port, or ends: from a packet to the next call it *runs*, and counts for the
    /// concurrency value.
    ///
    /// # Errors
    /// `PermissionDenied` on a pinned port for all threads but its own; else those of
    /// epoll_wait(2), io_uring_enter(2) or `GetQueuedCompletionStatusEx`, which have none to expect. A thread that is ending, and asks in
    /// the destructor of a thread-local variable, may have no place any more.
    #[doc(alias = "GetQueuedCompletionStatus")]
    pub fn next(&self, timeout: Option<Duration>) -> io::Result<Option<Packet>> {
        let taken = PLACE.try_with(|kept| {
            let place = kept
                .take()
                .filter(|place| place.is_at(&self.0))
                .unwrap_or_else(|| Place::new(&self.0));
            let completion = place.next(&self.0, timeout);
            kept.set(Some(place));
            completion
        });
        let completion = taken.map_err(io::Error::other)??;
        Ok(completion.map(Packet::from))
    }

    /// Waits for one packet as [`next`](Self::next) does, and takes further ones that are
    /// there without waiting, up to `limit` in all; returns how many were added to `packets`.
    ///
    /// What a thread has taken no other thread can handle. If the handling of one packet may
    /// wait for another's, use [`next`](Self::next).
    ///
    /// # Errors
    /// As for [`next`](Self::next); nothing was added then.
    #[doc(alias = "GetQueuedCompletionStatusEx")]
    pub fn next_many(
        &self,
        packets: &mut Vec<Packet>,
        limit: usize,
        timeout: Option<Duration>,
    ) -> io::Result<usize> {
        if limit == 0 {
            return Ok(0);
        }
        let Some(first) = self.next(timeout)? else {
            return Ok(0);
        };
        let before = packets.len();
        packets.push(first);
        let more = iter::from_fn(|| Place::next_more(&self.0));
        packets.extend(more.take(limit - 1).map(Packet::from));
        Ok(packets.len() - before)
    }

    /// Runs `f`, which may block, as [`CompletionPort::blocking`] does: if the thread has a
    /// packet of this port, another may take its place meanwhile.
    pub fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.blocking(f)
    }

    /// Closes the port: threads that wait get `None`, and so does who asks from now on.
    ///
    /// Operations under way end without a packet, and packets that were not claimed are
    /// dropped. When this returns, the [memory](super#memory) is the caller's again. Sockets
    /// that were handed over are closed.
    #[doc(alias = "CloseHandle")]
    #[doc(alias = "ERROR_ABANDONED_WAIT_0")]
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether the port is closed; tells the end from a timeout.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Port")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
