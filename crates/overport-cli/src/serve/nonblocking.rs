//! The non-blocking model: calls that never wait, made to every client in turn.
//!
//! A call that cannot proceed fails with `WouldBlock` and is made again in the next round. So
//! one thread serves many clients, and always runs: it polls, and a processor is busy even
//! when nobody says anything. That is the limit which the other models lift.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use overport::Socket;

use super::backoff::Backoff;
use super::client::{Client, Outcome};
use super::server::Server;

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    // The accepted sockets inherit the mode.
    listener.set_nonblocking(true)?;
    let mut backoff = Backoff::default();
    let mut clients = Vec::new();
    while !server.stop.is_stopping() {
        let now = Instant::now();
        if backoff.paused_until(now).is_none() {
            clients.extend(accept(server, &listener, &mut backoff, now));
        }
        poll(&mut clients, now);
    }
    drop(listener);
    finish(&mut clients);
    while !clients.is_empty() {
        poll(&mut clients, Instant::now());
    }
    Ok(())
}

fn accept(
    server: &Arc<Server>,
    listener: &Socket,
    backoff: &mut Backoff,
    now: Instant,
) -> Option<Client> {
    let (socket, peer) = backoff.accept(listener, now, &server.log)?;
    let session = server.admit(peer)?;
    Some(Client::new(server, session, socket))
}

/// Ends the clients' streams behind what has come already.
fn finish(clients: &mut Vec<Client>) {
    for index in (0..clients.len()).rev() {
        if let ControlFlow::Break(departure) = clients[index].finish() {
            clients.swap_remove(index).leave(departure);
        }
    }
}

/// One call for each client.
fn poll(clients: &mut Vec<Client>, now: Instant) {
    for index in (0..clients.len()).rev() {
        if let ControlFlow::Break(departure) = call(&mut clients[index], now) {
            clients.swap_remove(index).leave(departure);
        }
    }
}

fn call(client: &mut Client, now: Instant) -> Outcome {
    let progress = if client.wants_to_send() {
        client.send()?
    } else {
        client.receive()?
    };
    if progress {
        return ControlFlow::Continue(true);
    }
    client.check_idle(now)
}
