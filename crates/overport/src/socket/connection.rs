//! Addresses and connections.

use std::io;
use std::net::{Shutdown, SocketAddr};

use rustix::io::Errno;
use socket2::SockAddr;

use super::inner::Need;
use super::{Call, Kind, Phase, Socket, internet_address, is_kind, result_kind};
use crate::error::{closed, from_errno, is_errno};
use crate::sys::{self, codes};

impl Socket {
    /// Gives the socket its local address (`bind`). A stream socket takes an address where
    /// connections linger in TIME_WAIT, but none that another socket is bound to.
    ///
    /// # Errors
    /// Address in use, not available, or the socket is bound already.
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        self.inner.check_open()?;
        let address = SockAddr::from(address);
        let socket = &self.inner.socket;
        match self.kind() {
            Kind::Stream => sys::socket::bind_stream(socket, &address),
            Kind::Datagram => socket.bind(&address),
        }
    }

    /// Takes connections from now on, up to `backlog` of them waiting to be accepted
    /// (`listen`); may be called again to change the backlog.
    ///
    /// # Errors
    /// `InvalidInput` where the socket has no local address yet, as Winsock demands, or is
    /// connected; `Unsupported` on a datagram socket.
    pub fn listen(&self, backlog: i32) -> io::Result<()> {
        if self.kind() == Kind::Datagram {
            return Err(codes::unsupported());
        }
        if self.local_addr()?.port() == 0 {
            return Err(from_errno(Errno::INVAL));
        }
        let result = self
            .inner
            .connection
            .listen(|| sys::socket::listen(&self.inner.socket, backlog));
        self.inner.wake_waiting_calls();
        result
    }

    /// Takes the next connection and its peer's address (accept4(2), `accept`).
    ///
    /// The new socket has the listener's mode, registration and options, as in Winsock. A
    /// connection that was gone before it could be taken is passed over.
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode while nobody waits; no descriptors left, after
    /// which the connection waits on; `InvalidInput` where the socket does not listen;
    /// `Unsupported` on a datagram socket.
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
        if let Some(observer) = self.inner.observer() {
            observer.accepted(&accepted)?;
        }
        Ok((accepted, peer))
    }

    fn accept_one(&self) -> io::Result<(socket2::Socket, SocketAddr)> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset};
        loop {
            let result = self
                .inner
                .wait_for(Need::Accept, || self.inner.socket.accept());
            if is_kind(&result, ConnectionAborted) || is_kind(&result, ConnectionReset) {
                continue;
            }
            return match result {
                Ok(Some((socket, peer))) => Ok((socket, internet_address(&peer)?)),
                Ok(None) => Err(from_errno(Errno::TIMEDOUT)),
                // A listener that close() has shut down is no listener to the kernel any more.
                Err(_) if self.is_closed() => Err(closed()),
                Err(error) => Err(error),
            };
        }
    }

    /// Connects to `address` (`connect`); on a datagram socket it fixes the peer.
    ///
    /// # Errors
    /// Refused, timed out, unreachable. In non-blocking mode `WouldBlock`: the connect goes
    /// on, and ends as [`select`](mod@crate::select) and the event models report, or
    /// [`nonblocking::is_connected`](crate::nonblocking::is_connected). `WSAEALREADY`
    /// (EALREADY) while it goes on, `WSAEISCONN` (EISCONN) once it succeeded,
    /// `InvalidInput` on a listener. After a failure it may be tried again.
    #[doc(alias = "WSAConnect")]
    pub fn connect(&self, address: SocketAddr) -> io::Result<()> {
        self.inner.check_open()?;
        let result = match self.kind() {
            Kind::Stream => self.connect_stream(address),
            Kind::Datagram => self.inner.socket.connect(&SockAddr::from(address)),
        };
        let result = match result {
            _ if self.is_closed() => Err(closed()),
            result => result,
        };
        self.inner
            .observe(|observer| observer.after(Call::Connect, &result_kind(&result)));
        result
    }

    fn connect_stream(&self, peer: SocketAddr) -> io::Result<()> {
        self.inner.phase();
        let address = SockAddr::from(peer);
        let begun = self.inner.connection.begin(peer, |failed_before| {
            self.inner.without_waiting(|socket| {
                let result = socket.connect(&address);
                if failed_before && is_kind(&result, io::ErrorKind::ConnectionAborted) {
                    // The kernel lets a call fail before it forgets a connect that failed unseen.
                    return socket.connect(&address);
                }
                result
            })
        });
        self.inner.wake_waiting_calls();
        match begun {
            Err(error) if is_errno(&error, codes::CONNECTING) && self.is_nonblocking() => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            Err(error) if is_errno(&error, codes::CONNECTING) => self.wait_connected(),
            result => result,
        }
    }

    fn wait_connected(&self) -> io::Result<()> {
        self.inner.wait_for_connect()?;
        match self.inner.phase() {
            Phase::Connected => Ok(()),
            _ => {
                let ended = Err(from_errno(Errno::CONNABORTED));
                self.inner.connection.end(ended)
            }
        }
    }

    /// Ends sending, receiving or both (`shutdown`). On Linux a listener or a thread that waits
    /// in a call on this socket is woken.
    ///
    /// # Errors
    /// `NotConnected` where there is no connection.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.inner.check_open()?;
        if how != Shutdown::Read && self.inner.phase() == Phase::Connected {
            self.inner.connection.end_sending();
        }
        self.inner.socket.shutdown(how)
    }

    /// The local address (`getsockname`).
    ///
    /// # Errors
    /// What `getsockname` fails with: on Windows, `InvalidInput` where there is none yet.
    #[doc(alias = "getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.check_open()?;
        internet_address(&self.inner.socket.local_addr()?)
    }

    /// The peer's address (`getpeername`); known for as long as the socket lives, also
    /// after a shutdown or a reset.
    ///
    /// # Errors
    /// `NotConnected` where there was never a peer.
    #[doc(alias = "getpeername")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.check_open()?;
        match self.inner.socket.peer_addr() {
            Ok(peer) => internet_address(&peer),
            Err(error) if self.inner.phase() == Phase::Connected => {
                self.inner.connection.peer().ok_or(error)
            }
            Err(error) => Err(error),
        }
    }
}
