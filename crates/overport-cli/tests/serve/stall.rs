//! Handlers that block, and a queue with other things in it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::backends::backends;
use crate::harness::{Server, assert_echo, failure, finish, program};
use crate::models::{MODELS, Model, for_each_concurrent_model, for_each_model, model};
use crate::process::TERMINATE;

/// What makes a handler block.
const MARKED: &[u8] = b"OVPSTALL and what follows";

/// Sends a message that makes its handler block, and waits until the server has it.
fn block_handler(server: &Server, client: &mut TcpStream) {
    let peer = client.local_addr().expect("it is connected");
    client.write_all(MARKED).expect("it takes the message");
    server.logged(&format!("{peer} sent {} bytes: \"OVPSTALL", MARKED.len()));
}

/// Whether something has come for the client already.
fn has_answer(client: &TcpStream) -> bool {
    client.set_nonblocking(true).expect("a socket takes modes");
    let peeked = client.peek(&mut [0]).map_err(|error| error.kind());
    client.set_nonblocking(false).expect("a socket takes modes");
    match peeked {
        Ok(1) => true,
        Err(ErrorKind::WouldBlock) => false,
        other => panic!("the connection has failed: {other:?}"),
    }
}

fn start(model: &Model, stall_ms: &str) -> Server {
    Server::start(model, &["--log-data", "--stall-ms", stall_ms])
}

/// Rules: PR21
#[test]
fn a_marked_message_is_echoed_after_its_handler_has_blocked() {
    for_each_model(|model| {
        let server = start(model, "50");
        let mut client = server.connect_and_echo();
        let before = Instant::now();
        assert_echo(&mut client, MARKED);
        assert!(before.elapsed() >= Duration::from_millis(50));
        assert_echo(&mut client, b"not at the begin: OVPSTALL");
        assert!(finish(&mut client).is_empty());
    });
}

/// Rules: PR21
#[test]
fn without_a_time_to_block_the_mark_is_a_message_like_any() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        assert_echo(&mut server.connect(), MARKED);
    });
}

/// Rules: PR21
#[test]
fn a_handler_that_blocks_holds_up_whom_its_model_holds_up() {
    for_each_concurrent_model(|model| {
        let stall_ms = if model.blocks_others { "200" } else { "60000" };
        let server = start(model, stall_ms);
        let mut other = server.connect_and_echo();
        let mut blocking = server.connect_and_echo();
        block_handler(&server, &mut blocking);
        assert_echo(&mut other, b"and who am I?");
        // Where the others are held up, the message before theirs is answered before.
        assert_eq!(has_answer(&blocking), model.blocks_others);
    });
}

/// Rules: PR21
#[test]
fn a_handler_that_blocks_one_thread_leaves_the_clients_of_another_alone() {
    let arguments = ["--log-data", "--stall-ms", "60000", "--threads", "2"];
    let server = Server::start(model("event-select"), &arguments);
    // The thread with the fewest clients gets the next.
    let mut blocking = server.connect_and_echo();
    let mut other = server.connect_and_echo();
    block_handler(&server, &mut blocking);
    assert_echo(&mut other, b"on another thread");
    assert!(!has_answer(&blocking));
}

/// Rules: PR21
#[test]
fn a_handler_that_blocks_does_not_keep_new_clients_from_another_thread() {
    let arguments = ["--log-data", "--stall-ms", "60000", "--threads", "2"];
    let server = Server::start(model("overlapped-event"), &arguments);
    let mut group: Vec<TcpStream> = (0..64).map(|_| server.connect_and_echo()).collect();
    block_handler(&server, &mut group[5]);
    assert_echo(&mut server.connect(), b"in the second group");
    assert!(!has_answer(&group[5]));
}

/// Rules: PR21
#[test]
fn a_handler_that_blocks_gives_its_place_to_another_thread_told_or_not() {
    for backend in backends() {
        for told in [&[][..], &["--untold"]] {
            // Only one runs at a time, so the other has to take its place.
            let threads = ["--threads", "2", "--concurrency", "1", "--backend", backend];
            let stall = ["--log-data", "--stall-ms", "60000"];
            let arguments = [&threads[..], &stall, told].concat();
            let server = Server::start(model("completion-port"), &arguments);
            let mut blocking = server.connect_and_echo();
            let mut other = server.connect_and_echo();
            block_handler(&server, &mut blocking);
            assert_echo(&mut other, b"on the other thread");
            assert!(!has_answer(&blocking));
        }
    }
}

/// Rules: PR22
#[test]
fn messages_of_the_program_s_own_are_handled_beside_those_of_the_sockets() {
    let arguments = ["--trace", "--own-messages", "5000"];
    let server = Server::start(model("async-select"), &arguments);
    server.logged("message: the program's own");
    let mut client = server.connect();
    let peer = client.local_addr().expect("it is connected");
    client.write_all(b"among them").expect("it takes the bytes");
    client.read_exact(&mut [0; 10]).expect("it answers");
    server.logged(&format!("{peer}: recv: 10 bytes"));
    server.logged("message: the program's own");
    server.interrupt(TERMINATE);
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    assert!(log.iter().any(|line| line.contains("message: stop")));
}

/// Rules: PR19, PR22
#[test]
fn only_a_model_with_a_queue_takes_messages_of_the_program_s_own() {
    for model in MODELS.iter().filter(|model| model.name != "async-select") {
        let (code, line) = failure(
            program(),
            &[
                "serve",
                "--model",
                model.name,
                "--listen",
                "127.0.0.1:0",
                "--own-messages",
                "10",
            ],
        );
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains("leave --own-messages out"), "{line}");
    }
}
