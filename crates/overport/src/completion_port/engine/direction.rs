//! The operations of one direction of a socket, in their order, and what is known of its
//! readiness.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::io::Errno;

use super::edge::Edge;
use super::queue::Queue;
use crate::completion_port::Completion;
use crate::completion_port::attempt::Attempt;
use crate::completion_port::deadline::Deadline;
use crate::completion_port::operation::{Operation, OperationId, Operations, Request};
use crate::error::from_errno;

/// Whether the peer has reset the connection. The kernel tells it once, to the call of either
/// direction that comes first; after that there is the end of the stream here and a broken
/// pipe there.
#[derive(Debug, Default)]
pub(super) struct Reset(AtomicBool);

impl Reset {
    /// What the call's result means, after what is known of the connection.
    pub(super) fn apply<B>(&self, request: &Request<B>, result: io::Result<()>) -> io::Result<()> {
        if matches!(request, Request::Connect { .. }) {
            // There is another connection now, or none.
            self.0.store(false, Ordering::Relaxed);
            return result;
        }
        let kind = result.as_ref().err().map(io::Error::kind);
        if kind == Some(io::ErrorKind::ConnectionReset) {
            self.0.store(true, Ordering::Relaxed);
        }
        let nothing_received = match request {
            Request::Receive { received, .. } | Request::ReceiveVectored { received, .. } => {
                *received == 0
            }
            Request::ReceivePooled { buffer, .. } => buffer.is_empty(),
            _ => false,
        };
        let follows_a_reset = match kind {
            None => nothing_received,
            Some(kind) => kind == io::ErrorKind::BrokenPipe,
        };
        if follows_a_reset && self.0.load(Ordering::Relaxed) {
            return Err(from_errno(Errno::CONNRESET));
        }
        result
    }
}

pub(super) struct Direction<K, B, P> {
    /// There once something has waited: many a connection never waits to send.
    waiting: Option<Box<Waiting<K, B, P>>>,
    /// Whether a call may succeed, as far as is known; an edge makes it true, a call that
    /// can't be done makes it false.
    ready: bool,
    /// Whether a short receive leaves something behind all the same: the end of the stream
    /// came with the edge, or out-of-band data, before which a receive stops.
    insists: bool,
}

struct Waiting<K, B, P> {
    operations: Queue<Operation<K, B, P>>,
    /// The earliest deadline for which a timer is set.
    timer: Option<Deadline>,
}

impl<K, B, P> Direction<K, B, P> {
    pub(super) fn new(ready: bool) -> Self {
        Self {
            waiting: None,
            ready,
            insists: false,
        }
    }

    pub(super) fn note(&mut self, edge: Edge) {
        self.ready |= edge.is_ready();
        self.insists |= edge.insists();
    }

    /// Nothing can be done before the next edge.
    pub(super) fn rest(&mut self) {
        self.ready = false;
    }

    /// What could not be done may be possible now.
    pub(super) fn resume(&mut self) {
        self.ready = true;
    }

    /// The next operation.
    pub(super) fn front(&self) -> Option<&Operation<K, B, P>> {
        self.waiting.as_ref()?.operations.front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.front().is_none()
    }

    /// The operations in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Operation<K, B, P>> {
        let waiting = self.waiting.iter();
        waiting.flat_map(|waiting| waiting.operations.iter())
    }

    /// The operation that waits for readiness, if that is not there.
    pub(super) fn waiting(&self) -> Option<&Operation<K, B, P>> {
        self.front().filter(|_| !self.ready)
    }

    /// Whether the next step may get something done.
    pub(super) fn can_step(&self) -> bool {
        self.ready && !self.is_empty()
    }

    /// Adds an operation. If nothing is before it and it may be done, it is tried, and
    /// completed if it is done.
    pub(super) fn begin(
        &mut self,
        mut operation: Operation<K, B, P>,
        reset: &Reset,
        attempt: impl FnOnce(&mut Operation<K, B, P>) -> Attempt,
    ) -> Option<Completion<K, B, P>> {
        if self.ready && self.is_empty() {
            let attempt = attempt(&mut operation);
            if let Some(result) = self.judge(attempt) {
                return Some(complete(operation, reset, result));
            }
        }
        self.push(operation);
        None
    }

    /// Adds an operation that waits for its turn.
    pub(super) fn push(&mut self, operation: Operation<K, B, P>) {
        let waiting = self.waiting.get_or_insert_default();
        waiting.operations.push_back(operation);
    }

    /// Tries the first operation, unless it is known to be in vain, and completes it if it
    /// is done.
    pub(super) fn step(
        &mut self,
        reset: &Reset,
        attempt: impl FnOnce(&mut Operation<K, B, P>) -> Attempt,
    ) -> Option<Completion<K, B, P>> {
        if !self.ready {
            return None;
        }
        let attempt = attempt(self.waiting.as_mut()?.operations.front_mut()?);
        let result = self.judge(attempt)?;
        let operation = self.waiting.as_mut()?.operations.pop_front()?;
        Some(complete(operation, reset, result))
    }

    /// What an attempt tells of the readiness; the result, if the operation is done.
    fn judge(&mut self, attempt: Attempt) -> Option<io::Result<()>> {
        match attempt {
            Attempt::Pending => {
                self.ready = false;
                self.insists = false;
                None
            }
            // What is there is there for another kind of receive.
            Attempt::Starved => None,
            Attempt::DoneShort => {
                self.ready = self.insists;
                Some(Ok(()))
            }
            Attempt::Done(result) => Some(result),
        }
    }

    /// Whether a deadline has passed.
    pub(super) fn can_expire(&self, now: impl FnOnce() -> Instant) -> bool {
        let timer = self.timer().filter(|_| !self.is_empty());
        timer.is_some_and(|timer| timer <= now().into())
    }

    /// Takes an operation whose deadline has passed.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Operation<K, B, P>> {
        let now = Deadline::from(now);
        if self.timer()? > now {
            return None;
        }
        self.take_first(|operation| operation.deadline.is_some_and(|deadline| deadline <= now))
    }

    /// Whether deadlines are waited for at all.
    pub(super) fn has_timer(&self) -> bool {
        self.timer().is_some()
    }

    /// The deadline that a timer must be set for, if none is that early. To be asked after
    /// an operation was added, and after a timer has gone off.
    pub(super) fn timer_to_set(&mut self, now: Instant) -> Option<Instant> {
        let Waiting { operations, timer } = self.waiting.as_deref_mut()?;
        if timer.is_some_and(|timer| timer <= now.into()) {
            *timer = None;
        }
        let earliest = operations
            .iter()
            .filter_map(|operation| operation.deadline)
            .min()?;
        if timer.is_some_and(|timer| timer <= earliest) {
            return None;
        }
        *timer = Some(earliest);
        Some(earliest.into())
    }

    pub(super) fn take(&mut self, id: OperationId) -> Option<Operation<K, B, P>> {
        self.take_first(|operation| operation.id == id)
    }

    pub(super) fn take_all(&mut self) -> Operations<K, B, P> {
        let waiting = self.waiting.as_mut();
        waiting.map_or_else(Operations::new, |waiting| waiting.operations.take_all())
    }

    fn take_first(
        &mut self,
        which: impl FnMut(&Operation<K, B, P>) -> bool,
    ) -> Option<Operation<K, B, P>> {
        let place = self.iter().position(which)?;
        self.waiting.as_mut()?.operations.remove(place)
    }

    fn timer(&self) -> Option<Deadline> {
        self.waiting.as_ref()?.timer
    }
}

impl<K, B, P> Default for Waiting<K, B, P> {
    fn default() -> Self {
        Self {
            operations: Queue::default(),
            timer: None,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

fn complete<K, B, P>(
    operation: Operation<K, B, P>,
    reset: &Reset,
    result: io::Result<()>,
) -> Completion<K, B, P> {
    let result = reset.apply(&operation.request, result);
    operation.complete(result)
}
