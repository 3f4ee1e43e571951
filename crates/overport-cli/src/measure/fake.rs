//! Servers for tests: this very test program, started again as a server.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::command::ServerCommand;
use super::server::{NotStarted, ServerProcess};
use crate::sys::affinity;

const PORT: &str = "OVERPORT_FAKE_SERVER_PORT";

/// How long a test waits for what has to come.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a command on all processors.
pub(super) fn start(command: &str) -> Result<ServerProcess, NotStarted> {
    let command = ServerCommand::given(command).unwrap();
    ServerProcess::start(&command, &affinity::usable().unwrap(), PATIENCE, &|| false)
}

/// What a client of [`listening`] is sent, in as many writes.
pub(super) const ANSWER_BYTES: usize = 200;

/// A server that listens, and has a thread answer each who comes. `preparation` is done first, by a shell that
/// then becomes the server.
pub(super) fn listening(preparation: &str) -> ServerProcess {
    start(&listening_command(preparation)).unwrap()
}

pub(super) fn listening_command(preparation: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let server = "--quiet --ignored --exact measure::fake::server";
    let script = format!("{preparation} {PORT}={{port}} exec \"$0\" {server}");
    let words = ["sh", "-c", &script, program.to_str().unwrap()];
    shlex::try_join(words).unwrap()
}

/// What [`listening`] starts.
#[test]
#[ignore = "a server for other tests, which start it"]
fn server() {
    let Ok(port) = std::env::var(PORT) else {
        return;
    };
    let listener = TcpListener::bind(("127.0.0.1", port.parse().unwrap())).unwrap();
    for client in listener.incoming() {
        let mut client = client.unwrap();
        thread::spawn(move || {
            // Clients that only try to connect do not read it.
            let _ = (0..ANSWER_BYTES).try_for_each(|_| client.write_all(b"x"));
        });
    }
}
