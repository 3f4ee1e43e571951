//! Overlapped operations, with an event for each: a client has one operation under way, a
//! receive or the send of what it received, and its event is set when that has ended.
//!
//! A thread waits for the events of its clients together. A wait takes 64 of them, so a thread
//! serves 64 clients; `--threads` has more threads, and who comes beyond that is refused.

use std::io;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use overport::Socket;
use overport::event::{EventObject, MAX_EVENTS, wait_any};
use overport::overlapped::{Listener, Operation, Stream};

use super::backoff::Backoff;
use super::server::Server;
use super::session::{Departure, Session};

/// The clients of one thread.
struct Group(Mutex<Vec<Place>>);

/// An event that a thread waits for, and the client whose operations signal it.
struct Place {
    event: EventObject,
    client: Option<Client>,
}

struct Client {
    session: Session,
    stream: Stream,
    sends: bool,
    operation: Operation<(io::Result<usize>, [Vec<u8>; 1])>,
}

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let listener = Listener::try_from(listener)?;
    let threads = server.args.threads.map_or(1, usize::from);
    let groups = (0..threads).map(|_| Group::new());
    let groups: Arc<[Group]> = groups.collect::<io::Result<_>>()?;
    let (closing, stopping) = (listener.clone(), Arc::clone(&groups));
    let _registration = server.stop.on_stop(move || {
        closing.close();
        stopping.iter().for_each(Group::finish);
    });

    thread::scope(|scope| {
        for (number, group) in groups.iter().enumerate() {
            let worker = thread::Builder::new().name(format!("events {}", number + 1));
            worker.spawn_scoped(scope, || {
                if let Err(error) = group.serve(server) {
                    server.log.event(format_args!("cannot wait: {error}"));
                }
            })?;
        }
        accept(server, &listener, &groups);
        Ok(())
    })
}

/// Accepts clients, by calls without an overlapped: they are synchronous, and this thread
/// has nothing else to do.
fn accept(server: &Arc<Server>, listener: &Listener, groups: &[Group]) {
    let mut backoff = Backoff::default();
    while !server.stop.is_stopping() {
        // A place first: its event may be what there is no descriptor for.
        let accepted = free_place(groups).and_then(|_| listener.accept().wait());
        match accepted.and_then(|accepted| Ok((accepted, free_place(groups)?))) {
            Ok(((stream, peer), place)) => {
                backoff.succeeded(&server.log);
                server.log.step(format_args!("accept: {peer}"));
                let limit = groups.len() * MAX_EVENTS;
                match place {
                    Some((group, place)) => {
                        if let Some(session) = server.admit(peer) {
                            group.welcome(place, server, session, stream);
                        }
                    }
                    None => server.refuse(
                        peer,
                        format_args!("{limit} clients are all that the waits take (--threads)"),
                    ),
                }
            }
            Err(_) if server.stop.is_stopping() => {}
            Err(error) => {
                let until = backoff.failed(Instant::now(), &error, &server.log);
                server.stop.wait_until(until);
            }
        }
    }
}

/// A place for one more client: a new one, in the smallest group, where all are taken.
fn free_place(groups: &[Group]) -> io::Result<Option<(&Group, usize)>> {
    let is_free = |place: &Place| place.client.is_none();
    for group in groups {
        if let Some(place) = group.lock().iter().position(is_free) {
            return Ok(Some((group, place)));
        }
    }
    let smallest = groups.iter().min_by_key(|group| group.lock().len());
    let growing = smallest.filter(|group| group.lock().len() < MAX_EVENTS);
    growing.map(|group| Ok((group, group.grow()?))).transpose()
}

impl Group {
    fn new() -> io::Result<Self> {
        let group = Self(Mutex::default());
        group.grow()?;
        Ok(group)
    }

    fn grow(&self) -> io::Result<usize> {
        let event = EventObject::auto_reset()?;
        let mut places = self.lock();
        places.push(Place {
            event,
            client: None,
        });
        Ok(places.len() - 1)
    }

    fn welcome(&self, place: usize, server: &Server, session: Session, stream: Stream) {
        let mut places = self.lock();
        if server.stop.is_stopping() {
            return;
        }
        let buffer = Vec::with_capacity(server.buffer_size());
        let client = Client::receive(session, stream, buffer, &places[place].event);
        places[place].client = Some(client);
        // The thread may not be waiting for the event of a new place yet.
        places[0].event.set();
    }

    /// Waits for the end of operations and starts the next ones, until the server is stopped
    /// and the clients are gone.
    fn serve(&self, server: &Server) -> io::Result<()> {
        let mut events = Vec::new();
        loop {
            let places = self.lock();
            let clients = || places.iter().filter_map(|place| place.client.as_ref());
            if server.stop.is_stopping() && clients().next().is_none() {
                return Ok(());
            }
            let new = places[events.len()..].iter();
            events.extend(new.map(|place| place.event.clone()));
            let idle = clients().filter_map(|client| client.session.idle_deadline());
            let idle = idle.min();
            drop(places);

            let timeout = idle.map(|idle| idle.saturating_duration_since(Instant::now()));
            let first = wait_any(&events, timeout)?.unwrap_or(0);
            // That is the first event that was set; those behind it must not starve.
            for place in &mut self.lock()[first..] {
                let client = place.client.take();
                place.client = client.and_then(|client| client.advance(&place.event));
            }
        }
    }

    /// Ends the clients' streams behind what has come already.
    fn finish(&self) {
        let places = self.lock();
        for client in places.iter().filter_map(|place| place.client.as_ref()) {
            // After a reset the stream has ended anyhow.
            let _ = client.stream.shutdown(Shutdown::Read);
        }
        places[0].event.set();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    fn receive(session: Session, stream: Stream, buffer: Vec<u8>, event: &EventObject) -> Self {
        Self {
            operation: stream.receive([buffer]).signal(event),
            sends: false,
            session,
            stream,
        }
    }

    fn send(session: Session, stream: Stream, buffer: Vec<u8>, event: &EventObject) -> Self {
        Self {
            operation: stream.send([buffer]).signal(event),
            sends: true,
            session,
            stream,
        }
    }

    /// Starts the next operation if the one under way has ended. `None` where the client
    /// leaves.
    fn advance(self, event: &EventObject) -> Option<Self> {
        let Self {
            session, stream, ..
        } = self;
        let departure = match self.operation.result() {
            Ok((Ok(length), [mut buffer])) if self.sends => {
                session.step(format_args!("event: {length} bytes sent"));
                session.sent(length);
                buffer.clear();
                return Some(Self::receive(session, stream, buffer, event));
            }
            Ok((Ok(length @ 1..), [buffer])) => {
                session.step(format_args!("event: {length} bytes received"));
                session.received(&buffer);
                return Some(Self::send(session, stream, buffer, event));
            }
            Ok((Ok(0), _)) => Departure::Ended,
            Ok((Err(error), _)) => error.into(),
            Err(_) if session.is_idle(Instant::now()) => Departure::Idle,
            Err(operation) => {
                return Some(Self {
                    operation,
                    session,
                    stream,
                    ..self
                });
            }
        };
        session.leave(departure);
        drop(session);
        // An operation under way would keep the socket open.
        stream.close();
        None
    }
}
