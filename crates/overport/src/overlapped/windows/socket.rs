//! The sockets, and their calls without an overlapped.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::os::windows::io::AsHandle;
use std::sync::Arc;
use std::time::Instant;

use socket2::{SockRef, Type};

use super::begin::{check, fail};
use super::flight::Flight;
use super::inner::Inner;
use crate::buffer::Buffer;
use crate::error::{closed, is_cancelled};
use crate::operation_id::OperationId;
use crate::overlapped::buffers::Lent;
use crate::overlapped::call::{Answer, Call, Ended};
use crate::socket::internet_address;
use crate::sys::codes::normalised;
use crate::sys::event::{self, Event, Waited};
use crate::sys::overlapped::Notify;

/// A handle of a socket. With the last one gone, the socket closes when nothing is under way.
#[derive(Clone)]
pub(in crate::overlapped) struct Socket(Arc<Handles>);

struct Handles(Arc<Inner>);

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Socket {
    /// Has a socket's operations performed from now on, if it is of the kind.
    pub(in crate::overlapped) fn new(socket: socket2::Socket, kind: Type) -> io::Result<Self> {
        if socket.r#type()? != kind {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Self::in_mode(socket, false)
    }

    pub(super) fn in_mode(socket: socket2::Socket, nonblocking: bool) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let inner = Inner::new(socket, nonblocking);
        Ok(Self(Arc::new(Handles(Arc::new(inner)))))
    }

    pub(in crate::overlapped) fn is_nonblocking(&self) -> bool {
        self.inner().is_nonblocking()
    }

    pub(in crate::overlapped) fn set_nonblocking(&self, nonblocking: bool) {
        self.inner().set_nonblocking(nonblocking);
    }

    pub(in crate::overlapped) fn cancel(&self, operation: OperationId) -> bool {
        self.inner().cancel(operation)
    }

    pub(in crate::overlapped) fn cancel_all(&self) -> usize {
        self.inner().cancel_all()
    }

    pub(in crate::overlapped) fn close(&self) {
        self.inner().close();
    }

    pub(in crate::overlapped) fn is_closed(&self) -> bool {
        self.inner().is_closed()
    }

    pub(in crate::overlapped) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.inner().complete_connect();
        self.open()?.shutdown(how).map_err(normalised)
    }

    pub(in crate::overlapped) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner().complete_connect();
        internet_address(&self.open()?.local_addr()?)
    }

    pub(in crate::overlapped) fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner().complete_connect();
        internet_address(&self.open()?.peer_addr()?)
    }

    pub(in crate::overlapped) fn options<R>(
        &self,
        f: impl FnOnce(SockRef<'_>) -> io::Result<R>,
    ) -> io::Result<R> {
        f(SockRef::from(&*self.open()?))
    }

    /// Performs an operation as the plain call does, in the socket's mode.
    pub(in crate::overlapped) fn perform(&self, call: Call) -> Ended {
        if !self.is_nonblocking() {
            let deadline = call.deadline(self);
            return self.wait_until(deadline, io::ErrorKind::TimedOut, call);
        }
        if let Err(error) = check(&call) {
            return fail(call, error);
        }
        match call {
            Call::Accept => self.accept(),
            Call::Connect(peer) => self.connect(peer),
            Call::Send(buffers) => self.send(buffers, None),
            Call::SendTo(buffers, peer) => self.send(buffers, Some(peer)),
            // A receive that is cancelled took nothing, and one that goes on would take its turn.
            call => self.wait_until(Some(Instant::now()), io::ErrorKind::WouldBlock, call),
        }
    }

    pub(super) fn start(&self, call: Call, notify: Notify<'_>) -> Arc<Flight> {
        self.inner().start(call, notify)
    }

    pub(super) fn inner(&self) -> &Arc<Inner> {
        &self.0.0
    }

    /// Performs an operation; if it has not ended at the deadline, it is cancelled, and fails
    /// as `over` says.
    fn wait_until(&self, deadline: Option<Instant>, over: io::ErrorKind, call: Call) -> Ended {
        let event = match Event::new(false) {
            Ok(event) => event,
            Err(error) => return fail(call, error),
        };
        let flight = self.start(call, Notify::Event(event.as_handle()));
        let mut deadline = deadline;
        let mut is_over = false;
        loop {
            if let Some(ended) = flight.take() {
                return match &ended.result {
                    Err(error) if is_over && is_cancelled(error) => Ended {
                        result: Err(over.into()),
                        ..ended
                    },
                    _ => ended,
                };
            }
            let waited = event::wait(&[event.as_handle()], false, false, deadline);
            if matches!(waited, Ok(Waited::TimedOut)) {
                self.cancel(flight.id());
                is_over = true;
                deadline = None;
            }
        }
    }

    fn accept(&self) -> Ended {
        let accept = || {
            let (accepted, peer) = self.open()?.accept()?;
            let socket = Self::in_mode(accepted, true)?;
            Ok(Answer::Accepted(socket, internet_address(&peer)?))
        };
        Ended {
            result: accept().map_err(normalised),
            buffers: Vec::new(),
        }
    }

    /// Begins to connect.
    fn connect(&self, peer: SocketAddr) -> Ended {
        let connect = || self.open()?.connect(&peer.into());
        Ended {
            result: connect().map(|()| Answer::Done).map_err(normalised),
            buffers: Vec::new(),
        }
    }

    fn send(&self, buffers: Vec<Lent>, peer: Option<SocketAddr>) -> Ended {
        let slices: Vec<_> = buffers
            .iter()
            .map(|buffer| IoSlice::new(buffer.filled()))
            .collect();
        let send = || {
            let socket = self.open()?;
            match peer {
                // It would be sent in the middle of another.
                _ if self.inner().has_pending_send() => Err(io::ErrorKind::WouldBlock.into()),
                Some(peer) => socket.send_to_vectored(&slices, &peer.into()),
                None => socket.send_vectored(&slices),
            }
        };
        Ended {
            result: send().map(Answer::Bytes).map_err(normalised),
            buffers,
        }
    }

    fn open(&self) -> io::Result<Arc<socket2::Socket>> {
        self.inner().open().ok_or_else(closed)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Socket")
            .field(&self.local_addr().ok())
            .finish()
    }
}
