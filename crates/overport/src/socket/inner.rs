//! What a socket and those who watch it share.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use rustix::io::Errno;
use socket2::SockRef;

use super::phase::Connection;
use super::state::State;
use super::{Kind, Observer, Phase, SocketId, closed};
use crate::error::is_errno;

/// The descriptor and what is known of it.
#[derive(Debug)]
pub(crate) struct Inner {
    id: SocketId,
    pub(super) socket: socket2::Socket,
    kind: Kind,
    pub(super) connection: Connection,
    state: State,
}

impl Inner {
    pub(super) fn new(
        socket: socket2::Socket,
        kind: Kind,
        phase: Phase,
        peer: Option<SocketAddr>,
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let nonblocking = socket.nonblocking().unwrap_or(false);
        Self {
            id: SocketId(NEXT_ID.fetch_add(1, Ordering::Relaxed)),
            socket,
            kind,
            connection: Connection::new(phase, peer),
            state: State::new(nonblocking),
        }
    }

    pub(crate) fn id(&self) -> SocketId {
        self.id
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn options(&self) -> SockRef<'_> {
        SockRef::from(&self.socket)
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

    pub(super) fn wake_waiting_calls(&self) {
        // On Linux this wakes whoever waits, also on a listener or an unconnected socket,
        // whatever it returns.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    pub(super) fn is_held(&self) -> bool {
        self.state.is_held()
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.state.is_nonblocking()
    }

    /// Sets the mode, whoever watches.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.connection.between_connects(|| {
            self.socket.set_nonblocking(nonblocking)?;
            self.state.set_nonblocking(nonblocking);
            Ok(())
        })
    }

    /// Whether a call that would have had to wait gave up because of a timeout among the
    /// options: in blocking mode there is no other reason. The kernel is asked too, since
    /// the mode may have been switched meanwhile, or through a duplicate.
    pub(super) fn gave_up_waiting<T>(&self, result: &io::Result<T>) -> bool {
        super::is_kind(result, io::ErrorKind::WouldBlock)
            && !self.is_nonblocking()
            && !self.socket.nonblocking().unwrap_or(true)
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
        if is_errno(error, Errno::CONNRESET) || is_errno(error, Errno::TIMEDOUT) {
            self.connection.lose(error.raw_os_error().unwrap_or(0));
            return true;
        }
        // The kernel's name for a reset after the peer had ended its side.
        let reset = is_errno(error, Errno::PIPE) && !self.connection.has_ended_sending();
        if reset {
            self.connection.lose(Errno::CONNRESET.raw_os_error());
        }
        reset
    }
}

impl AsFd for Inner {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A socket that a call waits on without borrowing it. It keeps the descriptor open, and
/// whoever closes or drops the socket meanwhile wakes the call.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Inner>);

impl Hold {
    /// Fails where the socket is closed or gone.
    pub(crate) fn new(socket: &Weak<Inner>) -> io::Result<Self> {
        let held = Self(socket.upgrade().ok_or_else(closed)?);
        held.state.hold();
        held.check_open()?;
        Ok(held)
    }
}

impl std::ops::Deref for Hold {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.state.release();
    }
}
