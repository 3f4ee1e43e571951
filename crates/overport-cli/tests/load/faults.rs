//! Servers that do not echo as they should.

use std::sync::{Mutex, mpsc};

use crate::assert_one_error;
use crate::program::run_load;
use crate::servers::{Server, echo, flawed, mute};

/// Rules: PR13
#[test]
fn an_idle_connection_that_the_server_closes_is_an_error() {
    let first = Mutex::new(true);
    let server =
        Server::iterative(
            move |stream| match std::mem::take(&mut *first.lock().unwrap()) {
                true => Ok(()),
                false => echo(stream),
            },
        );
    let ended = run_load(server.address, "--connections 1 --idle 1 --messages 50");
    assert_one_error(&ended, "closed by the server while it was idle");
}

/// Rules: PR13
#[test]
fn a_changed_byte_is_an_error_with_its_place() {
    let server = Server::concurrent(flawed(150, |piece, at| piece[at] ^= 1));
    let ended = run_load(server.address, "--connections 1 --messages 10");
    assert_one_error(&ended, "wrong byte in message 2 at offset 22");
    assert!(ended.line().contains("connection 0"), "{}", ended.line());
    assert_eq!(ended.report()["messages"], 2);
}

/// Rules: PR13
#[test]
fn every_connection_s_error_is_counted() {
    let server = Server::concurrent(flawed(0, |piece, at| piece[at] ^= 0x80));
    let ended = run_load(server.address, "--connections 25 --messages 100");
    assert_eq!(ended.code, Some(1));
    assert!(ended.line().contains("25 errors"), "{}", ended.line());
    let report = ended.report();
    assert_eq!(report["errors"], 25);
    assert_eq!(report["faults"].as_array().unwrap().len(), 10);
}

/// Rules: PR13
#[test]
fn a_lost_byte_is_an_error() {
    let server = Server::concurrent(flawed(70, lose));
    let options = "--connections 1 --in-flight 4 --messages 8";
    assert_one_error(
        &run_load(server.address, options),
        "wrong byte in message 1",
    );
}

/// Rules: PR13
#[test]
fn a_lost_last_byte_is_an_error() {
    let server = Server::concurrent(flawed(127, lose));
    let options = "--connections 1 --messages 2 --stall-timeout 0.5";
    let ended = run_load(server.address, options);
    assert_one_error(&ended, "after 63 of the 64 bytes of message 1");
}

/// Rules: PR13
#[test]
fn a_repeated_byte_is_an_error() {
    let server = Server::concurrent(flawed(70, repeat));
    let options = "--connections 1 --in-flight 4 --messages 8";
    assert_one_error(&run_load(server.address, options), "in message 1");
}

/// Rules: PR13
#[test]
fn a_repeated_last_byte_is_an_error() {
    let server = Server::concurrent(flawed(127, repeat));
    let ended = run_load(server.address, "--connections 1 --messages 2");
    assert_one_error(&ended, "more bytes than were sent");
}

/// Rules: PR13
#[test]
fn a_stream_that_ends_early_is_an_error() {
    let server = Server::concurrent(|mut stream| {
        use std::io::{Read, Write};
        let mut message = [0; 64];
        stream.read_exact(&mut message)?;
        stream.write_all(&message[..10])
    });
    let ended = run_load(server.address, "--connections 1 --messages 2");
    assert_one_error(
        &ended,
        "closed by the server after 10 of the 64 bytes of message 0",
    );
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let server = Server::concurrent(mute);
    let options = "--connections 1 --messages 2 --stall-timeout 0.2";
    assert_one_error(&run_load(server.address, options), "no answer any more");
}

#[test]
fn a_server_that_never_closes_is_given_up() {
    let (ended_sender, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let server = Server::concurrent(move |stream| {
        echo(stream.try_clone()?)?;
        // The test drops the other end when the run is over.
        let _ = ended.lock().unwrap().recv();
        Ok(())
    });
    let options = "--connections 1 --messages 2 --stall-timeout 0.2";
    let result = run_load(server.address, options);
    drop(ended_sender);
    assert_one_error(&result, "did not close");
}

fn lose(piece: &mut Vec<u8>, at: usize) {
    piece.remove(at);
}

fn repeat(piece: &mut Vec<u8>, at: usize) {
    piece.insert(at, piece[at]);
}
