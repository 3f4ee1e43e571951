//! Overlapped operations with completion routines: each operation says what is to be done at
//! its end, and the thread that started it does that in its next alertable wait.
//!
//! Everything is on that one thread, so nothing is locked or shared: the routines hold the
//! clients. That is the limit too, since a client can't move to another thread, and a
//! routine that takes its time holds up all of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use overport::Socket;
use overport::error::is_cancelled;
use overport::event::EventObject;
use overport::overlapped::{self, Listener, Stream, Woken};

use super::backoff::Backoff;
use super::server::Server;
use super::session::{Departure, Session};
use crate::sys::receiving;

struct Serving {
    server: Arc<Server>,
    listener: Listener,
    /// To end their streams when the server is stopped.
    clients: RefCell<HashMap<SocketAddr, Rc<Client>>>,
    backoff: RefCell<Backoff>,
}

struct Client {
    // Dropped before the socket is closed, as `Session` wants it.
    session: Session,
    stream: Stream,
    /// Whether a receive is under way, and not a send.
    receives: Cell<bool>,
}

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let stop = EventObject::manual_reset()?;
    let stopped = stop.clone();
    let _registration = server.stop.on_stop(move || stopped.set());
    let serving = Rc::new(Serving {
        server: Arc::clone(server),
        listener: Listener::try_from(listener)?,
        clients: RefCell::default(),
        backoff: RefCell::default(),
    });
    serving.accept();

    let log = &server.log;
    loop {
        let timeout = serving.time_to_idle();
        log.step(format_args!("waits alertably"));
        // All routines run in here.
        match overlapped::wait_any(&[&stop], timeout)? {
            Woken::Signalled(_) => break,
            Woken::RoutinesRan(_) | Woken::TimedOut => serving.drop_idle(),
        }
    }
    serving.finish();
    while !serving.clients.borrow().is_empty() {
        log.step(format_args!("waits alertably"));
        overlapped::sleep(serving.time_to_idle())?;
        serving.drop_idle();
    }
    Ok(())
}

impl Serving {
    fn accept(self: &Rc<Self>) {
        let serving = Rc::clone(self);
        self.server.log.step(format_args!("accept begins"));
        self.listener.accept().then(move |result| match result {
            _ if serving.server.stop.is_stopping() => {}
            Ok((stream, peer)) => {
                let log = &serving.server.log;
                serving.backoff.borrow_mut().succeeded(log);
                log.step(format_args!("routine: accept: {peer}"));
                serving.accept();
                serving.welcome(stream, peer);
            }
            Err(error) => {
                let log = &serving.server.log;
                let now = Instant::now();
                serving.backoff.borrow_mut().failed(now, &error, log);
                // The library makes the listener rest, so this does not spin.
                serving.accept();
            }
        });
    }

    fn welcome(self: &Rc<Self>, stream: Stream, peer: SocketAddr) {
        let Some(session) = self.server.admit(peer) else {
            return;
        };
        let client = Rc::new(Client {
            session,
            stream,
            receives: Cell::new(false),
        });
        self.clients.borrow_mut().insert(peer, Rc::clone(&client));
        self.receive(client, Vec::with_capacity(self.server.buffer_size()));
    }

    fn receive(self: &Rc<Self>, client: Rc<Client>, buffer: Vec<u8>) {
        let serving = Rc::clone(self);
        client.session.step(format_args!("recv begins"));
        let stream = client.stream.clone();
        client.receives.set(true);
        let drained = client.session.is_drained();
        let receive = client.stream.receive([buffer]);
        receive.then(move |(result, [buffer])| match result {
            Ok(length @ 1..) => {
                let session = &client.session;
                session.step(format_args!("routine: recv: {length} bytes"));
                session.received(&buffer);
                session.handle(&buffer);
                serving.send(client, buffer);
            }
            Err(error) if is_cancelled(&error) && client.session.is_drained() => {
                // Nothing more has come.
                serving.leave(&client, "recv", Ok(0));
            }
            result => serving.leave(&client, "recv", result),
        });
        if drained {
            // If something has come it is too late for that.
            stream.cancel_all();
        }
    }

    fn send(self: &Rc<Self>, client: Rc<Client>, buffer: Vec<u8>) {
        let serving = Rc::clone(self);
        let length = buffer.len();
        client.receives.set(false);
        client
            .session
            .step(format_args!("send begins: {length} bytes"));
        let send = client.stream.send([buffer]);
        send.then(move |(result, [mut buffer])| match result {
            Ok(length) => {
                let session = &client.session;
                session.step(format_args!("routine: send: {length} bytes"));
                session.sent(length);
                buffer.clear();
                serving.receive(client, buffer);
            }
            result => serving.leave(&client, "send", result),
        });
    }

    fn leave(&self, client: &Client, call: &str, result: io::Result<usize>) {
        let session = &client.session;
        match &result {
            Ok(length) => session.step(format_args!("routine: {call}: {length} bytes")),
            Err(error) => session.step(format_args!("routine: {call}: {error}")),
        }
        session.leave(match result {
            Ok(_) => Departure::Ended,
            Err(error) => error.into(),
        });
        self.clients.borrow_mut().remove(&session.peer());
    }

    /// Accepts nobody any more, and ends the clients' streams behind what has come already.
    fn finish(&self) {
        self.listener.close();
        for client in self.clients.borrow().values() {
            if receiving::ENDS_BY_SHUTDOWN {
                // After a reset the stream has ended anyhow.
                let _ = client.stream.shutdown(Shutdown::Read);
            } else if client.receives.get() {
                client.stream.cancel_all();
            }
        }
    }

    /// How long until the first client has been idle for too long.
    fn time_to_idle(&self) -> Option<Duration> {
        let clients = self.clients.borrow();
        let deadlines = clients
            .values()
            .map(|client| client.session.idle_deadline());
        let first = deadlines.flatten().min()?;
        Some(first.saturating_duration_since(Instant::now()))
    }

    /// Cancels what idle clients wait for; the routine lets them go.
    fn drop_idle(&self) {
        let now = Instant::now();
        self.clients.borrow_mut().retain(|_, client| {
            let is_idle = client.session.is_idle(now);
            if is_idle {
                client.session.leave(Departure::Idle);
                client.stream.cancel_all();
            }
            !is_idle
        });
    }
}
