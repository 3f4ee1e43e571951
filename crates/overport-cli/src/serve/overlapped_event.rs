//! Overlapped operations, with an event for each: a client has one operation under way, a
//! receive or the send of what it received, and its event is set when that has ended.
//!
//! A thread waits for the events of its clients together. A wait takes 64 of them, so a thread
//! serves 64 clients; with `--threads` the next ones go to another thread, and who comes
//! beyond that is refused.

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

/// A wait takes so many events.
pub(super) const CLIENTS_A_THREAD: usize = MAX_EVENTS;

/// One of its socket, two of its event object.
pub(super) const DESCRIPTORS_A_CLIENT: u64 = 3;

struct Serving {
    server: Arc<Server>,
    listener: Listener,
    /// The clients of each thread.
    groups: Vec<Group>,
}

type Group = Mutex<Vec<Place>>;

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
    let groups = server.args.threads.map_or(1, usize::from);
    let groups = (0..groups).map(|_| Ok(Mutex::new(vec![Place::new()?])));
    let serving = Arc::new(Serving {
        server: Arc::clone(server),
        listener: Listener::try_from(listener)?,
        groups: groups.collect::<io::Result<_>>()?,
    });
    let stopping = Arc::clone(&serving);
    let _registration = server.stop.on_stop(move || stopping.finish());

    let serving = &*serving;
    thread::scope(|scope| {
        let threads = serving.groups.iter().enumerate().map(|(number, group)| {
            let worker = thread::Builder::new().name(format!("events {}", number + 1));
            let work = || serving.serve_group(group);
            worker.spawn_scoped(scope, move || work().inspect_err(|_| serving.finish()))
        });
        let threads = threads.collect::<io::Result<Vec<_>>>();
        let threads = threads.inspect_err(|_| serving.finish())?;
        serving.accept();
        let mut ends = threads.into_iter();
        ends.try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })
}

impl Serving {
    /// Accepts clients, by calls without an overlapped: they are synchronous, and this thread
    /// has nothing else to do.
    fn accept(&self) {
        let log = &self.server.log;
        let mut backoff = Backoff::default();
        while !self.listener.is_closed() {
            // A place first: its event may be what there is no descriptor for.
            let accepted = self
                .free_place()
                .and_then(|_| self.listener.accept().wait());
            match accepted {
                Ok((stream, peer)) => {
                    backoff.succeeded(log);
                    log.step(format_args!("accept: {peer}"));
                    if let Err(error) = self.welcome(stream, peer) {
                        self.server.refuse(peer, error);
                    }
                }
                Err(_) if self.listener.is_closed() => {}
                Err(error) => {
                    let until = backoff.failed(Instant::now(), &error, log);
                    self.server.stop.wait_until(until);
                }
            }
        }
    }

    fn welcome(&self, stream: Stream, peer: SocketAddr) -> io::Result<()> {
        let Some((group, place)) = self.free_place()? else {
            let limit = self.groups.len() * CLIENTS_A_THREAD;
            let why = format_args!("{limit} clients are what the waits take (--threads)");
            self.server.refuse(peer, why);
            return Ok(());
        };
        let mut places = lock(group);
        if self.listener.is_closed() {
            return Ok(());
        }
        if let Some(session) = self.server.admit(peer) {
            let buffer = Vec::with_capacity(self.server.buffer_size());
            let place = &mut places[place];
            place.client = Some(Client::start(session, stream, false, buffer, &place.event));
            // The thread may not be waiting for the event of a new place yet.
            places[0].event.set();
        }
        Ok(())
    }

    /// A place for one more client, in the first thread that has room.
    fn free_place(&self) -> io::Result<Option<(&Group, usize)>> {
        for group in &self.groups {
            let mut places = lock(group);
            let free = places.iter().position(|place| place.client.is_none());
            if free.is_none() && places.len() < CLIENTS_A_THREAD {
                places.push(Place::new()?);
                return Ok(Some((group, places.len() - 1)));
            }
            if let Some(place) = free {
                return Ok(Some((group, place)));
            }
        }
        Ok(None)
    }

    /// Waits for the end of operations and starts the next ones, until the server is stopped
    /// and the clients are gone.
    fn serve_group(&self, group: &Group) -> io::Result<()> {
        let mut events = Vec::new();
        loop {
            let places = lock(group);
            let clients = || places.iter().filter_map(|place| place.client.as_ref());
            if self.listener.is_closed() && clients().next().is_none() {
                return Ok(());
            }
            let new = places[events.len()..].iter();
            events.extend(new.map(|place| place.event.clone()));
            let idle = clients().filter_map(|client| client.session.idle_deadline());
            let idle = idle.min();
            drop(places);

            let timeout = idle.map(|idle| idle.saturating_duration_since(Instant::now()));
            wait_any(&events, timeout)?;
            // Of the events that are set the wait names the first; those behind it must not
            // starve, so all operations are looked at.
            for place in lock(group).iter_mut() {
                let client = place.client.take();
                place.client = client.and_then(|client| client.advance(&place.event));
            }
        }
    }

    /// Accepts nobody any more, and ends the clients' streams behind what has come already.
    fn finish(&self) {
        self.listener.close();
        for group in &self.groups {
            let places = lock(group);
            for client in places.iter().filter_map(|place| place.client.as_ref()) {
                // After a reset the stream has ended anyhow.
                let _ = client.stream.shutdown(Shutdown::Read);
            }
            places[0].event.set();
        }
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
    fn start(
        session: Session,
        stream: Stream,
        sends: bool,
        buffer: Vec<u8>,
        event: &EventObject,
    ) -> Self {
        let request = if sends {
            stream.send([buffer])
        } else {
            stream.receive([buffer])
        };
        Self {
            operation: request.signal(event),
            session,
            stream,
            sends,
        }
    }

    /// Starts the next operation if the one under way has ended. `None` where the client
    /// leaves.
    fn advance(mut self, event: &EventObject) -> Option<Self> {
        let session = self.session;
        let departure = match self.operation.result() {
            Ok((Ok(0), _)) if !self.sends => Departure::Ended,
            Ok((Ok(length), [mut buffer])) => {
                if self.sends {
                    session.step(format_args!("event: {length} bytes sent"));
                    session.sent(length);
                    buffer.clear();
                } else {
                    session.step(format_args!("event: {length} bytes received"));
                    session.received(&buffer);
                }
                let sends = !self.sends;
                return Some(Self::start(session, self.stream, sends, buffer, event));
            }
            Ok((Err(error), _)) => error.into(),
            Err(_) if session.is_idle(Instant::now()) => Departure::Idle,
            Err(operation) => {
                self.operation = operation;
                self.session = session;
                return Some(self);
            }
        };
        session.leave(departure);
        drop(session);
        // An operation under way would keep the socket open.
        self.stream.close();
        None
    }
}

fn lock(group: &Group) -> MutexGuard<'_, Vec<Place>> {
    group.lock().unwrap_or_else(PoisonError::into_inner)
}
