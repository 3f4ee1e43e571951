//! A socket at the port: its operations in both directions, and its end.

mod land;
mod pooled;
mod submit;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use socket2::Socket;

use super::Engine;
use super::half::{Closed, GivenUp, Half};
use super::registry::Registry;
use super::token::Token;
use crate::completion_port::Completion;
use crate::completion_port::operation::{Operation, OperationId, Operations, Request};
use crate::error::{closed, from_errno};
use crate::sys::codes;

/// After so long the system is asked once more to cancel what it did not find.
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// Completions that a closed port has refused, to be dropped with no lock held.
type Refused<K, B, P> = Vec<Completion<K, B, P>>;

pub(in crate::completion_port) struct Source<K, B, P> {
    engine: Arc<Engine<K, B, P>>,
    token: Token,
    /// Dropped before the socket is closed, so that a peer which sees the end finds the
    /// program done with the key.
    key: K,
    operations: AtomicU64,
    /// Whether the peer has reset the connection, which Winsock may call an abort afterwards.
    reset: AtomicBool,
    reading: Mutex<Half<K, B, P>>,
    writing: Mutex<Half<K, B, P>>,
}

impl<K, B, P> Source<K, B, P> {
    pub(super) fn new(
        engine: Arc<Engine<K, B, P>>,
        token: Token,
        socket: Arc<Socket>,
        key: K,
    ) -> Self {
        Self {
            engine,
            token,
            key,
            operations: AtomicU64::new(0),
            reset: AtomicBool::new(false),
            reading: Mutex::new(Half::new(Arc::clone(&socket))),
            writing: Mutex::new(Half::new(socket)),
        }
    }

    pub(in crate::completion_port) fn key(&self) -> &K {
        &self.key
    }

    /// The socket, while it is open.
    pub(in crate::completion_port) fn socket(&self) -> io::Result<Arc<Socket>> {
        match &self.half(true).socket {
            Ok(socket) => Ok(Arc::clone(socket)),
            Err(_) => Err(closed()),
        }
    }

    /// Cancels one operation, or all.
    pub(in crate::completion_port) fn cancel(self: &Arc<Self>, id: Option<OperationId>) -> usize {
        let mut refused = Refused::new();
        let (mut waited, mut flying) = (0, 0);
        for reads in [true, false] {
            let mut half = self.half(reads);
            let cancelled = self.take_waiting(&mut half, |operation| {
                id.is_none_or(|id| operation.id == id)
            });
            waited += cancelled.len();
            // Under the lock, so that it is before what waits behind it.
            self.fail(cancelled, |_| codes::cancelled(), &mut refused);
            flying += half.give_up(GivenUp::Cancelled, |flight| {
                id.is_none_or(|id| flight.is(id))
            });
        }
        if waited > 0 {
            // What waited behind it may begin.
            self.registry().enqueue(self.token);
        }
        drop(refused);
        waited + flying
    }

    /// Closes the socket; what is under way completes as aborted.
    pub(in crate::completion_port) fn close(self: &Arc<Self>) {
        let aborted = self.end(Closed::Socket);
        let mut refused = Refused::new();
        self.fail(aborted, abort, &mut refused);
    }

    /// Closes the socket; nobody will ask any more for what is under way. What the system has of
    /// it, it [lets go of](Registry::let_go) one by one.
    pub(super) fn abandon(self: &Arc<Self>) -> Operations<K, B, P> {
        self.end(Closed::Port)
    }

    /// Takes the socket away from both directions, and all operations that the system does not
    /// have; the others it is to cancel.
    fn end(self: &Arc<Self>, why: Closed) -> Operations<K, B, P> {
        let mut reading = self.half(true);
        let mut writing = self.half(false);
        let flying = reading.flights.len() + writing.flights.len();
        let socket = std::mem::replace(&mut reading.socket, Err(why));
        let same_socket = std::mem::replace(&mut writing.socket, Err(why));
        let mut operations = self.take_waiting(&mut reading, |_| true);
        operations.append(&mut self.take_waiting(&mut writing, |_| true));
        if matches!((&socket, why), (Ok(_), Closed::Port)) {
            self.registry().wait_for(flying);
        }
        drop(reading);
        drop(writing);
        drop(same_socket);
        if let Ok(socket) = socket {
            self.cancel_all(socket);
        }
        operations
    }

    /// Has the system cancel what it has of a socket that is closed, and closes it.
    pub(super) fn cancel_all(self: &Arc<Self>, socket: Arc<Socket>) {
        let [reading, writing] = [true, false].map(|reads| self.half(reads).cancel_all(&socket));
        if !(reading && writing) {
            // Something is between two states, in which the system does not find it.
            let at = Instant::now() + RETRY_PAUSE;
            self.registry().cancel_at(self, socket, at);
        }
    }

    /// Takes operations out of those that wait.
    fn take_waiting(
        &self,
        half: &mut Half<K, B, P>,
        which: impl Fn(&Operation<K, B, P>) -> bool,
    ) -> Operations<K, B, P> {
        if half.waiting.front().is_some_and(&which) {
            half.line.leave(self.token);
        }
        let all = std::mem::take(&mut half.waiting);
        let (taken, left) = all.into_iter().partition(which);
        half.waiting = left;
        taken
    }

    fn fail(
        &self,
        operations: Operations<K, B, P>,
        error: impl Fn(&Request<B>) -> io::Error,
        refused: &mut Refused<K, B, P>,
    ) {
        for operation in operations {
            let error = error(&operation.request);
            refused.extend(self.registry().push(operation.complete(Err(error))));
        }
    }

    fn half(&self, reads: bool) -> MutexGuard<'_, Half<K, B, P>> {
        let half = if reads { &self.reading } else { &self.writing };
        half.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn token(&self) -> Token {
        self.token
    }

    fn registry(&self) -> &Registry<K, B, P> {
        &self.engine.registry
    }

    /// What the result means, after what is known of the connection.
    fn after_reset<T>(&self, result: io::Result<T>) -> io::Result<T> {
        match result.as_ref().err().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionReset) => {
                self.reset.store(true, Ordering::Relaxed);
                result
            }
            Some(io::ErrorKind::ConnectionAborted) if self.reset.load(Ordering::Relaxed) => {
                Err(from_errno(Errno::CONNRESET))
            }
            _ => result,
        }
    }
}

impl<K, B, P> Drop for Source<K, B, P> {
    fn drop(&mut self) {
        // The socket itself is closed after this, as the fields are dropped.
        self.registry().unregister(self.token);
    }
}

/// What an operation fails with whose socket is closed.
fn abort<B>(request: &Request<B>) -> io::Error {
    match request {
        Request::Accept { .. } => codes::cancelled(),
        _ => from_errno(Errno::CONNABORTED),
    }
}
