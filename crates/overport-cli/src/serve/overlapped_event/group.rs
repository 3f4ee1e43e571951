//! The clients of one thread: their operations, and the wait for the events of these.

use std::io;
use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use overport::error::is_cancelled;
use overport::event::{EventObject, MAX_EVENTS, wait_any};
use overport::overlapped::{Operation, Stream};

use super::super::server::Server;
use super::super::session::{Departure, Session};
use crate::sys::receiving;

/// A wait takes so many events.
pub(in crate::serve) const CLIENTS_A_THREAD: usize = MAX_EVENTS;

/// At most as many clients as a wait takes events.
pub(super) struct Group(Mutex<State>);

struct State {
    places: Vec<Place>,
    /// Whether the thread ends when the clients are gone.
    finishes: bool,
}

/// An event that the thread waits for, and the client whose operations signal it.
struct Place {
    event: EventObject,
    occupant: Occupant,
}

enum Occupant {
    Nobody,
    Client(Client),
    /// A client that the thread has taken to handle what it received.
    Handled,
}

struct Client {
    session: Session,
    stream: Stream,
    sends: bool,
    operation: Operation<(io::Result<usize>, [Vec<u8>; 1])>,
}

impl Group {
    /// A group with one place, so that there is an event to wait for.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Mutex::new(State {
            places: vec![Place::new()?],
            finishes: false,
        })))
    }

    /// A place without a client; a new one, if all are taken and the wait takes one more.
    pub(super) fn free_place(&self) -> io::Result<Option<usize>> {
        let places = &mut self.lock().places;
        let free = places.iter().position(Place::is_free);
        if free.is_none() && places.len() < CLIENTS_A_THREAD {
            places.push(Place::new()?);
            return Ok(Some(places.len() - 1));
        }
        Ok(free)
    }

    /// Starts the first operation of a client, which gets a place that was free.
    pub(super) fn welcome(&self, place: usize, session: Session, stream: Stream, buffer: Vec<u8>) {
        let mut state = self.lock();
        if state.finishes {
            return;
        }
        let place = &mut state.places[place];
        let client = Client::start(session, stream, false, buffer, &place.event);
        place.occupant = Occupant::Client(client);
        // The thread may not be waiting for the event of a new place yet.
        state.places[0].event.set();
    }

    /// Waits for the end of operations and starts the next ones, until the group has
    /// finished.
    pub(super) fn serve(&self, server: &Server) -> io::Result<()> {
        let mut events = Vec::new();
        let mut ready = Vec::new();
        loop {
            let state = self.lock();
            if state.finishes && state.clients().next().is_none() {
                return Ok(());
            }
            let new = state.places[events.len()..].iter();
            events.extend(new.map(|place| place.event.clone()));
            let deadlines = state.clients();
            let idle = deadlines.filter_map(|client| client.session.idle_deadline());
            let idle = idle.min();
            drop(state);

            let count = events.len();
            server.log.step(format_args!("waits for {count} events"));
            let timeout = idle.map(|idle| idle.saturating_duration_since(Instant::now()));
            wait_any(&events, timeout)?;
            self.take_ready(events.len(), &mut ready);
            // Not under the lock: a handler may take its time, and others need the places.
            for (place, client) in ready.drain(..) {
                match client.advance(&events[place]) {
                    Ok(client) => self.put_back(place, client),
                    Err(stream) => {
                        // Before the client can know that it was let go.
                        self.lock().places[place].occupant = Occupant::Nobody;
                        // An operation under way would keep the socket open.
                        stream.close();
                    }
                }
            }
        }
    }

    /// Takes the clients in the first places whose operation has ended, and those that have
    /// been idle for too long. The wait tells of the first event that is set; all are looked at,
    /// or a busy client would keep those behind it waiting.
    fn take_ready(&self, places: usize, ready: &mut Vec<(usize, Client)>) {
        let now = Instant::now();
        let mut state = self.lock();
        for (index, place) in state.places[..places].iter_mut().enumerate() {
            match std::mem::replace(&mut place.occupant, Occupant::Handled) {
                Occupant::Client(client) if client.is_ready(now) => ready.push((index, client)),
                other => place.occupant = other,
            }
        }
    }

    /// Gives a client its place back.
    fn put_back(&self, place: usize, client: Client) {
        let mut state = self.lock();
        if state.finishes {
            client.finish();
        }
        state.places[place].occupant = Occupant::Client(client);
    }

    /// Ends the clients' streams behind what has come already.
    pub(super) fn finish(&self) {
        let mut state = self.lock();
        state.finishes = true;
        for client in state.clients() {
            client.finish();
        }
        state.places[0].event.set();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn clients(&self) -> impl Iterator<Item = &Client> {
        self.places
            .iter()
            .filter_map(|place| match &place.occupant {
                Occupant::Client(client) => Some(client),
                Occupant::Nobody | Occupant::Handled => None,
            })
    }
}

impl Place {
    fn new() -> io::Result<Self> {
        Ok(Self {
            event: EventObject::auto_reset()?,
            occupant: Occupant::Nobody,
        })
    }

    fn is_free(&self) -> bool {
        matches!(self.occupant, Occupant::Nobody)
    }
}

impl Client {
    fn start(
        session: Session,
        stream: Stream,
        sends: bool,
        buffer: Vec<u8>,
        event: &EventObject,
    ) -> Self {
        let request = if sends {
            session.step(format_args!("send begins: {} bytes", buffer.len()));
            stream.send([buffer])
        } else {
            session.step(format_args!("recv begins"));
            stream.receive([buffer])
        };
        Self {
            operation: request.signal(event),
            session,
            stream,
            sends,
        }
    }

    /// Whether its operation has ended, or it has been idle for too long.
    fn is_ready(&self, now: Instant) -> bool {
        self.operation.is_complete() || self.session.is_idle(now)
    }

    /// Ends its stream behind what has come already.
    fn finish(&self) {
        if receiving::ENDS_BY_SHUTDOWN {
            // After a reset the stream has ended anyhow.
            let _ = self.stream.shutdown(Shutdown::Read);
        } else if !self.sends {
            // If something has come it is too late for that, and the next receive's turn.
            self.operation.cancel();
        }
    }

    /// Starts the next operation if the one under way has ended. Where the client leaves, its
    /// stream comes back, to be closed.
    fn advance(mut self, event: &EventObject) -> Result<Self, Stream> {
        let session = self.session;
        let departure = match self.operation.result() {
            Ok((Ok(0), _)) if !self.sends => {
                session.step(format_args!("event: recv: 0 bytes"));
                Departure::Ended
            }
            Ok((Ok(length), [mut buffer])) => {
                if self.sends {
                    session.step(format_args!("event: send: {length} bytes"));
                    session.sent(length);
                    buffer.clear();
                } else {
                    session.step(format_args!("event: recv: {length} bytes"));
                    session.received(&buffer);
                    session.handle(&buffer);
                }
                let sends = !self.sends;
                return Ok(Self::start(session, self.stream, sends, buffer, event));
            }
            Ok((Err(error), _)) if is_cancelled(&error) && session.is_drained() => {
                session.step(format_args!("event: recv: nothing more has come"));
                Departure::Ended
            }
            Ok((Err(error), _)) => {
                let call = if self.sends { "send" } else { "recv" };
                session.step(format_args!("event: {call}: {error}"));
                error.into()
            }
            Err(_) if session.is_idle(Instant::now()) => Departure::Idle,
            Err(operation) => {
                self.operation = operation;
                self.session = session;
                return Ok(self);
            }
        };
        session.leave(departure);
        drop(session);
        Err(self.stream)
    }
}
