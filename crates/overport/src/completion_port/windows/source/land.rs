//! How operations end.

use std::io;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use super::{RETRY_PAUSE, Refused, Source, abort};
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::completion_port::attempt::Attempt;
use crate::completion_port::deadline::Deadline;
use crate::completion_port::engine::half::{Closed, Flight, GivenUp, Half, is_connect};
use crate::completion_port::engine::line::Line;
use crate::completion_port::engine::transfer::{self, Progress};
use crate::completion_port::operation::{Operation, Request};
use crate::error::is_cancelled;
use crate::sys::port::Ended;

/// A half, a flight that was taken out of it, and its packet.
type Landed<'h, K, B, P> = (MutexGuard<'h, Half<K, B, P>>, Flight<K, B, P>, Ended);

impl<K, B, P> Source<K, B, P> {
    /// The operation that has ended, as the port is closed. To be dropped with no
    /// lock held.
    pub(in crate::completion_port::engine) fn reap(
        &self,
        ended: Ended,
    ) -> Option<Operation<K, B, P>> {
        self.reap_landed(self.land(ended)?)
    }

    fn reap_landed(
        &self,
        (half, flight, ended): Landed<'_, K, B, P>,
    ) -> Option<Operation<K, B, P>> {
        let abandoned = matches!(half.socket, Err(Closed::Port));
        let operation = flight.take_back(ended).tail.operation.take();
        drop(half);
        if abandoned {
            self.registry().let_go();
        }
        operation
    }

    /// Takes the flight of which a packet has come.
    fn land(&self, ended: Ended) -> Option<Landed<'_, K, B, P>> {
        let (half, flight) = [true, false].into_iter().find_map(|reads| {
            let mut half = self.half(reads);
            let flight = half.land(ended.address())?;
            Some((half, flight))
        })?;
        Some((half, flight, ended))
    }
}

impl<K, B: Buffer, P> Source<K, B, P> {
    /// The completion of the operation that has ended, unless it goes on.
    pub(in crate::completion_port::engine) fn complete(
        &self,
        ended: Ended,
    ) -> Option<Completion<K, B, P>> {
        let landed = self.land(ended)?;
        if matches!(landed.0.socket, Err(Closed::Port)) {
            drop(self.reap_landed(landed));
            return None;
        }
        let (mut half, flight, ended) = landed;
        let given_up = flight.given_up;
        let mut record = flight.take_back(ended);
        transfer::fill(&mut record);
        let mut operation = record.tail.operation.take()?;
        let socket = half.socket.as_ref().ok().map(Arc::clone);
        let progress = transfer::end(&mut operation.request, &mut record, socket.as_deref());
        half.recycle(record);
        let was_connect = is_connect(&operation.request);
        let mut refused = Refused::new();
        let completion = self.conclude(&mut half, operation, progress, given_up, &mut refused);
        self.begin_waiting(&mut half, &mut refused);
        drop(half);
        if was_connect {
            self.let_receive(&mut refused);
        }
        drop(refused);
        completion
    }

    /// Completes the operation, or has it go on.
    fn conclude(
        &self,
        half: &mut Half<K, B, P>,
        operation: Operation<K, B, P>,
        progress: io::Result<Progress>,
        given_up: Option<GivenUp>,
        refused: &mut Refused<K, B, P>,
    ) -> Option<Completion<K, B, P>> {
        let is_closed = half.socket.is_err();
        let why = match given_up {
            Some(given_up) => Some(given_up.error()),
            None => is_closed.then(|| abort(&operation.request)),
        };
        let result = match (progress, why) {
            (Ok(Progress::Done), _) => Ok(()),
            (Ok(_), Some(why)) => Err(why),
            (Ok(Progress::More), None) => {
                self.begin(half, operation, refused);
                return None;
            }
            (Ok(Progress::Fetch), None) => return self.fetch_or_wait(half, operation, refused),
            (Err(error), Some(why)) if is_cancelled(&error) => Err(why),
            (Err(error), _) => {
                if matches!(operation.request, Request::Accept { .. }) && !is_closed {
                    self.rest(half, &operation.source);
                }
                self.after_reset(Err(error))
            }
        };
        Some(operation.complete(result))
    }

    /// Receives into a buffer of the pool what has come, if there is a buffer.
    fn fetch_or_wait(
        &self,
        half: &mut Half<K, B, P>,
        mut operation: Operation<K, B, P>,
        refused: &mut Refused<K, B, P>,
    ) -> Option<Completion<K, B, P>> {
        match self.fetch(half, &mut operation.request) {
            Attempt::Done(result) => return Some(operation.complete(result)),
            Attempt::DoneShort => return Some(operation.complete(Ok(()))),
            Attempt::Starved => half.waiting.push_front(operation),
            // It was somebody else's.
            Attempt::Pending => self.begin(half, operation, refused),
        }
        None
    }

    /// Has what waits go on: there is a buffer, or what was before it is gone.
    pub(in crate::completion_port::engine) fn resume(&self) -> Option<Completion<K, B, P>> {
        let mut refused = Refused::new();
        self.let_receive(&mut refused);
        let mut reading = self.half(true);
        let fed = matches!(reading.line, Line::Fed(_));
        let fed = if fed {
            reading.waiting.pop_front()
        } else {
            None
        };
        let completion =
            fed.and_then(|operation| self.fetch_or_wait(&mut reading, operation, &mut refused));
        self.begin_waiting(&mut reading, &mut refused);
        drop(reading);
        self.begin_waiting(&mut self.half(false), &mut refused);
        drop(refused);
        completion
    }

    /// Ends what has not been done by its deadline, and the rest of a listener.
    pub(in crate::completion_port::engine) fn look_at_the_time(self: &Arc<Self>, now: Instant) {
        let now = Deadline::from(now);
        let mut refused = Refused::new();
        for reads in [true, false] {
            let mut half = self.half(reads);
            half.rests = false;
            let expired = self.take_waiting(&mut half, |operation| {
                operation.deadline.is_some_and(|deadline| deadline <= now)
            });
            if !expired.is_empty() {
                // What waited for a connect may go on.
                self.registry().enqueue(self.token());
            }
            self.fail(expired, |_| GivenUp::TimedOut.error(), &mut refused);
            half.give_up(GivenUp::TimedOut, |flight| flight.has_expired(now));
            half.timer = None;
            if half.is_overdue(now) {
                // Between two states, in which the system does not find it.
                self.set_timer(&mut half, Instant::from(now) + RETRY_PAUSE);
            } else if let Some(next) = half.earliest_after(now) {
                self.set_timer(&mut half, next.into());
            }
            self.begin_waiting(&mut half, &mut refused);
            drop(half);
        }
        drop(refused);
    }

    /// Begins the receives that waited for a connect, unless there is one yet.
    fn let_receive(&self, refused: &mut Refused<K, B, P>) {
        let mut reading = self.half(true);
        if reading.connecting {
            reading.connecting = self.half(false).has_connect();
            self.begin_waiting(&mut reading, refused);
        }
    }
}
