//! How operations are performed, by the thread that has claimed the socket.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::flights::Flights;
use super::{Half, Source};
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::completion_port::engine::direction::Direction;
use crate::completion_port::operation::Operation;

/// How long a listener rests after a connection could not be taken, for want of descriptors
/// most likely; the kernel gives no edge when there are some again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl<K, B: Buffer, P> Source<K, B, P> {
    /// Performs what can be performed, until one operation is done. The caller has claimed
    /// the socket from the queue.
    pub(in crate::completion_port::engine) fn perform(
        self: Arc<Self>,
    ) -> Option<Completion<K, B, P>> {
        self.signals.edges.dequeue();
        let reading_first = self.signals.reading_is_next.load(Ordering::Relaxed);
        let mut more = false;
        for (turn, reads) in [reading_first, !reading_first].into_iter().enumerate() {
            let (completion, more_of_it) = self.perform_half(self.noted_half(reads), reads);
            more |= more_of_it;
            if completion.is_some() {
                self.signals
                    .reading_is_next
                    .store(!reads, Ordering::Relaxed);
                // What there is to do of the other direction has its own turn.
                if more || turn == 0 {
                    self.enqueue();
                }
                return completion;
            }
        }
        if more {
            self.enqueue();
        }
        None
    }

    /// One operation of a direction, done or expired, and whether there is more to do.
    fn perform_half(
        &self,
        mut half: MutexGuard<'_, Half<K, B, P>>,
        reads: bool,
    ) -> (Option<Completion<K, B, P>>, bool) {
        let completion = self.step(&mut half);
        half.flights.told_in_vain &= completion.is_none();
        if completion.is_some() {
            self.arm(&mut half, reads);
            let direction = &half.direction;
            let more = direction.can_step() || direction.can_expire(Instant::now);
            return (completion, more);
        }
        if !half.direction.has_timer() {
            self.arm(&mut half, reads);
            return (None, false);
        }
        let now = Instant::now();
        if let Some(expired) = half.direction.take_expired(now) {
            half.give_up(&expired);
            self.arm(&mut half, reads);
            drop(half);
            return (
                Some(expired.complete(Err(io::ErrorKind::TimedOut.into()))),
                true,
            );
        }
        self.arm(&mut half, reads);
        self.set_timer(&mut half.direction, now);
        (None, false)
    }

    fn step(&self, half: &mut Half<K, B, P>) -> Option<Completion<K, B, P>> {
        let Half {
            socket,
            direction,
            flights,
        } = half;
        let socket = socket.as_ref()?;
        let attempt =
            |operation: &mut Operation<K, B, P>| self.attempt_operation(operation, socket, flights);
        let completion = direction.step(&self.signals.reset, attempt)?;
        self.rest_if_failed(direction, flights, &completion);
        Some(completion)
    }

    /// Leaves a listener alone for a while that could not take a connection.
    pub(super) fn rest_if_failed(
        &self,
        direction: &mut Direction<K, B, P>,
        flights: &mut Flights,
        completion: &Completion<K, B, P>,
    ) {
        if matches!(completion, Completion::Accept { result: Err(_), .. }) {
            direction.rest();
            flights.rests = true;
            self.engine.registry().retry_after(self.token, ACCEPT_PAUSE);
        }
    }
}
