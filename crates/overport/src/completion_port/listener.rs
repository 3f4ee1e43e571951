//! Listeners.

use super::handle::handle;
use super::operation::Request;
use super::{Completion, OperationId};
use crate::buffer::Buffer;

handle! {
    /// A listener at a port.
    Listener
}

impl<K, B: Buffer, P> Listener<K, B, P> {
    /// Takes one connection (accept4(2), `AcceptEx`). If that fails, for want of descriptors, say, the listener rests
    /// for a moment before the next one is tried, so it is fine to accept again at once.
    #[doc(alias = "AcceptEx")]
    pub fn accept(self) -> OperationId {
        self.submit(Request::Accept { accepted: None })
    }

    /// Like [`accept`](Self::accept), but if a connection waits the completion is returned,
    /// and no packet comes of it; `None` as for
    /// [`Stream::receive_now`](super::Stream::receive_now).
    #[must_use = "where it comes back, no packet does: dropping it drops the connection"]
    pub fn accept_now(self) -> Option<Completion<K, B, P>> {
        self.submit_now(Request::Accept { accepted: None })
    }
}
