//! How a call waits on Windows. A call that waits in Winsock can only be ended by closing the
//! handle under it, whose number another socket may have by then. So to Winsock the socket is
//! always non-blocking, and the mode that the program sees is kept here: in blocking mode a
//! call that can't proceed waits in `select` for the socket and for a socket of its thread,
//! by which whoever closes the one that is waited for wakes it. The price is a second datagram
//! socket for each thread that has ever waited.

use std::io;
use std::net::Shutdown;
use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use rustix::io::Errno;

use super::inner::{Inner, Need};
use super::{Kind, Phase, is_kind};
use crate::error::closed;
use crate::sys::select::{Interest, wait_for_either};
use crate::sys::wake::Wake;

/// The threads that wait on the socket.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<Vec<Arc<Wake>>>);

impl Waiters {
    pub(super) fn is_any(&self) -> bool {
        !self.lock().is_empty()
    }

    fn enter(&self, wake: &Arc<Wake>) {
        self.lock().push(Arc::clone(wake));
    }

    fn leave(&self, wake: &Arc<Wake>) {
        let mut waiters = self.lock();
        if let Some(place) = waiters.iter().position(|waiter| Arc::ptr_eq(waiter, wake)) {
            waiters.swap_remove(place);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Wake>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle, non-blocking to Winsock.
#[derive(Debug)]
pub(super) struct Handle(Option<socket2::Socket>);

impl Handle {
    /// Takes a socket in, and tells its mode: since Winsock does not, it is blocking.
    pub(super) fn new(socket: socket2::Socket) -> (Self, bool) {
        // It fails for what is no socket only, and then so does every call.
        let _ = socket.set_nonblocking(true);
        (Self(Some(socket)), false)
    }

    pub(super) fn set_mode(&self, _nonblocking: bool) -> io::Result<()> {
        Ok(())
    }

    /// Gives the socket back, in the mode that the program saw.
    pub(super) fn into_socket(mut self, nonblocking: bool) -> io::Result<socket2::Socket> {
        self.set_nonblocking(nonblocking)?;
        self.0.take().ok_or_else(closed)
    }
}

impl Deref for Handle {
    type Target = socket2::Socket;

    fn deref(&self) -> &socket2::Socket {
        self.0.as_ref().expect("it is taken only by value")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let lingers = |socket: &socket2::Socket| {
            let time = socket.linger().ok().flatten();
            time.is_some_and(|time| !time.is_zero())
        };
        // Of a non-blocking socket that is to linger closesocket can fail, and leaves it open.
        if let Some(socket) = self.0.as_ref().filter(|socket| lingers(socket)) {
            let _ = socket.set_nonblocking(false);
        }
    }
}

impl Inner {
    /// How many connects were begun, in a circle: it names the last of them.
    pub(crate) fn connects(&self) -> u32 {
        self.connection.connects.load(Ordering::Relaxed)
    }

    /// Takes over that the connect under way has ended, as Winsock tells it, and gives the
    /// code that the connect has failed by.
    pub(crate) fn end_connect(&self, told: Option<i32>) -> Option<i32> {
        if self.phase() == Phase::Connecting {
            let result = told.map_or(Ok(()), |code| Err(io::Error::from_raw_os_error(code)));
            // The phase has it now.
            let _ = self.connection.end(result);
        }
        match self.phase() {
            Phase::Connected => None,
            // Where the program took the error itself, it knows more than it is told here.
            _ => self
                .connection
                .connect_error()
                .or(told)
                .or(Some(Errno::CONNREFUSED.raw_os_error())),
        }
    }

    /// Ends the calls that wait on the socket in other threads, and the connection.
    pub(super) fn end_waiting_calls(&self) {
        // There may be no connection.
        let _ = self.socket.shutdown(Shutdown::Both);
        self.wake_waiting_calls();
    }

    /// Has the calls that wait in other threads look at the socket again, since how far its
    /// connection has come decides whether Winsock is asked about it.
    pub(super) fn wake_waiting_calls(&self) {
        for waiter in &*self.waiters.lock() {
            waiter.set();
        }
    }

    /// Makes a call that may have to wait; `None` where its time was over.
    pub(super) fn wait_for<T>(
        &self,
        need: Need,
        mut call: impl FnMut() -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        let mut result = call();
        if self.is_nonblocking() || !is_kind(&result, io::ErrorKind::WouldBlock) {
            return result.map(Some);
        }
        let deadline = self.deadline(need)?;
        let interest = match need {
            Need::Accept | Need::Receive => Interest::READ,
            Need::Send => Interest::WRITE,
        };
        let waiting = Waiting::on(self)?;
        while is_kind(&result, io::ErrorKind::WouldBlock) {
            if !waiting.until(interest, deadline)? {
                return Ok(None);
            }
            result = call();
        }
        result.map(Some)
    }

    /// When a call that waits from now on gives up: Winsock's own timeouts are for calls that
    /// wait in it.
    fn deadline(&self, need: Need) -> io::Result<Option<Instant>> {
        let timeout = match need {
            Need::Accept => None,
            Need::Receive => self.socket.read_timeout()?,
            Need::Send => self.socket.write_timeout()?,
        };
        Ok(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// The part of a buffer that one call is to send. Winsock takes whatever it is given where
    /// there is any room, so that a blocking send of all would not wait for its peer.
    pub(super) fn sendable<'buffer>(&self, buffer: &'buffer [u8]) -> &'buffer [u8] {
        const PART: usize = 64 << 10;
        if self.is_nonblocking() || self.kind() == Kind::Datagram {
            return buffer;
        }
        &buffer[..buffer.len().min(PART)]
    }

    /// Makes a call without waiting, whichever mode the socket is in.
    pub(super) fn without_waiting(
        &self,
        call: impl FnOnce(&socket2::Socket) -> io::Result<()>,
    ) -> io::Result<()> {
        call(&self.socket)
    }

    /// Waits until the connect under way has ended.
    pub(super) fn wait_for_connect(&self) -> io::Result<()> {
        let waiting = Waiting::on(self)?;
        while self.phase() == Phase::Connecting {
            waiting.until(Interest::CONNECTED, None)?;
        }
        Ok(())
    }
}

/// A call that waits on a socket.
struct Waiting<'socket> {
    socket: &'socket Inner,
    wake: Arc<Wake>,
}

impl<'socket> Waiting<'socket> {
    fn on(socket: &'socket Inner) -> io::Result<Self> {
        let wake = Wake::of_thread()?;
        socket.waiters.enter(&wake);
        Ok(Self { socket, wake })
    }

    /// Waits until the socket is ready; whether it was, by the deadline. Fails where the
    /// socket is closed.
    fn until(&self, interest: Interest, deadline: Option<Instant>) -> io::Result<bool> {
        loop {
            self.socket.check_open()?;
            let socket = &*self.socket.socket;
            let (is_ready, is_woken) = wait_for_either(socket, interest, &*self.wake, deadline)?;
            if is_woken {
                self.wake.clear();
            }
            self.socket.check_open()?;
            if is_ready || !is_woken {
                return Ok(is_ready);
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.socket.waiters.leave(&self.wake);
    }
}

/// A socket that a call waits on without borrowing it. It keeps the handle open, and whoever
/// closes or drops the socket meanwhile wakes the thread.
#[derive(Debug)]
pub(crate) struct Hold {
    socket: Arc<Inner>,
    wake: Arc<Wake>,
}

impl Hold {
    /// Fails where the socket is closed or gone.
    pub(crate) fn new(socket: &Weak<Inner>, wake: &Arc<Wake>) -> io::Result<Self> {
        let socket = socket.upgrade().ok_or_else(closed)?;
        socket.waiters.enter(wake);
        let held = Self {
            socket,
            wake: Arc::clone(wake),
        };
        held.check_open()?;
        Ok(held)
    }
}

impl Deref for Hold {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.socket
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.socket.waiters.leave(&self.wake);
    }
}
