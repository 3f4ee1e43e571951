//! Overlapped operations, with an event for each: a client has one operation under way, a
//! receive or the send of what it received, whose event is set when it has ended.
//!
//! A thread waits for the events of its clients together. A wait takes 64 of them, so a thread
//! serves 64 clients; `--threads` has more of them, and who comes beyond that is
//! refused.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use overport::Socket;
use overport::event::{EventObject, MAX_EVENTS, wait_any};
use overport::overlapped::{Listener, Operation, Stream};

use super::backoff::Backoff;
use super::server::Server;
use super::session::{Departure, Session};

/// The clients of one thread, each at its place among the events that the thread waits for.
struct Group(Mutex<Vec<Place>>);

/// An event, and the client whose operation signals it.
struct Place {
    event: EventObject,
    client: Option<Client>,
}

struct Client {
    session: Session,
    stream: Stream,
    /// The result of a transfer, and the buffer.
    operation: Operation<(io::Result<usize>, [Vec<u8>; 1])>,
    sends: bool,
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
        let threads = groups.iter().enumerate().map(|(number, group)| {
            let name = format!("events {}", number + 1);
            let worker = thread::Builder::new().name(name);
            worker.spawn_scoped(scope, || group.serve(server))
        });
        let threads = threads.collect::<io::Result<Vec<_>>>()?;
        accept(server, &listener, &groups);
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })
}

/// Without an overlapped a call is synchronous, and this thread has nothing else to do.
fn accept(server: &Arc<Server>, listener: &Listener, groups: &[Group]) {
    let mut backoff = Backoff::default();
    while !server.stop.is_stopping() {
        // The event first, so that there is one for whoever is accepted.
        let accepted = make_room(groups).and_then(|()| listener.accept().wait());
        match accepted {
            Ok((stream, peer)) => {
                backoff.succeeded(&server.log);
                server.log.step(format_args!("accept: {peer}"));
                welcome(server, stream, peer, groups);
            }
            Err(_) if server.stop.is_stopping() => {}
            Err(error) => {
                let until = backoff.failed(Instant::now(), &error, &server.log);
                server.stop.wait_until(until);
            }
        }
    }
}

/// Makes a place for one more client where all are taken, in the smallest group.
fn make_room(groups: &[Group]) -> io::Result<()> {
    let is_free = |place: &Place| place.client.is_none();
    if groups.iter().any(|group| group.lock().iter().any(is_free)) {
        return Ok(());
    }
    let smallest = groups.iter().min_by_key(|group| group.lock().len());
    if let Some(mut places) = smallest.map(Group::lock) {
        if places.len() < MAX_EVENTS {
            places.push(Place::new()?);
        }
    }
    Ok(())
}

fn welcome(server: &Arc<Server>, stream: Stream, peer: SocketAddr, groups: &[Group]) {
    let Some(session) = server.admit(peer) else {
        return;
    };
    for group in groups {
        let mut places = group.lock();
        if server.stop.is_stopping() {
            return;
        }
        if let Some(place) = places.iter_mut().find(|place| place.client.is_none()) {
            let buffer = Vec::with_capacity(server.buffer_size());
            place.client = Some(Client {
                operation: stream.receive([buffer]).signal(&place.event),
                session,
                stream,
                sends: false,
            });
            // The thread may not be waiting for the new event yet.
            places[0].event.set();
            return;
        }
    }
    let limit = groups.len() * MAX_EVENTS;
    server.refuse(
        peer,
        format_args!("{limit} events are the limit of its threads' waits (--threads)"),
    );
}

impl Group {
    fn new() -> io::Result<Self> {
        Ok(Self(Mutex::new(vec![Place::new()?])))
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
            let now = Instant::now();
            // The wait names the first event that is set; those behind it must not starve.
            for place in &mut self.lock()[first..] {
                let client = place.client.take();
                place.client = client.and_then(|client| client.advance(&place.event, now));
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

impl Place {
    fn new() -> io::Result<Self> {
        Ok(Self {
            event: EventObject::auto_reset()?,
            client: None,
        })
    }
}

impl Client {
    /// Starts the next operation if the one under way has ended. `None` where the client
    /// leaves.
    fn advance(self, event: &EventObject, now: Instant) -> Option<Self> {
        let Self {
            session,
            stream,
            operation,
            sends,
        } = self;
        let departure = match operation.result() {
            Ok((Ok(length), [mut buffer])) if sends => {
                session.step(format_args!("event: {length} bytes sent"));
                session.sent(length);
                buffer.clear();
                return Some(Self {
                    operation: stream.receive([buffer]).signal(event),
                    session,
                    stream,
                    sends: false,
                });
            }
            Ok((Ok(length @ 1..), [buffer])) => {
                session.step(format_args!("event: {length} bytes received"));
                session.received(&buffer);
                return Some(Self {
                    operation: stream.send([buffer]).signal(event),
                    session,
                    stream,
                    sends: true,
                });
            }
            Ok((Ok(0), _)) => Departure::Ended,
            Ok((Err(error), _)) => error.into(),
            Err(_) if session.is_idle(now) => Departure::Idle,
            Err(operation) => {
                return Some(Self {
                    session,
                    stream,
                    operation,
                    sends,
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
