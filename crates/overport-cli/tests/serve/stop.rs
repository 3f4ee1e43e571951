//! How a server ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::harness::{Server, assert_closed};
use crate::models::{for_each_concurrent_model, for_each_model};
use crate::process::{INTERRUPTS, Interrupt, TERMINATE};

/// Rules: PR12
#[test]
fn a_server_without_clients_ends_at_once_when_it_is_asked_to() {
    for_each_model(|model| {
        for how in INTERRUPTS {
            let server = Server::start(model, &[]);
            server.interrupt(how);
            assert_eq!(server.end().0, Some(0));
        }
    });
}

/// Rules: PR12
#[test]
fn clients_that_are_busy_when_the_server_is_stopped_get_nothing_but_their_echo() {
    for_each_concurrent_model(|model| {
        for how in INTERRUPTS {
            let server = Server::start(model, &["--grace-ms", "60000"]);
            let _idle = server.connect_and_echo();
            let clients: Vec<_> = (0..8).map(|_| server.connect_and_echo()).collect();
            thread::scope(|scope| {
                for client in clients {
                    scope.spawn(|| send_until_the_end(client));
                }
                server.interrupt(how);
                let (code, log) = server.end();
                assert_eq!(code, Some(0), "{log:?}");
            });
        }
    });
}

/// Sends messages, each when the one before has been answered, until the server ends the connection.
fn send_until_the_end(mut client: TcpStream) {
    for number in 0_u32.. {
        let message = [number.to_be_bytes(); 64].concat();
        // What does not go any more has no echo either.
        let _ = client.write_all(&message);
        let mut answer = Vec::new();
        let _ = Read::take(&mut client, message.len() as u64).read_to_end(&mut answer);
        assert!(message.starts_with(&answer), "{number}: {answer:?}");
        if answer.len() < message.len() {
            return;
        }
    }
}

/// What makes a handler block.
const MARKED: &[u8] = b"OVPSTALL";

/// A client whose handler blocks.
fn connect_and_block(server: &Server) -> TcpStream {
    let mut client = server.connect_and_echo();
    let peer = client.local_addr().expect("it is connected");
    client.write_all(MARKED).expect("it takes the message");
    server.logged(&format!("{peer} sent {} bytes", MARKED.len()));
    client
}

/// Rules: PR12
#[test]
fn a_stopped_server_answers_what_its_handler_has_begun() {
    for_each_model(|model| {
        let options = ["--log-data", "--stall-ms", "300", "--grace-ms", "60000"];
        let server = Server::start(model, &options);
        let mut client = connect_and_block(&server);
        server.interrupt(TERMINATE);
        let mut answer = [0; MARKED.len()];
        client.read_exact(&mut answer).expect("it answers");
        assert_eq!(answer, MARKED);
        assert_closed(&mut client);
        assert_eq!(server.end().0, Some(0));
    });
}

/// Rules: PR12
#[test]
fn the_grace_time_bounds_the_wait_for_a_handler() {
    for_each_model(|model| {
        let options = ["--log-data", "--stall-ms", "60000", "--grace-ms", "50"];
        let server = Server::start(model, &options);
        let _blocks = connect_and_block(&server);
        assert_cuts_a_client_off(server);
    });
}

/// Rules: PR18
#[test]
fn a_second_interrupt_ends_a_server_whose_handler_blocks_at_once() {
    for_each_model(|model| {
        let options = ["--log-data", "--stall-ms", "60000", "--grace-ms", "60000"];
        let server = Server::start(model, &options);
        let _blocks = connect_and_block(&server);
        assert_ends_when_interrupted_twice(server);
    });
}

/// The server, which is asked to end, does so without its one client that is not done.
pub(crate) fn assert_cuts_a_client_off(server: Server) {
    server.interrupt(TERMINATE);
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    assert!(
        log.iter().any(|line| line.contains("1 client cut off")),
        "{log:?}"
    );
}

/// The server, which has a client that is not done, waits for it at the first interrupt only.
pub(crate) fn assert_ends_when_interrupted_twice(server: Server) {
    server.interrupt(Interrupt::CtrlC);
    server.logged("stopping");
    server.interrupt(Interrupt::CtrlC);
    let (code, log) = server.end();
    assert_eq!(code, Some(130));
    let last = log.last().map(String::as_str);
    assert_eq!(last, Some("overport: interrupted"));
}
