//! A thread's place at a port that a thread-local variable can keep.

use std::io;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::{Completion, CompletionPort};
use crate::buffer::Buffer;

/// What [`Completions`](super::Completions) is, without a borrow of the port, which it does
/// not keep open either.
pub(crate) struct Place<K, B, P> {
    engine: Weak<Engine<K, B, P>>,
    seat: usize,
    not_send: PhantomData<*const ()>,
}

impl<K, B, P> Place<K, B, P>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    /// Gives the calling thread a place.
    pub(crate) fn new(port: &CompletionPort<K, B, P>) -> Self {
        Self {
            engine: Arc::downgrade(port.engine()),
            seat: port.engine().join(),
            not_send: PhantomData,
        }
    }

    /// Whether it is at this port.
    pub(crate) fn is_at(&self, port: &CompletionPort<K, B, P>) -> bool {
        // The weak reference keeps the address from being another port's.
        Weak::as_ptr(&self.engine) == Arc::as_ptr(port.engine())
    }

    /// The thread's next completion; `None` if the timeout passed first, or the port is
    /// closed. The place must be [at](Self::is_at) this port.
    pub(crate) fn next(
        &self,
        port: &CompletionPort<K, B, P>,
        timeout: Option<Duration>,
    ) -> io::Result<Option<Completion<K, B, P>>> {
        debug_assert!(self.is_at(port));
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        port.engine().next(self.seat, deadline)
    }

    /// One more completion, if one is there, for a thread that has claimed one just now.
    pub(crate) fn next_more(port: &CompletionPort<K, B, P>) -> Option<Completion<K, B, P>> {
        port.engine().next_more()
    }
}

impl<K, B, P> Drop for Place<K, B, P> {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.leave(self.seat);
        }
    }
}
