//! The handles of a port's sockets.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use super::Completion;
use super::epoll::Source;
use super::operation::{OperationId, Request};
use crate::buffer::Buffer;
use crate::error::from_errno;

/// What the handles of all kinds of socket have in common; each of them is one.
///
/// A handle goes into an operation and comes back with its completion. Clones are handles of
/// the same socket, for operations side by side. The socket is closed by
/// [`close`](Self::close), or when its last handle is gone; an operation under way holds
/// one.
pub struct Handle<K = (), B = Vec<u8>, P = ()> {
    source: Arc<Source<K, B, P>>,
    deadline: Option<Instant>,
}

impl<K, B, P> Handle<K, B, P> {
    /// The key that the socket was associated with.
    #[must_use]
    pub fn key(&self) -> &K {
        self.source.key()
    }

    /// Asks for one operation to be cancelled; whether it was still under way.
    ///
    /// Its completion arrives in any case: as
    /// [cancelled](crate::error::is_cancelled) if this call was in time.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel(&self, operation: OperationId) -> bool {
        self.source.cancel(Some(operation)) > 0
    }

    /// Asks for all operations of the socket to be cancelled; how many were under way.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel_all(&self) -> usize {
        self.source.cancel(None)
    }

    /// Closes the socket though others have handles of it. What is under way completes with
    /// `ConnectionAborted`; what is submitted from now on with `WSAENOTSOCK` (EBADF).
    #[doc(alias = "closesocket")]
    pub fn close(&self) {
        self.source.close();
    }

    /// Ends sending, receiving or both, at once (shutdown(2)); a receive under way completes
    /// with 0. Sends that wait in the handle fail; see [`Stream::disconnect`] for the end
    /// behind them.
    ///
    /// # Errors
    /// `NotConnected` where there is no connection; EBADF after a close.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.socket()?.shutdown(how)
    }

    /// The local address (getsockname(2)).
    ///
    /// # Errors
    /// EBADF after a close.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        internet(&self.source.socket()?.local_addr()?)
    }

    /// The peer's address (getpeername(2)).
    ///
    /// # Errors
    /// `NotConnected` where there is no connection; EBADF after a close.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        internet(&self.source.socket()?.peer_addr()?)
    }

    /// Calls `f` with the socket's options.
    ///
    /// # Errors
    /// What `f` returns; EBADF after a close.
    pub fn options<R>(
        &self,
        f: impl FnOnce(socket2::SockRef<'_>) -> io::Result<R>,
    ) -> io::Result<R> {
        let socket = self.source.socket()?;
        f(socket2::SockRef::from(&*socket))
    }
}

fn internet(address: &socket2::SockAddr) -> io::Result<SocketAddr> {
    address
        .as_socket()
        .ok_or_else(|| from_errno(rustix::io::Errno::AFNOSUPPORT))
}

impl<K, B: Buffer, P> Handle<K, B, P> {
    fn submit(self, request: Request<B>) -> OperationId {
        match self.source.submit(request, self.deadline, false) {
            Err(id) => id,
            Ok(_) => unreachable!("only an operation that is wanted at once completes at once"),
        }
    }

    fn submit_now(self, request: Request<B>) -> Option<Completion<K, B, P>> {
        self.source.submit(request, self.deadline, true).ok()
    }
}

/// A handle of its own type for each kind of socket, with what all have in common.
macro_rules! handle {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        pub struct $name<K = (), B = Vec<u8>, P = ()>(Handle<K, B, P>);

        impl<K, B, P> $name<K, B, P> {
            /// The same handle, for one operation with a deadline: it completes with
            /// `TimedOut` if it is not done by then, having taken nothing. The handle that
            /// comes back has no deadline.
            #[must_use]
            pub fn by(mut self, deadline: Instant) -> Self {
                self.0.deadline = Some(deadline);
                self
            }
        }

        impl<K, B, P> Deref for $name<K, B, P> {
            type Target = Handle<K, B, P>;

            fn deref(&self) -> &Handle<K, B, P> {
                &self.0
            }
        }

        impl<K, B, P> Clone for $name<K, B, P> {
            fn clone(&self) -> Self {
                Self::from(Arc::clone(&self.0.source))
            }
        }

        impl<K, B, P> From<Arc<Source<K, B, P>>> for $name<K, B, P> {
            fn from(source: Arc<Source<K, B, P>>) -> Self {
                Self(Handle {
                    source,
                    deadline: None,
                })
            }
        }

        impl<K, B, P> fmt::Debug for $name<K, B, P> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter
                    .debug_struct(stringify!($name))
                    .field("local_addr", &self.local_addr().ok())
                    .finish_non_exhaustive()
            }
        }
    };
}

handle! {
    /// A listener at a port.
    Listener
}

handle! {
    /// A stream socket at a port.
    ///
    /// Operations of one direction are performed in the order of their submission, each with
    /// its own packet; the two directions are independent.
    Stream
}

handle! {
    /// A datagram socket at a port.
    Datagram
}

impl<K, B: Buffer, P> Listener<K, B, P> {
    /// Takes one connection. If it fails, for want of descriptors, say, the listener rests
    /// for a moment before the next is tried, so that accepting again at once is fine.
    #[doc(alias = "AcceptEx")]
    pub fn accept(self) -> OperationId {
        self.0.submit(Request::Accept { accepted: None })
    }

    /// Takes one connection; if one waits, its completion is returned and queues no packet.
    pub fn accept_now(self) -> Option<Completion<K, B, P>> {
        self.0.submit_now(Request::Accept { accepted: None })
    }
}

impl<K, B: Buffer, P> Stream<K, B, P> {
    /// Receives what is there, once something is; into the spare room of the buffer.
    ///
    /// A buffer without spare room waits for data and takes none of it: do not mistake its 0
    /// for the end.
    #[doc(alias = "WSARecv")]
    pub fn receive(self, buffer: B) -> OperationId {
        self.0.submit(Request::Receive {
            buffer,
            received: 0,
        })
    }

    /// Receives; if something is there, the completion is returned and queues no packet.
    /// After so many in a row on this thread that others would starve, it queues one all
    /// the same.
    #[doc(alias = "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS")]
    pub fn receive_now(self, buffer: B) -> Option<Completion<K, B, P>> {
        self.0.submit_now(Request::Receive {
            buffer,
            received: 0,
        })
    }

    /// Receives into several buffers, each filled before the next (scatter).
    pub fn receive_vectored(self, buffers: Vec<B>) -> OperationId {
        self.0.submit(Request::ReceiveVectored {
            buffers,
            received: 0,
        })
    }

    /// Sends all that the buffer holds; completes when every byte is with the system.
    ///
    /// A send that was cancelled or ran out of time may have gone in part.
    #[doc(alias = "WSASend")]
    pub fn send(self, buffer: B) -> OperationId {
        self.0.submit(Request::Send { buffer, sent: 0 })
    }

    /// Sends; if there is room for all of it, the completion is returned and queues no
    /// packet. The budget is that of [`receive_now`](Self::receive_now).
    #[doc(alias = "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS")]
    pub fn send_now(self, buffer: B) -> Option<Completion<K, B, P>> {
        self.0.submit_now(Request::Send { buffer, sent: 0 })
    }

    /// Sends all that the buffers hold, in their order (gather).
    pub fn send_vectored(self, buffers: Vec<B>) -> OperationId {
        self.0.submit(Request::SendVectored { buffers, sent: 0 })
    }

    /// Connects. What is sent meanwhile waits for it; a receive fails with `NotConnected`.
    /// The socket is switched to non-blocking mode.
    #[doc(alias = "ConnectEx")]
    pub fn connect(self, peer: SocketAddr) -> OperationId {
        self.0.submit(Request::Connect { peer, begun: false })
    }

    /// Ends sending, behind all that is sent already; the peer then receives the end.
    #[doc(alias = "DisconnectEx")]
    pub fn disconnect(self) -> OperationId {
        self.0.submit(Request::Disconnect)
    }
}

impl<K, B: Buffer, P> Datagram<K, B, P> {
    /// Receives one datagram into the spare room of the buffer; what does not fit is lost.
    #[doc(alias = "WSARecvFrom")]
    pub fn receive_from(self, buffer: B) -> OperationId {
        self.0.submit(Request::ReceiveFrom {
            buffer,
            received: None,
        })
    }

    /// Sends one datagram to `peer`.
    #[doc(alias = "WSASendTo")]
    pub fn send_to(self, buffer: B, peer: SocketAddr) -> OperationId {
        self.0.submit(Request::SendTo {
            buffer,
            peer,
            sent: 0,
        })
    }
}
