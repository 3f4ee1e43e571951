//! The concurrent model: blocking calls, a thread for each client.
//!
//! Each client is served as in the iterative model, so a client that thinks holds up its own
//! thread only. The limit is what threads cost: memory for a stack each, and a switch
//! from one to another for every message.

use std::io;
use std::sync::Arc;
use std::thread;

use overport::Socket;

use super::iterative::{accept_each, converse};
use super::server::Server;

/// What a thread needs is a small part of the usual 2 MiB.
const STACK_BYTES: usize = 128 << 10;

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    // The scope waits for the threads: their clients finish before the server ends.
    thread::scope(|scope| {
        accept_each(server, listener, |socket, peer| {
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
        });
    });
    Ok(())
}
