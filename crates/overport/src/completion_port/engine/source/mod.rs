//! A socket at the port: its operations in both directions, and its end.

mod arm;
mod flights;
mod perform;
mod pooled;
mod submit;

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::io::Errno;
use socket2::Socket;

use super::Engine;
use super::direction::Direction;
use super::signals::Signals;
use super::token::{Subject, Token};
use crate::completion_port::operation::{Operation, OperationId, Operations, Request};
use crate::error::from_errno;
use flights::Flights;

pub(in crate::completion_port) struct Source<K, B, P> {
    engine: Arc<Engine<K, B, P>>,
    token: Token,
    /// Dropped before the socket is closed, so that a peer which sees the end finds the
    /// program done with the key.
    key: K,
    signals: Arc<Signals>,
    operations: AtomicU64,
    reading: Mutex<Half<K, B, P>>,
    writing: Mutex<Half<K, B, P>>,
}

/// One direction, and the socket for as long as it is open. All calls are made under the
/// lock of their direction, so that closing, which takes both, never pulls a descriptor
/// away from under one.
struct Half<K, B, P> {
    socket: Option<Arc<Socket>>,
    direction: Direction<K, B, P>,
    flights: Flights,
}

impl<K, B, P> Half<K, B, P> {
    /// Ends with the operation what the kernel would go on with. It takes a connect for a
    /// question about the one under way, whatever peer that is to.
    fn give_up(&mut self, operation: &Operation<K, B, P>) {
        if let (Some(socket), Request::Connect { begun: true, .. }) =
            (&self.socket, &operation.request)
        {
            // Neither fails on a stream socket; the error that it leaves behind is nobody's.
            let _ = rustix::net::connect_unspec(&**socket);
            let _ = socket.take_error();
            self.direction.resume();
        }
    }
}

impl<K, B, P> Source<K, B, P> {
    pub(super) fn new(
        engine: Arc<Engine<K, B, P>>,
        token: Token,
        signals: Arc<Signals>,
        socket: Arc<Socket>,
        key: K,
    ) -> Self {
        let half = |ready| {
            Mutex::new(Half {
                socket: Some(Arc::clone(&socket)),
                direction: Direction::new(ready),
                flights: Flights::default(),
            })
        };
        Self {
            engine,
            token,
            key,
            signals,
            operations: AtomicU64::new(0),
            // The first edge tells what there is to read; that there is room to write is
            // likelier than not.
            reading: half(false),
            writing: half(true),
        }
    }

    pub(super) fn token(&self) -> Token {
        self.token
    }

    pub(in crate::completion_port) fn key(&self) -> &K {
        &self.key
    }

    /// The socket, while it is open.
    pub(in crate::completion_port) fn socket(&self) -> io::Result<Arc<Socket>> {
        let socket = lock(&self.reading).socket.clone();
        socket.ok_or_else(|| from_errno(Errno::BADF))
    }

    fn half(&self, reads: bool) -> MutexGuard<'_, Half<K, B, P>> {
        lock(if reads { &self.reading } else { &self.writing })
    }

    /// The half, which knows of the edges that came for it by now.
    fn noted_half(&self, reads: bool) -> MutexGuard<'_, Half<K, B, P>> {
        let mut half = self.half(reads);
        let edge = if reads {
            self.signals.edges.take_reading()
        } else {
            self.signals.edges.take_writing()
        };
        half.direction.note(edge);
        half.flights.note(edge);
        half
    }

    /// Has the socket claimed by a thread, for what there is to do.
    pub(super) fn enqueue(self: &Arc<Self>) {
        if self.signals.edges.enqueue() {
            self.engine.push_ready(Arc::downgrade(self));
        }
    }

    /// Takes one operation, or all, out of those under way; they complete as cancelled.
    pub(in crate::completion_port) fn cancel(self: &Arc<Self>, id: Option<OperationId>) -> usize {
        let mut cancelled = Operations::new();
        let mut more = false;
        for (half, reads) in [(&self.reading, true), (&self.writing, false)] {
            let mut half = lock(half);
            let taken = match id {
                Some(id) => half.direction.take(id).into_iter().collect(),
                None => half.direction.take_all(),
            };
            taken.iter().for_each(|operation| half.give_up(operation));
            self.arm(&mut half, reads);
            more |= half.direction.can_step();
            cancelled.extend(taken);
        }
        let count = cancelled.len();
        self.fail(cancelled, |_| Errno::CANCELED);
        if more {
            // What waited behind a receive without a buffer may not have to.
            self.enqueue();
        }
        count
    }

    /// Closes the socket; what is under way completes as aborted.
    pub(in crate::completion_port) fn close(&self) {
        let aborted = self.end();
        self.fail(aborted, |request| match request {
            Request::Accept { .. } => Errno::CANCELED,
            _ => Errno::CONNABORTED,
        });
    }

    /// Closes the socket, and takes all operations that were under way.
    pub(super) fn end(&self) -> Operations<K, B, P> {
        let mut reading = lock(&self.reading);
        let mut writing = lock(&self.writing);
        let socket = reading.socket.take();
        let same_socket = writing.socket.take();
        let mut operations = reading.direction.take_all();
        operations.append(&mut writing.direction.take_all());
        let asked = asked(&reading, &writing);
        self.signals.inbox.shut();
        reading.flights.leave_line(self.token);
        drop(reading);
        drop(writing);
        if let Some(socket) = socket {
            self.engine
                .registry()
                .unregister(self.token, &socket, asked);
        }
        drop(same_socket);
        operations
    }

    fn fail(&self, operations: Operations<K, B, P>, errno: impl Fn(&Request<B>) -> Errno) {
        for operation in operations {
            let error = from_errno(errno(&operation.request));
            self.engine.push(operation.complete(Err(error)));
        }
    }

    /// Sets the timer that a direction asks for.
    fn set_timer(&self, direction: &mut Direction<K, B, P>, now: Instant) {
        if let Some(at) = direction.timer_to_set(now) {
            self.engine.registry().expire_at(self.token, at);
        }
    }
}

impl<K, B, P> Drop for Source<K, B, P> {
    fn drop(&mut self) {
        // The socket itself is closed after this, as the fields are dropped.
        let (mut reading, writing) = (lock(&self.reading), lock(&self.writing));
        if let Some(socket) = &reading.socket {
            let asked = asked(&reading, &writing);
            let registry = self.engine.registry();
            registry.unregister(self.token, socket, asked);
        }
        self.signals.inbox.shut();
        // A buffer that is announced to this socket is for the next one.
        reading.flights.note(self.signals.edges.take_reading());
        reading.flights.pass_on_unless(|_| false);
        reading.flights.leave_line(self.token);
    }
}

/// What the kernel has not answered, of both directions.
fn asked<K, B, P>(
    reading: &Half<K, B, P>,
    writing: &Half<K, B, P>,
) -> impl Iterator<Item = Subject> + use<K, B, P> {
    let of_writing = writing.flights.asked(false);
    reading.flights.asked(true).chain(of_writing)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
