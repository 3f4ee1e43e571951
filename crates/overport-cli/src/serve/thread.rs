//! The concurrent model: blocking calls, a thread for each client.
//!
//! Each client is served as in the iterative model, so a client that thinks holds up its own
//! thread only. The limit is what threads cost: memory for a stack each, and a switch
//! from one to another for every message.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::thread;

use overport::Socket;

use super::iterative::{accept_each, converse};
use super::server::Server;

/// What a thread needs is a small part of the usual 2 MiB.
const STACK_BYTES: usize = 128 << 10;

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let threads = Cell::new(0_u64);
    // The scope waits for the threads: their clients finish before the server ends.
    thread::scope(|scope| {
        accept_each(server, listener, |socket, peer| {
            threads.set(threads.get() + 1);
            let name = format!("thread {}", threads.get());
            server.log.step(format_args!("{peer}: {name} begins"));
            let client = thread::Builder::new()
                .name(name)
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, move || {
                    if let Some(session) = server.admit(peer) {
                        converse(server, session, socket);
                    }
                });
            if let Err(error) = client {
                server.refuse(peer, format_args!("no thread for it: {error}"));
            }
        });
    });
    Ok(())
}
