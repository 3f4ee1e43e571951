//! A thread's place at a port.

use std::fmt;
use std::io;
use std::iter;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::Completion;
use super::engine::Engine;
use crate::buffer::Buffer;

/// A thread's place at a port.
///
/// From one [`next`](Self::next) that returns a completion to the next call the thread
/// *runs*; so many threads as the concurrency value says run at a time. Dropping it gives
/// the place up. Operations that the thread has submitted go on.
pub struct Completions<'p, K = (), B = Vec<u8>, P = ()> {
    engine: &'p Engine<K, B, P>,
    seat: usize,
    not_send: PhantomData<*const ()>,
}

impl<'p, K, B, P> Completions<'p, K, B, P> {
    pub(super) fn new(engine: &'p Engine<K, B, P>) -> Self {
        Self {
            engine,
            seat: engine.join(),
            not_send: PhantomData,
        }
    }
}

impl<K, B: Buffer, P> Completions<'_, K, B, P> {
    /// Waits for the next completion, and claims it. `None` if the timeout passed first, or
    /// the port is [closed](super::CompletionPort::is_closed); without a timeout it waits without
    /// end, with a timeout of zero not at all.
    ///
    /// Of the threads that wait the latest is served first; a thread that asks while packets
    /// are queued goes on with the next of them.
    ///
    /// # Errors
    /// `PermissionDenied` on a [pinned](super::Builder::pinned) port for all threads but its own;
    /// else those of epoll_wait(2), io_uring_enter(2) or `GetQueuedCompletionStatusEx`, which have
    /// none to expect.
    #[doc(alias = "GetQueuedCompletionStatus")]
    pub fn next(&mut self, timeout: Option<Duration>) -> io::Result<Option<Completion<K, B, P>>> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.engine.next(self.seat, deadline)
    }

    /// Waits for one completion as [`next`](Self::next) does, and takes further ones that
    /// are there without waiting, up to `limit` in all; returns how many were added to
    /// `completions`.
    ///
    /// What a thread has taken no other thread can handle. If the handling of one completion
    /// may wait for another's, use [`next`](Self::next).
    ///
    /// # Errors
    /// As for [`next`](Self::next); nothing was added then.
    #[doc(alias = "GetQueuedCompletionStatusEx")]
    pub fn next_many(
        &mut self,
        completions: &mut Vec<Completion<K, B, P>>,
        limit: usize,
        timeout: Option<Duration>,
    ) -> io::Result<usize> {
        if limit == 0 {
            return Ok(0);
        }
        let Some(first) = self.next(timeout)? else {
            return Ok(0);
        };
        completions.push(first);
        let more = iter::from_fn(|| self.engine.next_more()).take(limit - 1);
        let before = completions.len();
        completions.extend(more);
        Ok(1 + completions.len() - before)
    }
}

impl<K, B, P> Drop for Completions<'_, K, B, P> {
    fn drop(&mut self) {
        self.engine.leave(self.seat);
    }
}

impl<K, B, P> fmt::Debug for Completions<'_, K, B, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Completions")
            .finish_non_exhaustive()
    }
}
