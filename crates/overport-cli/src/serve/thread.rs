//! The concurrent model: blocking calls, a thread for each client.
//!
//! Each client is served as in the iterative model, so a client that thinks holds up its own
//! thread only. The limit is what threads cost: memory for a stack each, and a switch
//! from one to another for every message.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use overport::Socket;

use super::backoff::Backoff;
use super::iterative::converse;
use super::server::Server;

/// What a thread needs is a small part of the usual 2 MiB.
const STACK_BYTES: usize = 128 << 10;

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let listener = Arc::new(listener);
    let closing = Arc::clone(&listener);
    // Closing the listener wakes the accept that waits on it.
    let _registration = server.stop.on_stop(move || closing.close());

    let mut backoff = Backoff::default();
    // The scope waits for the threads: their clients finish before the server ends.
    thread::scope(|scope| {
        while !server.stop.is_stopping() {
            server.log.step(format_args!("accept waits"));
            match listener.accept() {
                Ok((socket, peer)) => {
                    backoff.succeeded(&server.log);
                    server.log.step(format_args!("accept: {peer}"));
                    server.log.step(format_args!("{peer}: a thread begins"));
                    let client = thread::Builder::new()
                        .name(format!("client {peer}"))
                        .stack_size(STACK_BYTES)
                        .spawn_scoped(scope, move || {
                            if let Some(session) = server.admit(peer) {
                                converse(server, session, socket);
                            }
                        });
                    if let Err(error) = client {
                        server.refuse(peer, format_args!("no thread for it: {error}"));
                    }
                }
                Err(_) if server.stop.is_stopping() => {}
                Err(error) => {
                    let until = backoff.failed(Instant::now(), &error, &server.log);
                    server.stop.wait_until(until);
                }
            }
        }
    });
    Ok(())
}
