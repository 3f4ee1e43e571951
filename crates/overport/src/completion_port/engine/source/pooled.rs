//! Receives into buffers of a pool, and what they have to do with other receives.

use std::mem;
use std::slice;

use socket2::Socket;

use super::Source;
use super::flights::Flights;
use crate::buffer::Buffer;
use crate::completion_port::attempt::Attempt;
use crate::completion_port::engine::inbox::Arrival;
use crate::completion_port::operation::{Operation, Request};

impl<K, B: Buffer, P> Source<K, B, P> {
    /// Tries to do what was asked, or as much of it as can be done now.
    pub(super) fn attempt_operation(
        &self,
        operation: &mut Operation<K, B, P>,
        socket: &Socket,
        flights: &mut Flights,
    ) -> Attempt {
        let request = &mut operation.request;
        if self.engine.registry().watch().asks().is_none() {
            return match request.is_pooled() {
                true => self.receive_pooled(request, socket, flights),
                false => request.attempt(socket),
            };
        }
        if request.is_pooled() || (flights.has_received() && request.is_stream_receive()) {
            if let Some(attempt) = self.take_received(request) {
                return attempt;
            }
            if request.is_pooled() || flights.receives() {
                return Attempt::Pending;
            }
        }
        request.attempt(socket)
    }

    /// Whether it asks for a buffer of another port's pool.
    pub(super) fn is_strange_to(&self, request: &Request<B>) -> bool {
        match request {
            Request::ReceivePooled { shelf, .. } => !self.engine.registry().has(shelf),
            _ => false,
        }
    }

    /// Receives into a buffer that is taken from the pool only now.
    fn receive_pooled(
        &self,
        request: &mut Request<B>,
        socket: &Socket,
        flights: &mut Flights,
    ) -> Attempt {
        let Request::ReceivePooled { shelf, buffer, .. } = request else {
            return Attempt::Pending;
        };
        if flights.is_starved(self.token, shelf) {
            return Attempt::Starved;
        }
        // Who is fed uses the buffer, or gives it back, or waits for another.
        drop(flights.take_fed());
        let Some(taken) = shelf.take(self.token) else {
            flights.starve(shelf);
            return Attempt::Starved;
        };
        *buffer = taken;
        let attempt = request.attempt(socket);
        if let Request::ReceivePooled { buffer, .. } = request {
            // What waits, or has ended, owns none.
            if buffer.is_empty() {
                drop(mem::take(buffer));
            }
        }
        attempt
    }

    /// Takes what the kernel has received into buffers of a pool, whatever receive it is for.
    fn take_received(&self, request: &mut Request<B>) -> Option<Attempt> {
        let (mut received, last) = match self.signals.take_received() {
            Arrival::Bytes { buffer, last } => (buffer, last),
            Arrival::End(result) => return Some(Attempt::Done(result)),
            Arrival::Nothing => return None,
        };
        if let Request::ReceivePooled { buffer, .. } = request {
            *buffer = received;
        } else {
            let taken = copy(&received, request);
            if taken < received.len() {
                received.consume(taken);
                self.signals.inbox.put_back(received);
                return Some(Attempt::Done(Ok(())));
            }
        }
        Some(match last {
            true => Attempt::DoneShort,
            false => Attempt::Done(Ok(())),
        })
    }
}

/// Receives bytes of a stream that are here already; how many there was room for.
fn copy<B: Buffer>(bytes: &[u8], request: &mut Request<B>) -> usize {
    let (buffers, received) = match request {
        Request::Receive { buffer, received } => (slice::from_mut(buffer), received),
        Request::ReceiveVectored { buffers, received } => (&mut buffers[..], received),
        _ => return 0,
    };
    let mut copied = 0;
    for buffer in buffers {
        copied += append(buffer, &bytes[copied..]);
    }
    *received = copied;
    copied
}

/// Adds as many of the bytes as there is spare room for.
#[expect(unsafe_code, reason = "the spare room is filled here")]
fn append<B: Buffer>(buffer: &mut B, bytes: &[u8]) -> usize {
    let spare = buffer.spare();
    let length = bytes.len().min(spare.len());
    for (to, &from) in spare.iter_mut().zip(bytes) {
        to.write(from);
    }
    // SAFETY: so many bytes of the spare room were written just now.
    unsafe { buffer.advance(length) };
    length
}
