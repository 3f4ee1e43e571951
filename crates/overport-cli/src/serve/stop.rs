//! How a server is stopped: the first signal asks it to finish what is in flight, the grace
//! time bounds that, a second signal ends it at once.
//!
//! In flight is what the system has received for the server by then. A model ends receiving
//! at each client (shutdown(2)), so the stream of the client ends behind that; it echoes
//! the rest and lets the client go as if the client had ended.

use std::io;
use std::process::exit;
use std::sync::Arc;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::server::Server;
use crate::failure::Failure;

/// Stops `server` on Ctrl-C and SIGTERM.
pub(super) fn on_signals(server: &Arc<Server>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let server = Arc::clone(server);
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            let mut signals = signals.forever();
            signals.next();
            server.log.event(format_args!(
                "stopping: {} to finish",
                server.clients_in_words()
            ));
            server.stop.begin();
            end_after_grace(&server);
            signals.next();
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
