//! How operations begin.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rustix::io::Errno;

use super::{Half, Source};
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::completion_port::attempt::Attempt;
use crate::completion_port::engine::registry::Entry;
use crate::completion_port::operation::{Operation, OperationId, Request};
use crate::error::from_errno;

/// What became of an operation that was begun.
enum Begun<K, B, P> {
    /// It waits for an edge, or its turn.
    Pending,
    /// It may be done by whoever claims the socket from the queue.
    Ready,
    /// Its completion is for the caller to return or to queue.
    Completed(Completion<K, B, P>),
    /// Its completion is in the queue, or here if the port is closed.
    Queued(Option<Entry<K, B, P>>),
    /// The port is closed: nobody will ask for it.
    Nowhere(Operation<K, B, P>),
}

impl<K, B: Buffer, P> Source<K, B, P> {
    pub(in crate::completion_port) fn next_id(&self) -> OperationId {
        OperationId(self.operations.fetch_add(1, Ordering::Relaxed))
    }

    pub(in crate::completion_port) fn queue(&self, completion: Completion<K, B, P>) {
        self.engine.push(completion);
    }

    /// Begins an operation; its completion, if that is for the caller to return or to queue.
    pub(in crate::completion_port) fn start(
        self: &Arc<Self>,
        operation: Operation<K, B, P>,
        now: bool,
    ) -> Option<Completion<K, B, P>> {
        match self.begin(operation, now) {
            Begun::Completed(completion) => return Some(completion),
            Begun::Pending => {}
            Begun::Ready => self.enqueue(),
            Begun::Queued(refused) => drop(refused),
            Begun::Nowhere(operation) => drop(operation),
        }
        None
    }

    /// Does what can be done now, unless operations are under way that come first.
    pub(in crate::completion_port) fn attempt(
        self: Arc<Self>,
        request: Request<B>,
    ) -> Completion<K, B, P> {
        let source = Arc::clone(&self);
        let mut operation = Arc::clone(&source).operation(self.next_id(), request, None);
        let mut half = source.half(operation.request.is_reading());
        let Half {
            socket, direction, ..
        } = &mut *half;
        let Some(socket) = socket else {
            return operation.complete(Err(from_errno(Errno::BADF)));
        };
        if operation.request.lacks_buffers() {
            return operation.complete(Err(from_errno(Errno::INVAL)));
        }
        if !direction.is_empty() {
            return operation.complete(Err(io::ErrorKind::WouldBlock.into()));
        }
        let result = match operation.request.attempt(socket) {
            Attempt::Done(result) => result,
            Attempt::DoneShort => Ok(()),
            Attempt::Pending if sent(&operation.request) > 0 => Ok(()),
            Attempt::Pending | Attempt::Starved => Err(io::ErrorKind::WouldBlock.into()),
        };
        let result = source.signals.reset.apply(&operation.request, result);
        operation.complete(result)
    }

    /// A send is tried at once, so that it is on its way while the program goes on; a receive
    /// is left to the thread that claims it, unless its answer is wanted at once.
    fn begin(&self, operation: Operation<K, B, P>, now: bool) -> Begun<K, B, P> {
        let reads = operation.request.is_reading();
        let mut half = self.noted_half(reads);
        let Half {
            socket,
            direction,
            flights,
        } = &mut *half;
        let Some(socket) = socket else {
            return match self.engine.registry().is_closed() {
                true => Begun::Nowhere(operation),
                false => Begun::Completed(operation.complete(Err(from_errno(Errno::BADF)))),
            };
        };
        if operation.request.lacks_buffers() || self.is_strange_to(&operation.request) {
            return Begun::Completed(operation.complete(Err(from_errno(Errno::INVAL))));
        }
        let has_deadline = operation.deadline.is_some();
        if now || !reads {
            let attempt = |operation: &mut Operation<K, B, P>| {
                self.attempt_operation(operation, socket, flights)
            };
            if let Some(completion) = direction.begin(operation, &self.signals.reset, attempt) {
                self.rest_if_failed(direction, flights, &completion);
                if now {
                    return Begun::Completed(completion);
                }
                // Under the lock, so that packets are queued in the order of the operations,
                // whichever threads begin them.
                return Begun::Queued(self.engine.try_push(Entry::Packet(completion)));
            }
        } else {
            direction.push(operation);
        }
        if has_deadline {
            self.set_timer(direction, Instant::now());
        }
        if reads && direction.can_step() {
            return Begun::Ready;
        }
        self.arm(&mut half, reads);
        Begun::Pending
    }
}

/// How much a send has sent so far.
fn sent<B>(request: &Request<B>) -> usize {
    match request {
        Request::Send { sent, .. } | Request::SendVectored { sent, .. } => *sent,
        _ => 0,
    }
}
