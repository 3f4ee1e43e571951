//! Receives into buffers of a pool, and what they have to do with other receives.

use std::mem;

use socket2::Socket;

use super::Source;
use super::flights::Flights;
use crate::buffer::Buffer;
use crate::completion_port::engine::attempt::Attempt;
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
            let taken = request.copy_from(&received);
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
