//! The iterative model: blocking calls, one client after the other.
//!
//! While one client is served the next ones wait in the listener's backlog: the kernel
//! has accepted their connections and keeps what they send, the program does not know of
//! them. Nothing could be shorter, and nobody is served while the one that is served thinks.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use overport::Socket;

use super::backoff::Backoff;
use super::conversation::Conversation;
use super::echo::Echo;
use super::server::Server;
use super::session::{Departure, Session};

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    accept_each(server, listener, |socket, peer| {
        if let Some(session) = server.admit(peer) {
            converse(server, session, socket);
        }
    });
    Ok(())
}

/// Accepts until the server is stopped, and gives each client to `take`.
pub(super) fn accept_each(
    server: &Arc<Server>,
    listener: Socket,
    take: impl Fn(Socket, SocketAddr),
) {
    let listener = Arc::new(listener);
    let closing = Arc::clone(&listener);
    // Closing the listener wakes the accept that waits on it.
    let _registration = server.stop.on_stop(move || closing.close());

    let mut backoff = Backoff::default();
    while !server.stop.is_stopping() {
        server.log.step(format_args!("accept waits"));
        match listener.accept() {
            Ok((socket, peer)) => {
                backoff.succeeded(&server.log);
                server.log.step(format_args!("accept: {peer}"));
                take(socket, peer);
            }
            Err(_) if server.stop.is_stopping() => {}
            Err(error) => {
                let until = backoff.failed(Instant::now(), &error, &server.log);
                server.stop.wait_until(until);
            }
        }
    }
}

/// Serves one client until it leaves, on this thread alone.
pub(super) fn converse(server: &Server, session: Session, socket: Socket) {
    let conversation = Arc::new(Conversation::new(socket));
    let finishing = Arc::clone(&conversation);
    // Once the server is stopped the stream ends behind what has come already.
    let _registration = server.stop.on_stop(move || finishing.finish());
    let departure =
        echo(server, &session, &conversation).unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::TimedOut => Departure::Idle,
            _ => error.into(),
        });
    session.leave(departure);
    drop(session);
}

fn echo(server: &Server, session: &Session, conversation: &Conversation) -> io::Result<Departure> {
    let socket = conversation.socket();
    socket
        .options()
        .set_read_timeout(server.args.idle_timeout())?;
    socket
        .options()
        .set_write_timeout(server.args.idle_timeout())?;
    let mut echo = Echo::new(server.buffer_size());
    loop {
        session.step(format_args!("recv waits"));
        let length = conversation.receive(session, echo.room())?;
        session.step(format_args!("recv: {length} bytes"));
        if length == 0 {
            return Ok(Departure::Ended);
        }
        echo.received(length);
        session.received(echo.unsent());
        session.handle(echo.unsent());
        // One send takes all, however long it waits for room, unless the idle timeout ends it.
        while !echo.is_sent() {
            let length = socket.send(echo.unsent())?;
            session.step(format_args!("send: {length} bytes"));
            session.sent(length);
            echo.sent(length);
        }
    }
}
