//! What a socket at the port does in the same way whichever engine performs its operations.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::deadline::Deadline;
use super::engine::Source;
use super::operation::{Operation, OperationId, Request};
use super::{Completion, running};
use crate::buffer::Buffer;
use crate::socket::internet_address;

impl<K, B, P> Source<K, B, P> {
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        internet_address(&self.socket()?.local_addr()?)
    }

    pub(super) fn peer_addr(&self) -> io::Result<SocketAddr> {
        internet_address(&self.socket()?.peer_addr()?)
    }

    /// An operation that has yet to begin.
    pub(super) fn operation(
        self: Arc<Self>,
        id: OperationId,
        request: Request<B>,
        deadline: Option<Instant>,
    ) -> Operation<K, B, P> {
        Operation {
            id,
            request,
            source: self,
            deadline: deadline.map(Deadline::from),
        }
    }
}

impl<K, B: Buffer, P> Source<K, B, P> {
    /// Begins an operation, whose completion goes to the port's queue in any case.
    pub(super) fn submit(
        self: Arc<Self>,
        request: Request<B>,
        deadline: Option<Instant>,
    ) -> OperationId {
        let id = self.next_id();
        self.submit_as(id, request, deadline);
        id
    }

    /// Begins an operation under a name of the caller's; see [`submit`](Self::submit).
    pub(super) fn submit_as(
        self: &Arc<Self>,
        id: OperationId,
        request: Request<B>,
        deadline: Option<Instant>,
    ) {
        let operation = Arc::clone(self).operation(id, request, deadline);
        if let Some(completion) = self.start(operation, false) {
            self.queue(completion);
        }
    }

    /// Begins an operation, and returns its completion if it is done at once and the
    /// thread's budget allows.
    pub(super) fn submit_now(
        self: Arc<Self>,
        request: Request<B>,
        deadline: Option<Instant>,
    ) -> Option<Completion<K, B, P>> {
        let operation = Arc::clone(&self).operation(self.next_id(), request, deadline);
        let now = running::may_complete_at_once();
        let completion = self.start(operation, now)?;
        if now {
            running::completed_at_once();
            return Some(completion);
        }
        self.queue(completion);
        None
    }
}
