//! How a call waits on Linux: in the kernel, whose mode of the socket is the program's. Shutting
//! the socket down ends the calls that wait.

use std::io;
use std::net::Shutdown;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use rustix::fd::AsFd;

use super::inner::{Inner, Need};
use super::is_kind;
use crate::error::closed;
use crate::sys::poll::{Interest, wait_for_one};

/// How many calls wait on the socket without borrowing it.
#[derive(Debug, Default)]
pub(super) struct Waiters(AtomicUsize);

impl Waiters {
    pub(super) fn is_any(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// The descriptor, whose mode is the one that the program sees.
#[derive(Debug)]
pub(super) struct Handle(socket2::Socket);

impl Handle {
    /// Takes a socket in, and tells its mode.
    pub(super) fn new(socket: socket2::Socket) -> (Self, bool) {
        let nonblocking = socket.nonblocking().unwrap_or(false);
        (Self(socket), nonblocking)
    }

    pub(super) fn set_mode(&self, nonblocking: bool) -> io::Result<()> {
        self.set_nonblocking(nonblocking)
    }

    /// Gives the socket back, in the mode that the program saw.
    pub(super) fn into_socket(self, _nonblocking: bool) -> io::Result<socket2::Socket> {
        Ok(self.0)
    }
}

impl Deref for Handle {
    type Target = socket2::Socket;

    fn deref(&self) -> &socket2::Socket {
        &self.0
    }
}

impl Inner {
    /// Ends the calls that wait on the socket in other threads, and the connection.
    pub(super) fn end_waiting_calls(&self) {
        // This wakes whoever waits, also on a listener or an unconnected socket, whatever it
        // returns.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Has the calls that wait in other threads look at the socket again: they wait in the
    /// kernel, which tells them.
    pub(super) fn wake_waiting_calls(&self) {}

    /// Makes a call that may have to wait; `None` where its time was over. A signal does not
    /// end it.
    pub(super) fn wait_for<T>(
        &self,
        need: Need,
        mut call: impl FnMut() -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        loop {
            let result = call();
            if is_kind(&result, io::ErrorKind::Interrupted) {
                continue;
            }
            if !self.gave_up_waiting(&result) {
                return result.map(Some);
            }
            if need != Need::Accept {
                return Ok(None);
            }
            // The option's timeout is for receiving only.
            wait_for_one(Interest::readable(self.socket.as_fd()), None)?;
        }
    }

    /// The part of a buffer that one call is to send; the kernel cuts it to what there is
    /// room for, or waits.
    pub(super) fn sendable<'buffer>(&self, buffer: &'buffer [u8]) -> &'buffer [u8] {
        buffer
    }

    /// Makes a call in non-blocking mode, whichever the socket is in. No other call notices:
    /// without a connection each is refused.
    pub(super) fn without_waiting(
        &self,
        call: impl FnOnce(&socket2::Socket) -> io::Result<()>,
    ) -> io::Result<()> {
        let socket = &self.socket;
        // The kernel is asked, since a duplicate may have switched it.
        if socket.nonblocking()? {
            return call(socket);
        }
        socket.set_nonblocking(true)?;
        let result = call(socket);
        socket.set_nonblocking(false)?;
        result
    }

    /// Waits until the connect under way has ended.
    pub(super) fn wait_for_connect(&self) -> io::Result<()> {
        let interest = Interest {
            fd: self.socket.as_fd(),
            readable: false,
            writable: true,
            priority: false,
        };
        wait_for_one(interest, None).map(drop)
    }

    /// Whether a call that would have had to wait gave up because of a timeout among the
    /// options: in blocking mode there is no other reason. The kernel is asked too, since
    /// the mode may have been switched meanwhile, or through a duplicate.
    fn gave_up_waiting<T>(&self, result: &io::Result<T>) -> bool {
        is_kind(result, io::ErrorKind::WouldBlock)
            && !self.is_nonblocking()
            && !self.socket.nonblocking().unwrap_or(true)
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
        held.waiters.0.fetch_add(1, Ordering::SeqCst);
        held.check_open()?;
        Ok(held)
    }
}

impl Deref for Hold {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.waiters.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::mpsc;
    use std::thread;

    use socket2::{Domain, Type};

    use super::super::phase::{Connection, Phase};
    use crate::error::is_errno;
    use crate::sys::codes::CONNECTING;
    use crate::sys::thread::ThreadId;

    /// It was taken for one that had failed, and the socket stayed without its connection.
    #[test]
    fn a_connect_is_not_judged_before_the_kernel_has_it() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let address = listener.local_addr().expect("its address");
        let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("the mode");
        let connection = Connection::new(Phase::Unconnected, None);
        let (id_sender, id) = mpsc::channel();
        thread::scope(|scope| {
            let begun = connection.begin(address, |_| {
                scope.spawn(|| {
                    id_sender.send(ThreadId::current()).ok();
                    connection.settle(&socket);
                });
                let id = id.recv().expect("the thread sends its name");
                while !id.is_blocked() {
                    thread::yield_now();
                }
                socket.connect(&address.into())
            });
            assert!(is_errno(&begun.expect_err("it goes on"), CONNECTING));
        });
        assert_ne!(connection.phase(), Phase::Failed);
        listener.accept().expect("the connection");
        connection.settle(&socket);
        assert_eq!(connection.phase(), Phase::Connected);
    }
}
