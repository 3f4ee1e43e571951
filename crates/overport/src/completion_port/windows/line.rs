//! A socket's place in the line at a pool that has no buffer left.

use std::sync::Arc;

use super::post::Post;
use super::token::Token;
use crate::completion_port::pool::Shelf;
use crate::sys::port::Port;

/// Has a thread at the port look for which sockets a pool has a buffer now.
pub(in crate::completion_port) struct Wake(Arc<Port>);

impl Wake {
    pub(super) fn new(port: Arc<Port>) -> Self {
        Self(port)
    }

    pub(in crate::completion_port) fn set(&self) {
        self.0.post(Post::Fed.into());
    }
}

/// Where a socket waits for a buffer, if it does.
#[derive(Default)]
pub(super) enum Line {
    #[default]
    Nowhere,
    /// Until it is [fed](Self::feed).
    At(Arc<Shelf>),
    /// The shelf has a buffer for it.
    Fed(Arc<Shelf>),
}

impl Line {
    pub(super) fn is_nowhere(&self) -> bool {
        matches!(self, Self::Nowhere)
    }

    /// The shelf has a buffer for the socket, or for the next if this one does not wait there.
    pub(super) fn feed(&mut self, shelf: Arc<Shelf>) {
        match self {
            Self::At(at) if Arc::ptr_eq(at, &shelf) => *self = Self::Fed(shelf),
            _ => shelf.feed_next(),
        }
    }

    /// The socket takes a buffer now, or waits for another: it does not wait for this one.
    pub(super) fn take(&mut self) {
        *self = Self::Nowhere;
    }

    /// The socket does not wait for a buffer any more; one that is announced to it is for the
    /// next.
    pub(super) fn leave(&mut self, token: Token) {
        match std::mem::take(self) {
            Self::Nowhere => {}
            Self::At(shelf) => {
                shelf.forget(token);
            }
            Self::Fed(shelf) => shelf.feed_next(),
        }
    }
}
