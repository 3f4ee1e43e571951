//! What the kernel has been asked for on behalf of one direction of a socket, and what a pool
//! has.

use std::sync::Arc;

use crate::completion_port::engine::edge::Edge;
use crate::completion_port::engine::token::{Subject, Token};
use crate::completion_port::pool::Shelf;

#[derive(Default)]
pub(super) struct Flights {
    /// The kernel will tell when the direction is ready.
    pub(super) polls: bool,
    /// It told so last time, and nothing could be done.
    pub(super) told_in_vain: bool,
    /// The kernel receives into buffers of a pool.
    pub(super) receives: bool,
    /// That pool's, or the last one's.
    receives_into: Option<Arc<Shelf>>,
    /// It is to stop, but has not yet.
    pub(super) stops: bool,
    /// Nothing is to be tried for a while.
    pub(super) rests: bool,
    /// The shelf at which the socket waits for a buffer.
    starved_at: Option<Arc<Shelf>>,
    /// The shelf that has a buffer for it now.
    fed_by: Option<Arc<Shelf>>,
}

impl Flights {
    /// Takes note of what has come.
    pub(super) fn note(&mut self, edge: Edge) {
        if edge.polled() {
            self.polls = false;
            self.told_in_vain = edge.is_ready();
        }
        self.rests &= !edge.rested();
        if edge.receive_ended() {
            self.receives = false;
            self.stops = false;
        }
        if edge.fed() {
            self.fed_by = self.starved_at.take();
        }
    }

    /// Passes on a buffer that is there for the socket, unless the next operation takes it from
    /// that shelf.
    pub(super) fn pass_on_unless(&mut self, next: Option<&Arc<Shelf>>) {
        let wanted = |fed: &mut Arc<Shelf>| next.is_some_and(|next| Arc::ptr_eq(fed, next));
        if let Some(shelf) = self.fed_by.take_if(|fed| !wanted(fed)) {
            shelf.feed_next();
        }
    }

    /// Takes the buffer that is there for the socket, if one is: the caller uses it, or has the
    /// next socket fed.
    pub(super) fn take_fed(&mut self) -> Option<Arc<Shelf>> {
        self.fed_by.take()
    }

    /// The kernel begins to receive into buffers of the shelf.
    pub(super) fn receive_into(&mut self, shelf: &Arc<Shelf>) {
        self.receives = true;
        self.receives_into = Some(Arc::clone(shelf));
    }

    /// Whether the kernel's receive is into buffers of this shelf.
    pub(super) fn receives_into(&self, shelf: &Arc<Shelf>) -> bool {
        let into = self.receives_into.as_ref().filter(|_| self.receives);
        into.is_some_and(|into| Arc::ptr_eq(into, shelf))
    }

    /// Whether the kernel has received at any time, so that something may have come that way.
    pub(super) fn has_received(&self) -> bool {
        self.receives_into.is_some()
    }

    /// What the kernel has not answered.
    pub(super) fn asked(&self, reads: bool) -> impl Iterator<Item = Subject> + use<> {
        let polls = self.polls.then_some(Subject::of(reads));
        let receives = self.receives.then_some(Subject::Received);
        polls.into_iter().chain(receives)
    }

    /// Whether a receive from the shelf has to wait until the socket is [fed](Edge::fed). It
    /// does not wait at another shelf any more.
    pub(super) fn is_starved(&mut self, token: Token, shelf: &Arc<Shelf>) -> bool {
        let elsewhere = |at: &mut Arc<Shelf>| !Arc::ptr_eq(at, shelf) && at.forget(token);
        drop(self.starved_at.take_if(elsewhere));
        self.starved_at.is_some()
    }

    /// The socket does not wait for a buffer any more; one that is announced to it is for the
    /// next.
    pub(super) fn leave_line(&mut self, token: Token) {
        if let Some(shelf) = self.starved_at.take() {
            if !shelf.forget(token) {
                shelf.feed_next();
            }
        }
    }

    /// The socket waits for a buffer until an edge says that it is [fed](Edge::fed).
    pub(super) fn starve(&mut self, shelf: &Arc<Shelf>) {
        self.starved_at = Some(Arc::clone(shelf));
    }
}
