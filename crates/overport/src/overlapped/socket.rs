//! The sockets of the overlapped model.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::Deref;

use socket2::Type;

use super::buffers::Buffers;
use super::call::{Answer, Call, Ended};
use super::system::Socket;
use super::{OperationId, Request};

/// What the sockets of all kinds have in common; each of them is one.
///
/// Clones are handles of one socket. It is closed by [`close`](Self::close), or when its last
/// handle is gone; an operation under way holds one.
#[derive(Clone)]
pub struct Handle(Socket);

impl Handle {
    /// Asks for one operation of this socket to be cancelled that was started with a routine;
    /// whether it was still under way. It ends in any case, and its routine runs: with an
    /// error for which [`is_cancelled`](crate::error::is_cancelled) holds if this call was in
    /// time.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel(&self, operation: OperationId) -> bool {
        self.0.cancel(operation)
    }

    /// Asks for all operations of this socket to be cancelled, whichever thread started
    /// them; how many were under way.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel_all(&self) -> usize {
        self.0.cancel_all()
    }

    /// Closes the socket though others have handles of it. What is under way ends with
    /// `ConnectionAborted`, an accept as [cancelled](crate::error::is_cancelled), and what is
    /// started from now on with `WSAENOTSOCK` (EBADF).
    #[doc(alias = "closesocket")]
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether the socket was [closed](Self::close).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Ends sending, receiving or both, at once (shutdown(2)); on Linux a receive under way ends
    /// with 0 and a send under way fails, and Winsock lets both go on.
    ///
    /// # Errors
    /// `NotConnected` where there is no connection; EBADF after a close.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }

    /// Switches the mode of calls [without an overlapped](Request::wait); operations follow
    /// no mode.
    #[doc(alias = "ioctlsocket")]
    #[doc(alias = "FIONBIO")]
    pub fn set_nonblocking(&self, nonblocking: bool) {
        self.0.set_nonblocking(nonblocking);
    }

    /// Whether calls without an overlapped fail with `WouldBlock` rather than wait.
    #[must_use]
    pub fn is_nonblocking(&self) -> bool {
        self.0.is_nonblocking()
    }

    /// The local address (getsockname(2)).
    ///
    /// # Errors
    /// EBADF after a close.
    #[doc(alias = "getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The peer's address (getpeername(2)).
    ///
    /// # Errors
    /// `NotConnected` where there is no connection; EBADF after a close.
    #[doc(alias = "getpeername")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// Calls `f` with the socket's options. Its mode is not among them.
    ///
    /// # Errors
    /// What `f` returns; EBADF after a close.
    pub fn options<R>(
        &self,
        f: impl FnOnce(socket2::SockRef<'_>) -> io::Result<R>,
    ) -> io::Result<R> {
        self.0.options(f)
    }

    fn request<T>(&self, call: Call, output: fn(Ended) -> T) -> Request<T> {
        Request {
            socket: self.0.clone(),
            call,
            output,
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Handle")
            .field("local_addr", &self.local_addr().ok())
            .finish_non_exhaustive()
    }
}

/// A socket of its own type for each kind, and what it is made from.
macro_rules! socket {
    ($(#[$attribute:meta])* $name:ident, $kind:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $name(Handle);

        impl Deref for $name {
            type Target = Handle;

            fn deref(&self) -> &Handle {
                &self.0
            }
        }

        impl TryFrom<socket2::Socket> for $name {
            type Error = io::Error;

            /// Fails where no descriptors or threads are left, or no room to watch one more
            /// socket; with `InvalidInput` where one is a stream and the other datagrams.
            fn try_from(socket: socket2::Socket) -> io::Result<Self> {
                Ok(Self(Handle(Socket::new(socket, Type::$kind)?)))
            }
        }

        impl TryFrom<crate::Socket> for $name {
            type Error = io::Error;

            /// Fails where no descriptors or threads are left, or no room to watch one more
            /// socket.
            fn try_from(socket: crate::Socket) -> io::Result<Self> {
                let nonblocking = socket.is_nonblocking();
                let socket: Self = socket2::Socket::try_from(socket)?.try_into()?;
                socket.set_nonblocking(nonblocking);
                Ok(socket)
            }
        }
    };
}

socket! {
    /// A listening socket.
    Listener, STREAM
}

socket! {
    /// A stream socket, connected or yet to be [connected](Self::connect).
    ///
    /// Operations of one direction are performed in the order in which they were started; the
    /// two directions are independent.
    Stream, STREAM
}

socket! {
    /// A datagram socket.
    Datagram, DGRAM
}

macro_rules! from_std {
    ($($std:ty => $name:ident),*) => {$(
        impl TryFrom<$std> for $name {
            type Error = io::Error;

            /// Fails where no descriptors or threads are left, or no room to watch one more
            /// socket.
            fn try_from(socket: $std) -> io::Result<Self> {
                socket2::Socket::from(socket).try_into()
            }
        }
    )*};
}

from_std!(TcpListener => Listener, TcpStream => Stream, UdpSocket => Datagram);

impl Listener {
    /// Takes one connection and its peer's address. The new socket has the listener's mode.
    #[doc(alias = "AcceptEx")]
    pub fn accept(&self) -> Request<io::Result<(Stream, SocketAddr)>> {
        self.request(Call::Accept, |ended| match ended.result? {
            Answer::Accepted(socket, peer) => Ok((Stream(Handle(socket)), peer)),
            _ => unreachable!("{ANSWER}"),
        })
    }
}

impl Stream {
    /// Receives what is there, once something is: at least one byte, or 0 at the end of the
    /// stream. Buffers without spare room wait for data and take none of it: do not mistake
    /// their 0 for the end.
    ///
    /// # Errors
    /// In the result: `ConnectionReset`, `ConnectionAborted` after a close, cancelled;
    /// `InvalidInput` for no buffers at all.
    #[doc(alias = "WSARecv")]
    pub fn receive<B: Buffers>(&self, buffers: B) -> Request<(io::Result<usize>, B)> {
        self.request(Call::Receive(buffers.lend()), transferred)
    }

    /// Sends all that the buffers hold; ends when every byte is with the system.
    ///
    /// A send that was cancelled may have gone in part.
    ///
    /// # Errors
    /// As for [`receive`](Self::receive), and `BrokenPipe` where the peer takes no more.
    #[doc(alias = "WSASend")]
    pub fn send<B: Buffers>(&self, buffers: B) -> Request<(io::Result<usize>, B)> {
        self.request(Call::Send(buffers.lend()), transferred)
    }

    /// Connects. Sends and receives that are begun meanwhile wait for it, and fail if it does;
    /// Winsock fails them at once.
    /// A connect that was cancelled or ran out of time leaves the socket without a connection.
    ///
    /// # Errors
    /// In the result: refused, timed out, unreachable; EISCONN on a connected socket.
    #[doc(alias = "ConnectEx")]
    pub fn connect(&self, peer: SocketAddr) -> Request<io::Result<()>> {
        self.request(Call::Connect(peer), |ended| ended.result.map(|_| ()))
    }

    /// Ends sending, behind all that is being sent; the peer then receives the end.
    ///
    /// # Errors
    /// In the result: `NotConnected` where there is no connection.
    #[doc(alias = "DisconnectEx")]
    pub fn disconnect(&self) -> Request<io::Result<()>> {
        self.request(Call::Disconnect, |ended| ended.result.map(|_| ()))
    }
}

impl Datagram {
    /// Receives one datagram, and its sender's address.
    ///
    /// # Errors
    /// In the result: EMSGSIZE (`WSAEMSGSIZE`) for a datagram that is longer than the buffers,
    /// which then hold what fits, and the rest is lost; else as for [`Stream::receive`].
    #[doc(alias = "WSARecvFrom")]
    pub fn receive_from<B: Buffers>(
        &self,
        buffers: B,
    ) -> Request<(io::Result<(usize, SocketAddr)>, B)> {
        self.request(Call::ReceiveFrom(buffers.lend()), |ended| {
            let result = ended.result.map(|answer| match answer {
                Answer::Datagram(length, peer) => (length, peer),
                _ => unreachable!("{ANSWER}"),
            });
            (result, B::take_back(ended.buffers))
        })
    }

    /// Sends one datagram of all that the buffers hold to `peer`.
    ///
    /// # Errors
    /// In the result: a datagram too large, and as for [`Stream::receive`].
    #[doc(alias = "WSASendTo")]
    pub fn send_to<B: Buffers>(
        &self,
        buffers: B,
        peer: SocketAddr,
    ) -> Request<(io::Result<usize>, B)> {
        self.request(Call::SendTo(buffers.lend(), peer), transferred)
    }
}

fn transferred<B: Buffers>(ended: Ended) -> (io::Result<usize>, B) {
    let result = ended.result.map(|answer| match answer {
        Answer::Bytes(length) => length,
        _ => unreachable!("{ANSWER}"),
    });
    (result, B::take_back(ended.buffers))
}

/// Why there is no other.
const ANSWER: &str = "an operation is answered by its own kind of answer";
