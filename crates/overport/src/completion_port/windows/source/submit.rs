//! How operations begin.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::{Refused, Source};
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::completion_port::attempt::Attempt;
use crate::completion_port::engine::half::{Closed, Flight, Half, Traits, is_connect};
use crate::completion_port::engine::transfer;
use crate::completion_port::operation::{Operation, OperationId, Request};
use crate::error::{closed, from_errno};
use crate::sys::codes;
use crate::sys::overlapped::Begun;

/// How long a listener rests that could not take a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
        mut operation: Operation<K, B, P>,
        now: bool,
    ) -> Option<Completion<K, B, P>> {
        // Receives wait for it from now on.
        let connecting = is_connect(&operation.request).then(|| self.half(true));
        let mut half = self.half(operation.request.is_reading());
        match &half.socket {
            Ok(_) => {}
            Err(Closed::Socket) => return Some(operation.complete(Err(closed()))),
            Err(Closed::Port) => {
                drop((half, connecting));
                drop(operation);
                return None;
            }
        }
        if operation.request.lacks_buffers() || self.is_strange_to(&operation.request) {
            return Some(operation.complete(Err(from_errno(Errno::INVAL))));
        }
        if now && half.is_free() {
            if let Some(result) = self.try_now(&mut half, &mut operation) {
                return Some(operation.complete(result));
            }
        }
        if let Some(mut reading) = connecting {
            reading.connecting = true;
        }
        if let Some(deadline) = operation.deadline {
            self.set_timer(&mut half, deadline.into());
        }
        let mut refused = Refused::new();
        if half.waiting.is_empty() && half.may_begin(&operation.request) {
            self.begin(&mut half, operation, &mut refused);
        } else {
            half.waiting.push_back(operation);
        }
        drop(half);
        drop(refused);
        None
    }

    /// Does what can be done by a call that does not wait; the result, if that was all.
    fn try_now(
        &self,
        half: &mut Half<K, B, P>,
        operation: &mut Operation<K, B, P>,
    ) -> Option<io::Result<()>> {
        let result = match operation.request.is_pooled() {
            true => self.fetch(half, &mut operation.request),
            false => self.attempt_now(half, &mut operation.request),
        };
        match result {
            Attempt::Done(result) => Some(result),
            Attempt::DoneShort => Some(Ok(())),
            Attempt::Starved => {
                // It stands in line when it has begun.
                half.line.leave(self.token);
                None
            }
            Attempt::Pending => None,
        }
    }

    /// A plain call on the socket, which is in non-blocking mode.
    pub(super) fn attempt_now(&self, half: &Half<K, B, P>, request: &mut Request<B>) -> Attempt {
        let Ok(socket) = &half.socket else {
            return Attempt::Done(Err(closed()));
        };
        match request.attempt(socket) {
            Attempt::Done(result) => {
                let result = result.and_then(|()| transfer::make_blocking(request));
                Attempt::Done(self.after_reset(result.map_err(codes::normalised)))
            }
            attempt => attempt,
        }
    }

    /// Begins those that wait, as far as they may.
    pub(super) fn begin_waiting(&self, half: &mut Half<K, B, P>, refused: &mut Refused<K, B, P>) {
        while let Some(next) = half.waiting.front() {
            if half.socket.is_err() || !half.may_begin(&next.request) {
                return;
            }
            if let Some(next) = half.waiting.pop_front() {
                self.begin(half, next, refused);
            }
        }
    }

    /// Gives an operation to the system; if it is done or has failed, its completion is queued,
    /// under the lock so that packets are in the order of the operations.
    pub(super) fn begin(
        &self,
        half: &mut Half<K, B, P>,
        operation: Operation<K, B, P>,
        refused: &mut Refused<K, B, P>,
    ) {
        let Ok(socket) = half.socket.as_ref().map(Arc::clone) else {
            return refused.extend(self.registry().push(operation.complete(Err(closed()))));
        };
        if matches!(operation.request, Request::Disconnect) {
            let result = self.after_reset(transfer::disconnect(&socket));
            return refused.extend(self.registry().push(operation.complete(result)));
        }
        let traits = Traits::of(&operation);
        match transfer::begin(half.record(operation), &socket) {
            Begun::UnderWay(lent) => half.depart(Flight::new(lent, traits)),
            Begun::Failed(mut record, error) => {
                transfer::fill(&mut record);
                let operation = record.tail.operation.take();
                half.recycle(record);
                let Some(operation) = operation else {
                    return;
                };
                if matches!(operation.request, Request::Accept { .. }) {
                    self.rest(half, &operation.source);
                }
                let result = self.after_reset(Err(error));
                refused.extend(self.registry().push(operation.complete(result)));
            }
        }
    }

    /// Leaves a listener alone for a while that could not take a connection.
    pub(super) fn rest(&self, half: &mut Half<K, B, P>, source: &Arc<Self>) {
        half.rests = true;
        self.registry()
            .look_at(source, Instant::now() + ACCEPT_PAUSE);
    }

    /// Has the deadline looked at in time.
    pub(super) fn set_timer(self: &Arc<Self>, half: &mut Half<K, B, P>, deadline: Instant) {
        if half.timer.is_none_or(|timer| deadline < timer) {
            half.timer = Some(deadline);
            self.registry().look_at(self, deadline);
        }
    }
}
