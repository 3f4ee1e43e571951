//! A client of the models that make calls which never wait: what each call does for it, and
//! what comes of it. When to make which call is the model's part.

use std::fmt::Arguments;
use std::io;
use std::net::Shutdown;
use std::ops::ControlFlow;
use std::time::Instant;

use overport::Socket;

use super::echo::Echo;
use super::server::Server;
use super::session::{Departure, Session};
use crate::sys::receiving;

/// Whether a call got anything done (`false`: it would have blocked), or why the client is
/// to be dropped.
pub(super) type Outcome = ControlFlow<Departure, bool>;

/// A client on a socket in non-blocking mode. It alternates between receiving and sending what it
/// received, so a client that does not read is not read from.
#[derive(Debug)]
pub(super) struct Client {
    // Dropped before the socket is closed, as `Session` wants it.
    session: Session,
    pub(super) socket: Socket,
    echo: Echo,
    /// Whether the last call would have blocked; only the first of a row is traced.
    blocked: bool,
}

impl Client {
    pub(super) fn new(server: &Server, session: Session, socket: Socket) -> Self {
        Self {
            session,
            socket,
            echo: Echo::new(server.buffer_size()),
            blocked: false,
        }
    }

    /// Whether it waits for room to send what was received; else it waits for data.
    pub(super) fn wants_to_send(&self) -> bool {
        !self.echo.is_sent()
    }

    /// recv, where everything has been sent.
    pub(super) fn receive(&mut self) -> Outcome {
        match self.socket.receive(self.echo.room()) {
            Ok(length) => {
                self.step("recv", length);
                if length == 0 {
                    return ControlFlow::Break(Departure::Ended);
                }
                self.echo.received(length);
                self.session.received(self.echo.unsent());
                self.session.handle(self.echo.unsent());
                ControlFlow::Continue(true)
            }
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock && self.session.is_drained() =>
            {
                ControlFlow::Break(Departure::Ended)
            }
            Err(error) => self.failed("recv", error),
        }
    }

    /// send, of what was received.
    pub(super) fn send(&mut self) -> Outcome {
        match self.socket.send(self.echo.unsent()) {
            Ok(length) => {
                self.step("send", length);
                self.echo.sent(length);
                self.session.sent(length);
                ControlFlow::Continue(true)
            }
            Err(error) => self.failed("send", error),
        }
    }

    /// Ends the client's stream behind what has come already, because the server is stopped, and
    /// echoes that as far as there is room.
    pub(super) fn finish(&mut self) -> Outcome {
        if receiving::ENDS_BY_SHUTDOWN {
            // After a reset the stream has ended anyhow.
            let _ = self.socket.shutdown(Shutdown::Read);
        }
        self.drain()
    }

    /// Echoes what there is until nothing more has come, or there is no room for it. Of use only
    /// once the server was stopped: then nothing more will come.
    pub(super) fn drain(&mut self) -> Outcome {
        loop {
            while self.wants_to_send() {
                if !self.send()? {
                    return ControlFlow::Continue(false);
                }
            }
            if !self.receive()? {
                return ControlFlow::Continue(false);
            }
        }
    }

    /// Whether the server was stopped, so that it is to be [drained](Self::drain).
    pub(super) fn is_drained(&self) -> bool {
        self.session.is_drained()
    }

    /// When the client will have been idle for too long, if nothing happens until then.
    pub(super) fn idle_deadline(&self) -> Option<Instant> {
        self.session.idle_deadline()
    }

    /// Drops the client where it has been idle for too long.
    pub(super) fn check_idle(&self, now: Instant) -> Outcome {
        if self.session.is_idle(now) {
            return ControlFlow::Break(Departure::Idle);
        }
        ControlFlow::Continue(false)
    }

    /// Traces one step of the model that was done for this client.
    pub(super) fn trace(&self, what: Arguments<'_>) {
        self.session.step(what);
    }

    /// Lets the client go.
    pub(super) fn leave(self, why: Departure) {
        self.session.leave(why);
    }

    fn step(&mut self, call: &str, length: usize) {
        self.blocked = false;
        self.session.step(format_args!("{call}: {length} bytes"));
    }

    fn failed(&mut self, call: &str, error: io::Error) -> Outcome {
        if error.kind() != io::ErrorKind::WouldBlock {
            self.session.step(format_args!("{call}: {error}"));
            return ControlFlow::Break(error.into());
        }
        if !self.blocked {
            self.blocked = true;
            self.session.step(format_args!("{call}: would block"));
        }
        ControlFlow::Continue(false)
    }
}
