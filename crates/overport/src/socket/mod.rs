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
//! | [`send`](Socket::send) | all bytes are in the send buffer | there is no room for any |
//! | [`receive`](Socket::receive) | at least one byte is there, or the end | nothing is there |
//! | [`send_to`](Socket::send_to), [`receive_from`](Socket::receive_from) | one whole datagram went or came | it can't |
//!
//! [`select`](crate::select), [`async_select`](crate::async_select) and
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

mod convert;
mod observer;
mod state;
mod transfer;

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Weak};

use rustix::io::Errno;
use socket2::{Domain, SockAddr, SockRef, Type};

pub(crate) use observer::{Call, Observer};
pub(crate) use state::Phase;
use state::State;

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

/// A TCP or UDP socket; see the [module's page](self).
///
/// Threads share it by reference or [`Arc`]. Dropping it closes it; [`close`](Self::close)
/// ends it while others still hold it.
#[derive(Debug)]
#[doc(alias = "SOCKET")]
pub struct Socket {
    inner: Arc<Inner>,
}

/// What the socket and those who watch it share.
#[derive(Debug)]
pub(crate) struct Inner {
    socket: socket2::Socket,
    kind: Kind,
    state: State,
}

impl Socket {
    /// A new socket in blocking mode; nothing is bound or connected yet (socket(2)).
    ///
    /// # Errors
    /// What socket(2) fails with: no descriptors left, or a family this system lacks.
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
        Ok(Self::from_parts(socket, kind, Phase::Unconnected, None))
    }

    /// A listening stream socket at `address`, which may be bound although connections of an
    /// earlier listener there linger in TIME_WAIT.
    ///
    /// # Errors
    /// Address in use, address not available, permission denied.
    pub fn listen_at(address: SocketAddr) -> io::Result<Self> {
        let socket = Self::new(Family::of(address), Kind::Stream)?;
        socket.options().set_reuse_address(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?;
        Ok(socket)
    }

    pub(crate) fn from_parts(
        socket: socket2::Socket,
        kind: Kind,
        phase: Phase,
        peer: Option<SocketAddr>,
    ) -> Self {
        let nonblocking = socket.nonblocking().unwrap_or(false);
        Self {
            inner: Arc::new(Inner {
                socket,
                kind,
                state: State::new(phase, nonblocking, peer),
            }),
        }
    }

    /// Whether it carries a stream or datagrams.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// Gives the socket its local address (bind(2)).
    ///
    /// # Errors
    /// Address in use, not available, or the socket is bound already.
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        self.inner.socket.bind(&SockAddr::from(address))
    }

    /// Takes connections from now on, up to `backlog` of them waiting to be accepted
    /// (listen(2)); may be called again to change the backlog.
    ///
    /// # Errors
    /// `InvalidInput` where the socket has no local address yet, as Winsock demands;
    /// `Unsupported` on a datagram socket.
    pub fn listen(&self, backlog: i32) -> io::Result<()> {
        if self.kind() == Kind::Datagram {
            return Err(from_errno(Errno::OPNOTSUPP));
        }
        if self.local_addr()?.port() == 0 {
            return Err(from_errno(Errno::INVAL));
        }
        self.inner.socket.listen(backlog)?;
        self.inner.state.set_phase(Phase::Listening);
        Ok(())
    }

    /// Takes the next connection and its peer's address (accept4(2)).
    ///
    /// The new socket has the listener's mode and registration, as in Winsock. A connection
    /// that was gone before it could be taken is passed over.
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode while nobody waits; no descriptors left, after
    /// which the connection waits on; `InvalidInput` where the socket does not listen.
    #[doc(alias = "WSAAccept")]
    pub fn accept(&self) -> io::Result<(Self, SocketAddr)> {
        self.inner.check_open()?;
        let result = self.accept_one();
        self.inner
            .observe(|observer| observer.after(Call::Accept, &result_kind(&result)));
        let (socket, peer) = result?;
        let accepted = Self::from_parts(socket, Kind::Stream, Phase::Connected, Some(peer));
        if self.is_nonblocking() {
            accepted.set_nonblocking(true)?;
        }
        if let Some(observer) = self.inner.state.observer() {
            observer.accepted(&accepted)?;
        }
        Ok((accepted, peer))
    }

    fn accept_one(&self) -> io::Result<(socket2::Socket, SocketAddr)> {
        loop {
            match self.inner.socket.accept() {
                Ok((socket, peer)) => return Ok((socket, internet_address(&peer)?)),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
                    ) => {}
                // A listener that close() has shut down is no listener to the kernel any more.
                Err(_) if self.inner.state.is_closed() => return Err(closed()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Connects to `address` (connect(2)); on a datagram socket it fixes the peer.
    ///
    /// # Errors
    /// Refused, timed out, unreachable. In non-blocking mode `WouldBlock`: the connect goes
    /// on, and ends as [`select`](crate::select) and the event models report. `ALREADY`
    /// while it goes on, `ISCONN` once it succeeded.
    #[doc(alias = "WSAConnect")]
    pub fn connect(&self, address: SocketAddr) -> io::Result<()> {
        self.inner.check_open()?;
        if self.inner.phase() == Phase::Connecting {
            return Err(from_errno(Errno::ALREADY));
        }
        let stream = self.kind() == Kind::Stream;
        if stream {
            self.inner.state.begin_connect(address);
        }
        let mut result = self.inner.socket.connect(&SockAddr::from(address));
        if is_interrupted(&result) {
            // The handshake goes on without the call that a signal ended.
            result = self.wait_connected();
        }
        let result = match result {
            Err(error) if error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            result => {
                if stream {
                    self.inner.state.end_connect(&result);
                }
                result
            }
        };
        self.inner
            .observe(|observer| observer.after(Call::Connect, &result_kind(&result)));
        result
    }

    fn wait_connected(&self) -> io::Result<()> {
        use crate::sys::poll::{Interest, wait};
        let interest = Interest {
            fd: self.as_fd(),
            readable: false,
            writable: true,
            priority: false,
        };
        wait(&[interest], None)?;
        self.inner.socket.take_error()?.map_or(Ok(()), Err)
    }

    /// Ends sending, receiving or both (shutdown(2)); a listener or a thread that waits in a
    /// call on this socket is woken.
    ///
    /// # Errors
    /// `NotConnected` where there is no connection.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.inner.socket.shutdown(how)
    }

    /// Ends the socket though others still hold it, as closesocket does: calls that wait on
    /// it in other threads return with an error, calls made from now on fail with
    /// `WSAENOTSOCK` (EBADF), nothing more is reported of it. The descriptor goes with the
    /// last holder.
    #[doc(alias = "closesocket")]
    pub fn close(&self) {
        self.inner.state.close();
        // On Linux this wakes whoever waits, also on a listener or an unconnected socket,
        // whatever it returns.
        let _ = self.inner.socket.shutdown(Shutdown::Both);
        self.inner.state.forget_observer();
    }

    /// Switches between non-blocking (`true`) and blocking mode (`FIONBIO`); calls that wait
    /// already go on waiting.
    ///
    /// # Errors
    /// `InvalidInput` for blocking mode while events are selected on the socket.
    #[doc(alias = "ioctlsocket")]
    #[doc(alias = "FIONBIO")]
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        if !nonblocking && self.inner.state.observer().is_some() {
            return Err(from_errno(Errno::INVAL));
        }
        self.inner.set_nonblocking(nonblocking)
    }

    /// Whether the socket is in non-blocking mode.
    #[must_use]
    pub fn is_nonblocking(&self) -> bool {
        self.inner.state.is_nonblocking()
    }

    /// The local address (getsockname(2)).
    ///
    /// # Errors
    /// What getsockname(2) fails with.
    #[doc(alias = "getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        internet_address(&self.inner.socket.local_addr()?)
    }

    /// The peer's address (getpeername(2)); known for as long as the socket lives, also
    /// after a shutdown or a reset.
    ///
    /// # Errors
    /// `NotConnected` where there was never a peer.
    #[doc(alias = "getpeername")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self.inner.socket.peer_addr() {
            Ok(peer) => internet_address(&peer),
            Err(error) if self.inner.phase() == Phase::Connected => {
                self.inner.state.peer().ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The error that a connect ended with, or that the network reported since the last
    /// call (SO_ERROR); reading it clears it.
    ///
    /// # Errors
    /// What getsockopt(2) fails with.
    #[doc(alias = "SO_ERROR")]
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        if let Some(errno) = self.inner.state.take_connect_error() {
            return Ok(Some(io::Error::from_raw_os_error(errno)));
        }
        self.inner.socket.take_error()
    }

    /// The socket's options, all of them. The mode is not among them: it is switched by
    /// [`set_nonblocking`](Self::set_nonblocking).
    #[doc(alias = "setsockopt")]
    #[doc(alias = "getsockopt")]
    #[must_use]
    pub fn options(&self) -> SockRef<'_> {
        SockRef::from(&self.inner.socket)
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// A way back to this socket that does not keep it open.
    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.socket.as_fd()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.state.forget_observer();
    }
}

impl Inner {
    pub(crate) fn check_open(&self) -> io::Result<()> {
        if self.state.is_closed() {
            return Err(closed());
        }
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Sets the mode, whoever watches.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.socket.set_nonblocking(nonblocking)?;
        self.state.set_nonblocking(nonblocking);
        Ok(())
    }

    /// Replaces whoever is told of the calls made on this socket; the one before is told
    /// that it ended.
    pub(crate) fn set_observer(&self, observer: Option<Arc<dyn Observer>>) {
        self.state.set_observer(observer);
    }

    pub(crate) fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.state.observer()
    }

    fn observe(&self, tell: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.state.observer() {
            tell(&*observer);
        }
    }

    /// The phase of the connection, after asking the kernel how a connect that was under
    /// way has ended, if it has.
    pub(crate) fn phase(&self) -> Phase {
        if self.state.phase() == Phase::Connecting {
            self.state.settle_connect(&self.socket);
        }
        self.state.phase()
    }

    /// The error of the connect that failed, without taking it.
    pub(crate) fn connect_error(&self) -> Option<io::Error> {
        self.state.connect_error().map(io::Error::from_raw_os_error)
    }

    pub(crate) fn options(&self) -> SockRef<'_> {
        SockRef::from(&self.socket)
    }
}

impl AsFd for Inner {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The backlog of [`Socket::listen_at`]; the system cuts it to its own limit (`SOMAXCONN`).
const BACKLOG: i32 = 4096;

fn closed() -> io::Error {
    from_errno(Errno::BADF)
}

fn is_interrupted<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::Interrupted)
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
