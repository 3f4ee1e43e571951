//! The examples that are programs do what they say.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// An example that runs; dropping it ends it.
struct Example {
    child: Child,
    address: SocketAddr,
    /// Kept open: it may go on to print.
    _output: BufReader<ChildStdout>,
}

impl Example {
    fn start(name: &str) -> Self {
        // Cargo builds the examples for the tests, into the folder beside theirs.
        let mut program: PathBuf = std::env::current_exe().unwrap();
        program.pop();
        program.pop();
        let mut child = Command::new(program.join("examples").join(name))
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the examples are built, as `cargo test` and `cargo build --examples` do");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        Self {
            child,
            address,
            _output: output,
        }
    }

    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(self.address).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        client
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until `line` has come, whatever comes before it.
#[track_caller]
fn assert_hears(client: &mut TcpStream, line: &[u8]) {
    let mut heard = Vec::new();
    while !heard.ends_with(line) {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
}

#[test]
fn what_one_client_of_the_chat_says_all_of_them_hear() {
    let chat = Example::start("chat");
    let mut clients: Vec<_> = (0..3).map(|_| chat.connect()).collect();
    // Who has heard itself is in the room.
    for (number, client) in clients.iter_mut().enumerate() {
        let greeting = format!("{number} is here\n");
        client.write_all(greeting.as_bytes()).unwrap();
        assert_hears(client, greeting.as_bytes());
    }
    clients[0].write_all(b"hello\n").unwrap();
    for client in &mut clients {
        assert_hears(client, b"hello\n");
    }
    clients.remove(0);
    clients[0].write_all(b"bye\n").unwrap();
    for client in &mut clients {
        assert_hears(client, b"bye\n");
    }
}

#[test]
fn two_clients_of_the_futures_hear_each_other_until_one_ends() {
    let futures = Example::start("futures");
    let mut one = futures.connect();
    let mut other = futures.connect();
    for _ in 0..20 {
        one.write_all(b"ping").unwrap();
        assert_hears(&mut other, b"ping");
        other.write_all(b"pong").unwrap();
        assert_hears(&mut one, b"pong");
    }
    drop(one);
    assert_eq!(other.read(&mut [0; 8]).unwrap(), 0);
}
