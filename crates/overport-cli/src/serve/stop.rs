//! How a server is stopped: the first interrupt (Ctrl-C, or the system's wish) asks it to finish
//! what is in flight, the grace time bounds that, a second one ends it at once.
//!
//! In flight is what the system has received for the server by then. A model ends receiving
//! at each client (shutdown(2)), so the stream of the client ends behind that; it echoes
//! the rest and lets the client go as if the client had ended.

use std::io;
use std::process::exit;
use std::sync::Arc;
use std::thread;

use super::server::Server;
use crate::failure::Failure;
use crate::sys::interrupts::Interrupts;

/// Stops `server` on Ctrl-C, and on SIGTERM or Ctrl-Break.
pub(super) fn on_interrupts(server: &Arc<Server>) -> io::Result<()> {
    let mut interrupts = Interrupts::new()?;
    let server = Arc::clone(server);
    let waiting = thread::Builder::new().name("interrupts".into());
    waiting.spawn(move || {
        interrupts.wait();
        server.log.event(format_args!(
            "stopping: {} to finish",
            server.clients_in_words()
        ));
        server.stop.begin();
        end_after_grace(&server);
        interrupts.wait();
        Failure::interrupted().report();
        exit(130);
    })?;
    Ok(())
}

/// Ends the program when the clients have had their time to finish.
fn end_after_grace(server: &Arc<Server>) {
    let server = Arc::clone(server);
    let grace = server.args.grace();
    let watch = thread::Builder::new().name("grace".into()).spawn(move || {
        thread::sleep(grace);
        server.log.event(format_args!(
            "the grace time is over: {} cut off",
            server.clients_in_words()
        ));
        exit(0);
    });
    if watch.is_err() {
        // Without a thread to wait on, nobody would end a drain that hangs.
        exit(0);
    }
}
