//! What the kernel has been asked for on behalf of one direction of a socket, and what a pool
//! has.

use std::sync::Arc;

use crate::completion_port::engine::edge::Edge;
use crate::completion_port::engine::token::Subject;
use crate::completion_port::pool::Shelf;

#[derive(Default)]
pub(super) struct Flights {
    /// The kernel will tell when the direction is ready.
    pub(super) polls: bool,
    /// It told so last time, and nothing could be done.
    pub(super) told_in_vain: bool,
    /// The kernel receives into buffers of a pool.
    pub(super) receives: bool,
    /// It did so at any time, so that something may have come that way.
    pub(super) has_received: bool,
    /// It is to stop, but has not yet.
    pub(super) stops: bool,
    /// Nothing is to be tried for a while.
    pub(super) rests: bool,
    /// The shelf at which the socket waits for a buffer.
    starved_at: Option<Arc<Shelf>>,
}

impl Flights {
    /// Takes note of what has come. `pooled` tells whether the next operation takes its buffer
    /// from a pool.
    pub(super) fn note(&mut self, edge: Edge, pooled: bool) {
        if edge.polled() {
            self.polls = false;
            self.told_in_vain = edge.is_ready();
        }
        self.rests &= !edge.rested();
        if edge.receive_ended() {
            self.receives = false;
            self.stops = false;
        }
        if !edge.fed() {
            return;
        }
        let shelf = self.starved_at.take().filter(|_| !pooled);
        if let Some(shelf) = shelf {
            shelf.feed_next();
        }
    }

    /// What the kernel has not answered.
    pub(super) fn asked(&self, reads: bool) -> impl Iterator<Item = Subject> + use<> {
        let readiness = if reads {
            Subject::Reading
        } else {
            Subject::Writing
        };
        let polls = self.polls.then_some(readiness);
        let receives = self.receives.then_some(Subject::Received);
        polls.into_iter().chain(receives)
    }

    pub(super) fn is_starved(&self) -> bool {
        self.starved_at.is_some()
    }

    /// The socket waits for a buffer until an edge says that it is [fed](Edge::fed).
    pub(super) fn starve(&mut self, shelf: &Arc<Shelf>) {
        self.starved_at = Some(Arc::clone(shelf));
    }
}
