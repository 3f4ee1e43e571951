//! Servers for tests: this very test program, started again as a server.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::command::ServerCommand;
use super::server::{NotStarted, ServerProcess};
use crate::sys::{affinity, words};

/// How long a test waits for what has to come.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a command on all processors.
pub(super) fn start(command: &str) -> Result<ServerProcess, NotStarted> {
    let command = ServerCommand::given(command).unwrap();
    ServerProcess::start(&command, &affinity::usable().unwrap(), PATIENCE, &|| false)
}

/// What a client of [`listening`] is sent, in as many writes.
pub(super) const ANSWER_BYTES: usize = 200;

/// A server that listens, and has a thread answer each who comes.
pub(super) fn listening() -> ServerProcess {
    start(&listening_command()).unwrap()
}

pub(super) fn listening_command() -> String {
    command("server")
}

/// The same where `preparation` is done first, by a shell that then becomes the server.
// Linux only: a shell of POSIX.
#[cfg(target_os = "linux")]
pub(super) fn listening_after(preparation: &str) -> ServerProcess {
    let script = format!("{preparation} exec {}", listening_command());
    start(&words::join(["sh", "-c", &script])).unwrap()
}

/// A server that never listens.
pub(super) fn silent_command() -> String {
    command("silent")
}

/// A server that ends with [`EXIT_CODE`] and [`LAST_WORDS`].
pub(super) fn dying_command() -> String {
    command("dying")
}

pub(super) const EXIT_CODE: i32 = 3;
pub(super) const LAST_WORDS: &str = "out of luck";

/// This program as one of the servers below, which it gets a port for.
fn command(server: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let program = words::join([program.to_str().unwrap()]);
    format!("{program} --quiet --ignored --exact measure::fake::{server} {{port}}")
}

/// The port at the command line's end, where this was started as a server.
fn port() -> Option<u16> {
    std::env::args().next_back()?.parse().ok()
}

/// What [`listening`] starts.
#[test]
#[ignore = "a server for other tests, which start it"]
fn server() {
    let Some(port) = port() else {
        return;
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    for client in listener.incoming() {
        let mut client = client.unwrap();
        thread::spawn(move || {
            // Clients that only try to connect do not read it.
            let _ = (0..ANSWER_BYTES).try_for_each(|_| client.write_all(b"x"));
        });
    }
}

#[test]
#[ignore = "a server for other tests, which start it"]
fn silent() {
    while port().is_some() {
        thread::park();
    }
}

#[test]
#[ignore = "a server for other tests, which start it"]
fn dying() {
    if port().is_some() {
        let _ = writeln!(std::io::stderr(), "{LAST_WORDS}");
        std::process::exit(EXIT_CODE);
    }
}
