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
    /// Its receive into buffers of a pool is to stop, but has not yet.
    pub(super) stops: bool,
    /// Nothing is to be tried for a while.
    pub(super) rests: bool,
    /// The kernel has received into buffers of a pool at any time.
    has_received: bool,
    /// What the shelf is to the direction, if there is one.
    stage: Stage,
    shelf: Option<Arc<Shelf>>,
}

/// What has begun at a shelf. While the kernel receives the socket does not wait for a buffer.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// The kernel receives into its buffers.
    #[default]
    Receives,
    /// The socket waits there for a buffer.
    Starves,
    /// There is a buffer for it now.
    Fed,
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
            drop(self.take(Stage::Receives));
            self.stops = false;
        }
        if edge.fed() && self.stage == Stage::Starves {
            self.stage = Stage::Fed;
        }
    }

    /// Passes on a buffer that is there for the socket, unless the next operation takes it from
    /// that shelf.
    pub(super) fn pass_on_unless(&mut self, is_wanted: impl FnOnce(&Arc<Shelf>) -> bool) {
        if self.at(Stage::Fed).is_some_and(|fed| !is_wanted(fed)) {
            if let Some(shelf) = self.take_fed() {
                shelf.feed_next();
            }
        }
    }

    /// Takes the buffer that is there for the socket, if one is: the caller uses it, or has the
    /// next socket fed.
    pub(super) fn take_fed(&mut self) -> Option<Arc<Shelf>> {
        self.take(Stage::Fed)
    }

    /// The kernel begins to receive into buffers of the shelf.
    pub(super) fn receive_into(&mut self, shelf: &Arc<Shelf>) {
        self.begin(Stage::Receives, shelf);
        self.has_received = true;
    }

    /// Whether the kernel receives into buffers of a pool.
    pub(super) fn receives(&self) -> bool {
        self.at(Stage::Receives).is_some()
    }

    /// Whether the kernel's receive is into buffers of this shelf.
    pub(super) fn receives_into(&self, shelf: &Arc<Shelf>) -> bool {
        let into = self.at(Stage::Receives);
        into.is_some_and(|into| Arc::ptr_eq(into, shelf))
    }

    /// Whether the kernel has received at any time, so that something may have come that way.
    pub(super) fn has_received(&self) -> bool {
        self.has_received
    }

    /// What the kernel has not answered.
    pub(super) fn asked(&self, reads: bool) -> impl Iterator<Item = Subject> + use<> {
        let polls = self.polls.then_some(Subject::of(reads));
        let receives = self.receives().then_some(Subject::Received);
        polls.into_iter().chain(receives)
    }

    /// Whether a receive from the shelf has to wait until the socket is [fed](Edge::fed). It
    /// does not wait at another shelf any more.
    pub(super) fn is_starved(&mut self, token: Token, shelf: &Arc<Shelf>) -> bool {
        let is_elsewhere = |at: &Arc<Shelf>| !Arc::ptr_eq(at, shelf) && at.forget(token);
        if self.at(Stage::Starves).is_some_and(is_elsewhere) {
            drop(self.take(Stage::Starves));
        }
        self.at(Stage::Starves).is_some()
    }

    /// The socket does not wait for a buffer any more; one that is announced to it is for the
    /// next.
    pub(super) fn leave_line(&mut self, token: Token) {
        if let Some(shelf) = self.take(Stage::Starves) {
            if !shelf.forget(token) {
                shelf.feed_next();
            }
        }
    }

    /// The socket waits for a buffer until an edge says that it is [fed](Edge::fed).
    pub(super) fn starve(&mut self, shelf: &Arc<Shelf>) {
        self.begin(Stage::Starves, shelf);
    }

    fn at(&self, stage: Stage) -> Option<&Arc<Shelf>> {
        self.shelf.as_ref().filter(|_| self.stage == stage)
    }

    fn take(&mut self, stage: Stage) -> Option<Arc<Shelf>> {
        self.shelf.take_if(|_| self.stage == stage)
    }

    fn begin(&mut self, stage: Stage, shelf: &Arc<Shelf>) {
        self.stage = stage;
        self.shelf = Some(Arc::clone(shelf));
    }
}
