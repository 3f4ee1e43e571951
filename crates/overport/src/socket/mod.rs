//! One socket for the models that ask a socket what it is ready for.
//!
//! A [`Socket`] is a TCP or UDP socket over IPv4 or IPv6 whose mode, blocking or
//! non-blocking, can be switched at any time. When each call returns is the contract of the
//! two modes:
//!
//! | call | blocking: returns when | non-blocking: `WouldBlock` when |
//! |---|---|---|
//! | [`accept`](Socket::accept) | a client has connected | none has |
//! | [`connect`](Socket::connect) | the handshake succeeded or failed | always, while it goes on |
//! | [`send`](Socket::send) | all bytes are in the send buffer | there is no room for any; else it sends what there is room for |
//! | [`receive`](Socket::receive) | at least one byte is there, or the end | nothing is there |
//! | [`send_to`](Socket::send_to), [`receive_from`](Socket::receive_from) | one whole datagram went or came | it can't |
//!
//! What Winsock has and the kernel has not is kept here too: the peer's address is known
//! until the end, a lost connection fails every further call with the error that it was lost
//! by, a call on a stream without a connection is `NotConnected` (also while the connect is
//! under way), and [`close`](Socket::close) ends the calls that wait in other threads. One
//! difference is left: on Linux a non-blocking send may take a part of what it is given.
//!
//! # On Windows
//!
//! The calls are Winsock's. A call that waits in Winsock could be ended only by closing its
//! handle, whose number another socket may have by then, so to Winsock a `Socket` is always in
//! non-blocking mode, and a blocking call that can't proceed waits in `select` instead, within
//! the timeouts SO_RCVTIMEO and SO_SNDTIMEO. A thread that waits for the first time opens a
//! datagram socket of its own, by which [`close`](Socket::close) wakes it, and keeps it.
//! Winsock does not tell the mode of a socket that was made elsewhere, nor that its connect
//! goes on: such a one becomes a `Socket` in blocking mode, and one without a connection.
//!
//! # Example
//!
//! [`select`](mod@crate::select), [`async_select`](crate::async_select) and
//! [`event_select`](crate::event_select) watch a `Socket`; they see the calls that go
//! through it, which is how they know what to report again. The standard library's sockets
//! become one by [`From`], and it becomes theirs again by [`TryFrom`].
//!
//! ```
//! use std::net::{Ipv4Addr, SocketAddr};
//! use overport::socket::{Family, Kind, Socket};
//!
//! let listener = Socket::new(Family::Ipv4, Kind::Stream)?;
//! listener.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! listener.listen(128)?;
//! let client = Socket::new(Family::Ipv4, Kind::Stream)?;
//! client.connect(listener.local_addr()?)?;
//! let (server, peer) = listener.accept()?;
//! assert_eq!(peer, client.local_addr()?);
//!
//! client.send(b"hello")?;
//! let mut buffer = [0; 16];
//! let length = server.receive(&mut buffer)?;
//! assert_eq!(&buffer[..length], b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```

mod connection;
mod convert;
mod inner;
mod observer;
mod phase;
mod state;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod transfer;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use socket2::{Domain, SockAddr, SockRef, Type};

pub(crate) use inner::Inner;
pub(crate) use observer::{Call, Observer};
pub(crate) use phase::Phase;
pub(crate) use system::Hold;

use crate::error::from_errno;

/// The address family of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4 (`AF_INET`).
    #[doc(alias = "AF_INET")]
    Ipv4,
    /// IPv6 (`AF_INET6`).
    #[doc(alias = "AF_INET6")]
    Ipv6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(_) => Self::Ipv4,
            SocketAddr::V6(_) => Self::Ipv6,
        }
    }
}

/// Whether a socket carries a stream or datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A byte stream, or the listener for some (TCP, `SOCK_STREAM`).
    #[doc(alias = "SOCK_STREAM")]
    Stream,
    /// Datagrams (UDP, `SOCK_DGRAM`).
    #[doc(alias = "SOCK_DGRAM")]
    Datagram,
}

/// Which socket of this process it is; no two sockets ever have the same.
///
/// A key that outlives what it stands for, where Winsock's programs use the handle's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "SOCKET")]
pub struct SocketId(u64);

/// A TCP or UDP socket; see the [module's page](self).
///
/// Threads share it by reference or [`Arc`]. Dropping it closes it; [`close`](Self::close)
/// ends it while others still hold it.
#[derive(Debug)]
#[doc(alias = "SOCKET")]
pub struct Socket {
    inner: Arc<Inner>,
}

impl Socket {
    /// A new socket in blocking mode; nothing is bound or connected yet (socket(2),
    /// `WSASocket`). An IPv6 socket is for IPv6 only until its option IPV6_V6ONLY is cleared,
    /// as in Winsock.
    ///
    /// # Errors
    /// What the system's call fails with: no descriptors left, or a family it lacks.
    #[doc(alias = "WSASocket")]
    pub fn new(family: Family, kind: Kind) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let kind_of_socket = match kind {
            Kind::Stream => Type::STREAM,
            Kind::Datagram => Type::DGRAM,
        };
        let socket = socket2::Socket::new(domain, kind_of_socket, None)?;
        if family == Family::Ipv6 {
            socket.set_only_v6(true)?;
        }
        Ok(Self::from_parts(socket, kind, Phase::Unconnected, None))
    }

    /// A listening stream socket at `address`, in blocking mode.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), [`bind`](Self::bind) and [`listen`](Self::listen).
    pub fn listen_at(address: SocketAddr) -> io::Result<Self> {
        let socket = Self::new(Family::of(address), Kind::Stream)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?;
        Ok(socket)
    }

    fn from_parts(
        socket: socket2::Socket,
        kind: Kind,
        phase: Phase,
        peer: Option<SocketAddr>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner::new(socket, kind, phase, peer)),
        }
    }

    /// Which socket it is.
    #[must_use]
    pub fn id(&self) -> SocketId {
        self.inner.id()
    }

    /// Whether it carries a stream or datagrams.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.inner.kind()
    }

    /// Switches between non-blocking (`true`) and blocking mode (`FIONBIO`); calls that wait
    /// already go on waiting.
    ///
    /// # Errors
    /// `InvalidInput` for blocking mode while events are selected on the socket.
    #[doc(alias = "ioctlsocket")]
    #[doc(alias = "FIONBIO")]
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.inner.check_open()?;
        if !nonblocking && self.inner.observer().is_some() {
            return Err(from_errno(Errno::INVAL));
        }
        self.inner.set_nonblocking(nonblocking)
    }

    /// Whether the socket is in non-blocking mode.
    #[must_use]
    pub fn is_nonblocking(&self) -> bool {
        self.inner.is_nonblocking()
    }

    /// The error that a connect ended with, or that the network reported since the last
    /// call (SO_ERROR); reading it clears it. A lost connection is not reported here but by
    /// every transfer.
    ///
    /// # Errors
    /// What `getsockopt` fails with.
    #[doc(alias = "SO_ERROR")]
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.check_open()?;
        self.inner.take_error()
    }

    /// The socket's options, all of them, as `socket2` names them. The mode is switched by
    /// [`set_nonblocking`](Self::set_nonblocking) instead, and SO_ERROR is read by
    /// [`take_error`](Self::take_error).
    #[doc(alias = "setsockopt")]
    #[doc(alias = "getsockopt")]
    #[must_use]
    pub fn options(&self) -> SockRef<'_> {
        self.inner.options()
    }

    /// Ends the socket though others still hold it, as closesocket does: calls that wait on
    /// it in other threads return with an error, calls made from now on fail with
    /// `WSAENOTSOCK` (EBADF), nothing more is reported of it. The descriptor, and with it
    /// the local address, goes with the last holder.
    #[doc(alias = "closesocket")]
    pub fn close(&self) {
        if self.inner.close() {
            self.inner.end_waiting_calls();
        }
    }

    /// Whether [`close`](Self::close) was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn as_borrowed(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }

    /// A way back to this socket that does not keep it open.
    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.inner.close() && self.inner.is_held() {
            self.inner.end_waiting_calls();
        }
    }
}

/// The backlog of [`Socket::listen_at`]; the system cuts it to its own limit (`SOMAXCONN`).
const BACKLOG: i32 = 4096;

fn is_kind<T>(result: &io::Result<T>, kind: io::ErrorKind) -> bool {
    matches!(result, Err(error) if error.kind() == kind)
}

/// The outcome of a call as observers need it, without its value.
fn result_kind<T>(result: &io::Result<T>) -> Result<(), io::ErrorKind> {
    result.as_ref().map(|_| ()).map_err(io::Error::kind)
}

pub(crate) fn internet_address(address: &SockAddr) -> io::Result<SocketAddr> {
    address
        .as_socket()
        .ok_or_else(|| from_errno(Errno::AFNOSUPPORT))
}
