//! Receives into buffers of a pool: one of no bytes waits with the system, and the buffer is taken
//! when that has ended.

use std::mem;
use std::sync::Arc;

use super::Source;
use crate::buffer::Buffer;
use crate::completion_port::attempt::Attempt;
use crate::completion_port::engine::half::Half;
use crate::completion_port::engine::line::Line;
use crate::completion_port::operation::Request;
use crate::completion_port::pool::Shelf;

impl<K, B: Buffer, P> Source<K, B, P> {
    /// Whether it asks for a buffer of another port's pool.
    pub(super) fn is_strange_to(&self, request: &Request<B>) -> bool {
        request
            .shelf()
            .is_some_and(|shelf| !self.registry().has(shelf))
    }

    /// Receives what is there into a buffer that is taken from the pool only now; without one the
    /// socket is in line for it.
    pub(super) fn fetch(&self, half: &mut Half<K, B, P>, request: &mut Request<B>) -> Attempt {
        let Request::ReceivePooled { shelf, buffer, .. } = request else {
            return Attempt::Pending;
        };
        // Who is fed uses the buffer, or gives it back, or waits for another.
        half.line.take();
        let Some(taken) = shelf.take(self.token) else {
            half.line = Line::At(Arc::clone(shelf));
            return Attempt::Starved;
        };
        *buffer = taken;
        let attempt = self.attempt_now(half, request);
        if let Request::ReceivePooled { buffer, .. } = request {
            // What waits, or has ended, owns none.
            if buffer.is_empty() {
                drop(mem::take(buffer));
            }
        }
        attempt
    }

    /// A shelf has a buffer for the socket.
    pub(in crate::completion_port::engine) fn feed(&self, shelf: Arc<Shelf>) {
        let mut half = self.half(true);
        half.line.feed(shelf);
        let is_fed = matches!(half.line, Line::Fed(_));
        drop(half);
        if is_fed {
            self.registry().enqueue(self.token);
        }
    }
}
