//! The non-blocking model: calls that never wait, made to every client in turn.
//!
//! A call that cannot proceed fails with `WouldBlock` and is made again in the next round. So
//! one thread serves many clients, and always runs: it polls, and a processor is busy even
//! when nobody says anything. That is the limit which the other models lift.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Instant;

use overport::Socket;

use super::backoff::Backoff;
use super::echo::Echo;
use super::server::Server;
use super::session::{Departure, Session};

/// A client, and what is still to be echoed to it.
struct Client {
    session: Session,
    socket: Socket,
    echo: Echo,
    /// Whether its last call failed with `WouldBlock`; only the first of a row is traced.
    blocked: bool,
}

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    // The accepted sockets inherit the mode.
    listener.set_nonblocking(true)?;
    let mut backoff = Backoff::default();
    let mut clients: Vec<Client> = Vec::new();
    while !server.stop.is_stopping() {
        let now = Instant::now();
        if backoff.paused_until(now).is_none() {
            clients.extend(accept(server, &listener, &mut backoff, now));
        }
        clients.retain_mut(|client| client.stays(now));
    }
    drop(listener);
    for client in &clients {
        // Its stream ends behind what has come already; after a reset it has ended anyhow.
        let _ = client.socket.shutdown(Shutdown::Read);
    }
    while !clients.is_empty() {
        let now = Instant::now();
        clients.retain_mut(|client| client.stays(now));
    }
    Ok(())
}

fn accept(
    server: &Arc<Server>,
    listener: &Socket,
    backoff: &mut Backoff,
    now: Instant,
) -> Option<Client> {
    match listener.accept() {
        Ok((socket, peer)) => {
            backoff.succeeded(&server.log);
            server.log.step(format_args!("accept: {peer}"));
            server.admit(peer).map(|session| Client {
                session,
                socket,
                echo: Echo::new(server.buffer_size()),
                blocked: false,
            })
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        Err(error) => {
            backoff.failed(now, &error, &server.log);
            None
        }
    }
}

impl Client {
    /// Makes the next call for this client. Whether it stays.
    fn stays(&mut self, now: Instant) -> bool {
        let outcome = if self.echo.is_sent() {
            self.receive()
        } else {
            self.send()
        };
        let departure = match outcome {
            Ok(departure) => departure,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(now),
            Err(error) => Some(error.into()),
        };
        match departure {
            Some(departure) => {
                self.session.leave(departure);
                false
            }
            None => true,
        }
    }

    fn receive(&mut self) -> io::Result<Option<Departure>> {
        let length = self.socket.receive(self.echo.room())?;
        self.session.step(format_args!("recv: {length} bytes"));
        self.blocked = false;
        if length == 0 {
            return Ok(Some(Departure::Ended));
        }
        self.echo.received(length);
        self.session.received(self.echo.unsent());
        Ok(None)
    }

    fn send(&mut self) -> io::Result<Option<Departure>> {
        let length = self.socket.send(self.echo.unsent())?;
        self.session.step(format_args!("send: {length} bytes"));
        self.blocked = false;
        self.session.sent(length);
        self.echo.sent(length);
        Ok(None)
    }

    /// The call would have blocked: nothing is to be done for the client in this round.
    fn wait(&mut self, now: Instant) -> Option<Departure> {
        if !self.blocked {
            self.session
                .step(format_args!("WouldBlock, from now on until it ends"));
            self.blocked = true;
        }
        self.session.is_idle(now).then_some(Departure::Idle)
    }
}
