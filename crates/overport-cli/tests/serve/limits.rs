//! Limits: of connections, of descriptors, of patience, and of the models.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::harness::{Server, assert_closed, assert_echo, connect_narrow, finish};
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

/// Rules: PR3
#[test]
fn who_comes_when_the_threads_are_full_is_refused_until_a_place_is_free() {
    for model in MODELS {
        let Some(clients) = model.clients_a_thread else {
            continue;
        };
        let server = Server::start(model, &["--threads", "2"]);
        let served = (0..2 * clients).map(|_| server.connect_and_echo());
        let mut served: Vec<TcpStream> = served.collect();
        for _ in 0..2 {
            let mut beyond = server.connect();
            let peer = beyond.local_addr().expect("it is connected");
            assert_closed(&mut beyond);
            let line = server.logged(&format!("{peer} refused"));
            assert!(line.contains("--threads"), "{line}");
        }
        for client in &mut served {
            assert_echo(client, b"not affected");
        }

        let mut leaves = served.swap_remove(clients / 2);
        assert!(finish(&mut leaves).is_empty());
        server.connect_and_echo();
    }
}

/// Rules: PR10
#[test]
fn a_client_that_is_idle_for_too_long_is_dropped() {
    for_each_model(|model| {
        let start = Instant::now();
        let server = Server::start(model, &["--idle-timeout-ms", "400"]);
        let mut client = server.connect_and_echo();
        let peer = client.local_addr().expect("it is connected");
        assert_closed(&mut client);
        assert!(start.elapsed() >= Duration::from_millis(400));
        let line = server.logged(&format!("{peer} left"));
        assert!(line.contains("idle"), "{line}");
    });
}

/// Rules: PR10
#[test]
fn a_client_that_does_not_read_is_idle_once_nothing_more_can_be_sent() {
    for_each_model(|model| {
        let server = Server::start(model, &["--idle-timeout-ms", "400"]);
        let mut stuck = connect_narrow(server.address);
        let peer = stuck.local_addr().expect("it is connected");
        // It goes on until there is no room, or the server has dropped it.
        while stuck.write_all(&[0; 4096]).is_ok() {}
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
        // Unlike read it goes on after an interruption, which a read with a timeout may meet.
        let answer = second.read_exact(&mut [0; 6]);
        let error = answer.expect_err("it waits").kind();
        // The systems call a timeout by different names.
        assert!(matches!(error, ErrorKind::WouldBlock | ErrorKind::TimedOut));

        drop(first);
        let mut second = crate::harness::with_deadlines(second);
        let mut answer = [0; 6];
        second.read_exact(&mut answer).expect("it is served now");
        assert_eq!(&answer, b"me too");
    }
}
