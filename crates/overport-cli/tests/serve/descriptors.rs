//! Servers that may have few descriptors.

use std::net::TcpStream;
use std::time::Duration;

use crate::harness::{Server, assert_echo, failure};
use crate::models::{for_each_concurrent_model, for_each_model};
use crate::observed::limited;

/// Rules: PR7
#[test]
fn without_descriptors_the_server_waits_and_accepts_again_afterwards() {
    for_each_concurrent_model(|model| {
        let server = Server::start_limited(40, model, &[]);
        let mut clients: Vec<TcpStream> = (0..50).map(|_| server.connect()).collect();
        server.logged("cannot accept");
        assert_echo(&mut clients[0], b"still served");
        if !model.polls {
            let window = Duration::from_millis(300);
            let busy = server.busy_within(window);
            assert!(busy < window / 4, "busy for {busy:?} in {window:?}");
        }

        // The last has waited for as long as there were no descriptors for it.
        let mut last = clients.pop().expect("there are fifty");
        drop(clients);
        assert_echo(&mut last, b"at last");
        server.logged("accepting again");
        server.connect_and_echo();
    });
}

/// Rules: PR19
#[test]
fn more_connections_than_descriptors_are_refused_before_the_start() {
    for_each_model(|model| {
        let (code, line) = failure(
            limited(40),
            &[
                "serve",
                "--model",
                model.name,
                "--listen",
                "127.0.0.1:0",
                "--max-connections",
                "100",
            ],
        );
        assert_eq!(code, Some(1));
        assert!(line.contains("ulimit"), "{line}");
    });
}

/// Rules: PR19
#[test]
fn too_few_descriptors_to_serve_anybody_are_told_before_the_start() {
    for_each_model(|model| {
        let arguments = ["serve", "--model", model.name, "--listen", "127.0.0.1:0"];
        let (code, line) = failure(limited(8), &arguments);
        assert_eq!(code, Some(1), "{line}");
        assert!(line.contains("1 connection needs"), "{line}");
        assert!(line.contains("ulimit"), "{line}");
    });
}

/// Rules: PR19
#[test]
fn a_client_is_counted_with_the_descriptors_of_its_event_object() {
    let (code, line) = failure(
        limited(60),
        &[
            "serve",
            "--model",
            "event-select",
            "--listen",
            "127.0.0.1:0",
            "--max-connections",
            "15",
        ],
    );
    assert_eq!(code, Some(1));
    assert!(
        line.contains("15 connections need 69 descriptors"),
        "{line}"
    );
    assert!(line.contains("at most 12"), "{line}");
}
