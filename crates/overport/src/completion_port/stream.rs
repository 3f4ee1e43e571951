//! Stream sockets.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

use super::handle::handle;
use super::operation::Request;
use super::{BufferPool, Completion, OperationId, PoolBuffer};
use crate::buffer::Buffer;

handle! {
    /// A stream socket at a port.
    ///
    /// Operations of one direction are performed in the order of their submission, each with
    /// its own packet; the two directions are independent of each other.
    Stream
}

impl<K, B, P> Stream<K, B, P> {
    /// Ends sending, receiving or both, at once (shutdown(2)). A receive under way completes
    /// with 0; sends that have not gone fail. [`disconnect`](Self::disconnect) ends sending
    /// behind them instead.
    ///
    /// # Errors
    /// `NotConnected` where there is no connection; EBADF after a close.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.socket()?.shutdown(how)
    }

    /// The peer's address (getpeername(2)).
    ///
    /// # Errors
    /// `NotConnected` where there is no connection; EBADF after a close.
    #[doc(alias = "getpeername")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.peer_addr()
    }
}

impl<K, B: Buffer, P> Stream<K, B, P> {
    /// Receives what is there, once something is, into the spare room of the buffer (recv(2), `WSARecv`).
    ///
    /// A buffer without spare room waits for data and takes none of it: do not mistake its 0
    /// for the end.
    #[doc(alias = "WSARecv")]
    pub fn receive(self, buffer: B) -> OperationId {
        self.submit(Request::Receive {
            buffer,
            received: 0,
        })
    }

    /// Like [`receive`](Self::receive), but if something is there the completion is returned,
    /// and no packet comes of it. With `None` the packet comes from the port; that is so, too,
    /// after 32 in a row on this thread, so that others don't starve, until it claims its next
    /// packet.
    #[doc(alias = "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS")]
    #[must_use = "where it comes back, no packet does: dropping it drops the handle and the buffer"]
    pub fn receive_now(self, buffer: B) -> Option<Completion<K, B, P>> {
        self.submit_now(Request::Receive {
            buffer,
            received: 0,
        })
    }

    /// Receives what is there, once something is, into a buffer of the pool, which it takes only
    /// then: a connection that waits owns none. Without a buffer it waits for one, however much
    /// there is to receive; a buffer that is out must not wait for another connection's.
    ///
    /// The completion is a [`Completion::Receive`]. If nothing was received its buffer is an
    /// empty one without memory. `From` is called under locks of the library: it must not
    /// wait, use it or panic. A pool of another port's fails with `InvalidInput`.
    #[doc(alias = "WSARecv")]
    pub fn receive_pooled(self, pool: &BufferPool) -> OperationId
    where
        B: From<PoolBuffer>,
    {
        self.submit(pooled(pool))
    }

    /// Like [`receive_pooled`](Self::receive_pooled), but if something is there the completion
    /// is returned, and no packet comes of it; `None` as for
    /// [`receive_now`](Self::receive_now).
    #[must_use = "where it comes back, no packet does: dropping it drops the handle and the buffer"]
    pub fn receive_pooled_now(self, pool: &BufferPool) -> Option<Completion<K, B, P>>
    where
        B: From<PoolBuffer>,
    {
        self.submit_now(pooled(pool))
    }

    /// Receives into several buffers, each filled before the next (scatter).
    pub fn receive_vectored(self, buffers: Vec<B>) -> OperationId {
        self.submit(Request::ReceiveVectored {
            buffers,
            received: 0,
        })
    }

    /// Sends all that the buffer holds; completes when every byte is with the system (send(2), `WSASend`).
    ///
    /// A send that was cancelled or ran out of time may have gone in part.
    #[doc(alias = "WSASend")]
    pub fn send(self, buffer: B) -> OperationId {
        self.submit(Request::Send { buffer, sent: 0 })
    }

    /// Like [`send`](Self::send), but if there is room for all of it the completion is
    /// returned, and no packet comes of it; `None` as for [`receive_now`](Self::receive_now).
    #[doc(alias = "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS")]
    #[must_use = "where it comes back, no packet does: dropping it drops the handle and the buffer"]
    pub fn send_now(self, buffer: B) -> Option<Completion<K, B, P>> {
        self.submit_now(Request::Send { buffer, sent: 0 })
    }

    /// Sends all that the buffers hold, in their order (gather).
    pub fn send_vectored(self, buffers: Vec<B>) -> OperationId {
        self.submit(Request::SendVectored { buffers, sent: 0 })
    }

    /// Connects (connect(2); `ConnectEx`, once the socket is bound). Sends and receives that are begun meanwhile wait for it, and
    /// fail if it does. A connect that was cancelled or ran out of time leaves the socket
    /// without a connection.
    /// The socket is switched to non-blocking mode.
    #[doc(alias = "ConnectEx")]
    pub fn connect(self, peer: SocketAddr) -> OperationId {
        self.submit(Request::Connect { peer, begun: false })
    }

    /// Ends sending, behind all that is sent already (shutdown(2), as DisconnectEx would end
    /// receiving, too); the peer then receives the end.
    #[doc(alias = "DisconnectEx")]
    pub fn disconnect(self) -> OperationId {
        self.submit(Request::Disconnect)
    }

    /// Begins an operation that the caller names, whose completion is to come from the port.
    /// On a socket whose operations are named so, all are, since the names that
    /// [`submit`](Self::submit) gives may be the same.
    pub(crate) fn submit_as(&self, operation: OperationId, request: Request<B>) {
        self.source.submit_as(operation, request, None);
    }

    /// Does what can be done now, as a call on a non-blocking socket would, and queues no
    /// packet. While operations of the same direction are under way nothing can be done.
    #[cfg(target_os = "linux")]
    pub(crate) fn attempt(self, request: Request<B>) -> Completion<K, B, P> {
        self.source.attempt(request)
    }
}

fn pooled<B: From<PoolBuffer>>(pool: &BufferPool) -> Request<B> {
    Request::ReceivePooled {
        shelf: Arc::clone(pool.shelf()),
        buffer: PoolBuffer::default(),
        into: B::from,
    }
}
