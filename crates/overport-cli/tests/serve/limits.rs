//! Limits: of connections, of descriptors, of patience, and of the models.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::harness::{Server, assert_closed, assert_echo, failure, finish, limited};
use crate::models::{MODELS, for_each_concurrent_model, for_each_model};

/// Rules: PR10
#[test]
fn who_comes_beyond_the_connection_limit_is_refused_until_a_place_is_free() {
    for_each_concurrent_model(|model| {
        let server = Server::start(model, &["--max-connections", "2"]);
        let mut first = server.connect_and_echo();
        let mut second = server.connect_and_echo();
        let mut third = server.connect();
        let peer = third.local_addr().expect("it is connected");
        assert_closed(&mut third);
        server.logged(&format!("{peer} refused"));

        assert_echo(&mut second, b"not affected");
        first
            .shutdown(std::net::Shutdown::Write)
            .expect("still connected");
        assert_closed(&mut first);
        server.connect_and_echo();
    });
}

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

/// Rules: PR10
#[test]
fn a_client_that_is_idle_for_too_long_is_dropped() {
    for_each_model(|model| {
        let start = Instant::now();
        let server = Server::start(model, &["--idle-timeout-ms", "60"]);
        let mut client = server.connect_and_echo();
        let peer = client.local_addr().expect("it is connected");
        assert_closed(&mut client);
        assert!(start.elapsed() >= Duration::from_millis(60));
        let line = server.logged(&format!("{peer} left"));
        assert!(line.contains("idle"), "{line}");
    });
}

/// Rules: PR3, SK14
#[test]
fn a_model_for_one_client_lets_the_second_wait() {
    for model in MODELS.iter().filter(|model| !model.concurrent) {
        let server = Server::start(model, &[]);
        let first = server.connect_and_echo();
        let mut second = server.connect();
        second.write_all(b"me too").expect("the backlog takes it");
        second
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("a socket takes timeouts");
        let answer = second.read(&mut [0; 6]).map_err(|error| error.kind());
        assert_eq!(answer, Err(ErrorKind::WouldBlock));

        drop(first);
        let mut second = crate::harness::with_deadlines(second);
        let mut answer = [0; 6];
        second.read_exact(&mut answer).expect("it is served now");
        assert_eq!(&answer, b"me too");
    }
}

/// Rules: PR3
#[test]
fn who_comes_beyond_the_limit_of_the_model_is_refused_and_the_others_are_served() {
    for model in MODELS.iter().filter(|model| !model.for_many.is_empty()) {
        let server = Server::start(model, &[]);
        let mut clients: Vec<_> = (0..63).map(|_| server.connect_and_echo()).collect();
        // The model may need one of its 64 for itself.
        let mut beyond: Vec<_> = (0..2).map(|_| server.connect()).collect();
        let refusal = server.logged("refused");
        assert!(refusal.contains("--threads"), "{refusal}");
        let mut last = beyond.pop().expect("there are two");
        assert_closed(&mut last);
        for client in &mut clients {
            assert_echo(client, b"still served");
        }
        assert!(finish(&mut clients[31]).is_empty());
        server.connect_and_echo();
    }
}
