//! What a socket and those who watch it share.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fd::{AsFd, BorrowedFd};
use socket2::SockRef;

use super::phase::Connection;
use super::state::State;
use super::system::{Handle, Waiters};
use super::{Kind, Observer, Phase, SocketId};
use crate::error::closed;
use crate::sys;

/// The descriptor and what is known of it.
#[derive(Debug)]
pub(crate) struct Inner {
    id: SocketId,
    pub(super) socket: Handle,
    kind: Kind,
    pub(super) connection: Connection,
    state: State,
    pub(super) waiters: Waiters,
}

/// What a call in blocking mode waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Accept,
    Receive,
    Send,
}

impl Inner {
    pub(super) fn new(
        socket: socket2::Socket,
        kind: Kind,
        phase: Phase,
        peer: Option<SocketAddr>,
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let (socket, nonblocking) = Handle::new(socket);
        Self {
            id: SocketId(NEXT_ID.fetch_add(1, Ordering::Relaxed)),
            socket,
            kind,
            connection: Connection::new(phase, peer),
            state: State::new(nonblocking),
            waiters: Waiters::default(),
        }
    }

    pub(crate) fn id(&self) -> SocketId {
        self.id
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn options(&self) -> SockRef<'_> {
        SockRef::from(&*self.socket)
    }

    pub(crate) fn check_open(&self) -> io::Result<()> {
        if self.is_closed() {
            return Err(closed());
        }
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Marks the socket closed and ends what was reported of it; false if it was closed.
    pub(super) fn close(&self) -> bool {
        let open = self.state.close();
        if open {
            self.state.forget_observer();
        }
        open
    }

    pub(super) fn is_held(&self) -> bool {
        self.waiters.is_any()
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.state.is_nonblocking()
    }

    /// Sets the mode, whoever watches.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.connection.between_connects(|| {
            self.socket.set_mode(nonblocking)?;
            self.state.set_nonblocking(nonblocking);
            Ok(())
        })
    }

    /// Gives the socket back that was taken in, in the mode that it is in.
    pub(super) fn release(self: Arc<Self>) -> io::Result<socket2::Socket> {
        let nonblocking = self.is_nonblocking();
        match Arc::try_unwrap(self) {
            Ok(inner) => inner.socket.into_socket(nonblocking),
            Err(shared) => {
                let (copy, _) = Handle::new(shared.socket.try_clone()?);
                copy.into_socket(nonblocking)
            }
        }
    }

    /// Replaces whoever is told of the calls made on this socket; the one before is told
    /// that it ended.
    pub(crate) fn set_observer(&self, observer: Option<Arc<dyn Observer>>) {
        self.state.set_observer(observer);
    }

    pub(crate) fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.state.observer()
    }

    pub(super) fn observe(&self, tell: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.state.observer() {
            tell(&*observer);
        }
    }

    /// The phase of the connection, after asking the kernel how a connect that was under
    /// way has ended, if it has.
    pub(crate) fn phase(&self) -> Phase {
        if self.connection.phase() == Phase::Connecting {
            self.connection.settle(&self.socket);
        }
        self.connection.phase()
    }

    /// Whether a connect goes on for all that is known, without asking the kernel: nobody has
    /// been told of its end.
    pub(crate) fn is_connecting(&self) -> bool {
        self.connection.phase() == Phase::Connecting
    }

    /// The error of the connect that failed, without taking it.
    pub(crate) fn connect_error(&self) -> Option<io::Error> {
        self.connection
            .connect_error()
            .map(io::Error::from_raw_os_error)
    }

    /// Takes the error of a connect, or the one the kernel holds. The kernel tells of a lost
    /// connection once; it is put where every later transfer finds it.
    pub(crate) fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.phase();
        if let Some(errno) = self.connection.take_connect_error() {
            return Ok(Some(io::Error::from_raw_os_error(errno)));
        }
        Ok(match self.socket.take_error()? {
            Some(error) if self.loses_connection(&error) => None,
            error => error,
        })
    }

    /// The error that the connection was lost by, however often it is asked for.
    pub(crate) fn loss(&self) -> Option<io::Error> {
        self.connection.loss().map(io::Error::from_raw_os_error)
    }

    /// Whether a stream has lost its connection by `error`; if so it is remembered.
    pub(super) fn loses_connection(&self, error: &io::Error) -> bool {
        if self.kind == Kind::Datagram {
            return false;
        }
        let loss = sys::socket::loss(error, !self.connection.has_ended_sending());
        if let Some(errno) = loss {
            self.connection.lose(errno);
        }
        loss.is_some()
    }
}

impl AsFd for Inner {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
