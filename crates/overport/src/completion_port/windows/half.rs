//! The operations of one direction of a socket: those that the system has, and those that wait
//! for their turn.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use socket2::Socket;

use super::line::Line;
use super::transfer::{Flying, Tail, is_alone};
use crate::buffer::Buffer;
use crate::completion_port::deadline::Deadline;
use crate::completion_port::operation::{Operation, OperationId, Operations, Request};
use crate::sys::codes;
use crate::sys::overlapped::{Lent, Record, cancel};
use crate::sys::port::Ended;

/// One direction, and the socket for as long as it is open. All calls are made under the lock of
/// their direction, so that closing, which takes both, never pulls a handle away from under one.
pub(super) struct Half<K, B, P> {
    pub(super) socket: Result<Arc<Socket>, Closed>,
    /// What the system has, in the order in which it was begun.
    pub(super) flights: VecDeque<Flight<K, B, P>>,
    /// What comes behind that, in its order.
    pub(super) waiting: Operations<K, B, P>,
    /// Where the first of those that wait is in line for a buffer.
    pub(super) line: Line,
    /// A connect is under way, and nothing is received before its end.
    pub(super) connecting: bool,
    /// Nothing is to be tried for a while.
    pub(super) rests: bool,
    /// The earliest time for which the port's timer is set.
    pub(super) timer: Option<Instant>,
    /// Records that nothing is with.
    spare: Vec<Box<Flying<K, B, P>>>,
}

/// Why there is no socket any more.
#[derive(Clone, Copy)]
pub(super) enum Closed {
    Socket,
    Port,
}

/// An operation that the system has.
pub(super) struct Flight<K, B, P> {
    lent: Lent<Tail<K, B, P>>,
    traits: Traits,
    /// Why it was cancelled.
    pub(super) given_up: Option<GivenUp>,
}

/// What is known of an operation while the system has it.
#[derive(Clone, Copy)]
pub(super) struct Traits {
    id: OperationId,
    deadline: Option<Deadline>,
    /// Nothing else may be with the system.
    alone: bool,
    connects: bool,
    /// The call only waits for something to receive.
    takes_nothing: bool,
}

impl Traits {
    pub(super) fn of<K, B: Buffer, P>(operation: &Operation<K, B, P>) -> Self {
        Self {
            id: operation.id,
            deadline: operation.deadline,
            alone: is_alone(&operation.request),
            connects: is_connect(&operation.request),
            takes_nothing: operation.request.is_pooled(),
        }
    }
}

/// Why an operation was cancelled.
#[derive(Clone, Copy)]
pub(super) enum GivenUp {
    Cancelled,
    TimedOut,
}

impl GivenUp {
    pub(super) fn error(self) -> io::Error {
        match self {
            Self::Cancelled => codes::cancelled(),
            Self::TimedOut => io::ErrorKind::TimedOut.into(),
        }
    }
}

/// So many records wait for the next operations; more are seldom needed at a time.
const SPARE_MAX: usize = 4;

impl<K, B, P> Half<K, B, P> {
    pub(super) fn new(socket: Arc<Socket>) -> Self {
        Self {
            socket: Ok(socket),
            flights: VecDeque::new(),
            waiting: Operations::new(),
            line: Line::default(),
            connecting: false,
            rests: false,
            timer: None,
            spare: Vec::new(),
        }
    }

    /// A record for the operation.
    pub(super) fn record(&mut self, operation: Operation<K, B, P>) -> Box<Flying<K, B, P>> {
        match self.spare.pop() {
            Some(mut record) => {
                record.tail.operation = Some(operation);
                record
            }
            None => Record::new(Tail::new(Some(operation))),
        }
    }

    /// Keeps a record for the next operation.
    pub(super) fn recycle(&mut self, record: Box<Flying<K, B, P>>) {
        if self.spare.len() < SPARE_MAX {
            self.spare.reserve_exact(1);
            self.spare.push(record);
        }
    }

    /// Adds a flight.
    pub(super) fn depart(&mut self, flight: Flight<K, B, P>) {
        if self.flights.capacity() == 0 {
            // Most connections never have more than one.
            self.flights.reserve_exact(1);
        }
        self.flights.push_back(flight);
    }

    /// Takes the flight whose record has this address.
    pub(super) fn land(&mut self, address: usize) -> Option<Flight<K, B, P>> {
        let position = self
            .flights
            .iter()
            .position(|flight| flight.lent.address() == address)?;
        self.flights.remove(position)
    }

    /// Whether nothing that was begun comes before a call that is made now.
    pub(super) fn is_free(&self) -> bool {
        let done = |flight: &Flight<K, B, P>| !flight.traits.alone && !flight.lent.is_pending();
        !self.connecting && !self.rests && self.waiting.is_empty() && self.flights.iter().all(done)
    }

    /// Has the system cancel what it has, one operation or all, but for what was given up
    /// before; how many those are.
    pub(super) fn give_up(
        &mut self,
        why: GivenUp,
        which: impl Fn(&Flight<K, B, P>) -> bool,
    ) -> usize {
        let Ok(socket) = &self.socket else {
            return 0;
        };
        let mut count = 0;
        for flight in &mut self.flights {
            if flight.given_up.is_some() || !which(flight) {
                continue;
            }
            if flight.cancel(socket) || flight.traits.takes_nothing {
                flight.given_up = Some(why);
                count += 1;
            }
        }
        count
    }

    /// Has the system cancel all that it has of the socket, the last first, so that nothing is
    /// done behind what is not; whether it has found all that has not ended.
    pub(super) fn cancel_all(&self, socket: &Socket) -> bool {
        let flights = self.flights.iter().rev();
        let missed = flights.filter(|flight| !flight.cancel(socket) && flight.lent.is_pending());
        missed.count() == 0
    }

    /// Whether something is under way whose deadline has passed.
    pub(super) fn is_overdue(&self, now: Deadline) -> bool {
        let overdue = |flight: &Flight<K, B, P>| {
            flight.given_up.is_none() && flight.has_expired(now) && flight.lent.is_pending()
        };
        self.flights.iter().any(overdue)
    }

    /// The earliest deadline that is still to come.
    pub(super) fn earliest_after(&self, now: Deadline) -> Option<Deadline> {
        let flights = self.flights.iter().map(|flight| flight.traits.deadline);
        let waiting = self.waiting.iter().map(|operation| operation.deadline);
        let all = flights.chain(waiting).flatten();
        all.filter(|&deadline| deadline > now).min()
    }

    /// Whether a connect is under way, or waits.
    pub(super) fn has_connect(&self) -> bool {
        let waits = |operation: &Operation<K, B, P>| is_connect(&operation.request);
        self.flights.iter().any(|flight| flight.traits.connects) || self.waiting.iter().any(waits)
    }
}

impl<K, B: Buffer, P> Half<K, B, P> {
    /// Whether the first of those that wait may begin.
    pub(super) fn may_begin(&self, request: &Request<B>) -> bool {
        let alone = self
            .flights
            .back()
            .is_some_and(|flight| flight.traits.alone);
        let held = self.connecting || self.rests || !self.line.is_nowhere() || alone;
        !held && (self.flights.is_empty() || !is_alone(request))
    }
}

impl<K, B, P> Flight<K, B, P> {
    pub(super) fn new(lent: Lent<Tail<K, B, P>>, traits: Traits) -> Self {
        Self {
            lent,
            traits,
            given_up: None,
        }
    }

    /// Whether the system has found it.
    fn cancel(&self, socket: &Socket) -> bool {
        cancel(socket, &self.lent)
    }

    pub(super) fn is(&self, id: OperationId) -> bool {
        self.traits.id == id
    }

    pub(super) fn has_expired(&self, now: Deadline) -> bool {
        self.traits.deadline.is_some_and(|deadline| deadline <= now)
    }

    pub(super) fn take_back(self, ended: Ended) -> Box<Flying<K, B, P>> {
        self.lent.take_back_by(ended)
    }
}

pub(super) fn is_connect<B>(request: &Request<B>) -> bool {
    matches!(request, Request::Connect { .. })
}
