//! How a server ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use rustix::process::Signal;

use crate::harness::{DEADLINE, Server, assert_closed, pattern, widen};
use crate::models::{for_each_concurrent_model, for_each_model};

/// Rules: PR12
#[test]
fn a_server_without_clients_ends_at_once_on_either_signal() {
    for_each_model(|model| {
        for signal in [Signal::TERM, Signal::INT] {
            let server = Server::start(model, &[]);
            server.signal(signal);
            assert_eq!(server.end().0, Some(0));
        }
    });
}

/// Rules: PR12
#[test]
fn a_stopped_server_finishes_what_is_in_flight_and_accepts_nobody() {
    for_each_model(|model| {
        let server = Server::start(model, &["--grace-ms", "10000", "--buffer-size", "65536"]);
        let mut idle = model.concurrent.then(|| server.connect_and_echo());
        let (mut busy, filled) = server.connect_and_fill();
        let mut answer = vec![0; filled];
        let mut answered = 0;
        widen(&busy);
        // By the piece, since to look is to go through the system's list of connections.
        while !server.has_all_of(&busy) {
            let piece = answered..filled.min(answered + (64 << 10));
            answered = piece.end;
            busy.read_exact(&mut answer[piece]).expect("it answers");
        }

        server.signal(Signal::TERM);
        if let Some(idle) = &mut idle {
            assert_closed(idle);
            assert_refuses(&server);
        }
        busy.read_exact(&mut answer[answered..])
            .expect("it answers");
        assert!(answer == pattern(answer.len()));
        assert_closed(&mut busy);
        assert_eq!(server.end().0, Some(0));
    });
}

/// Nobody can connect, or soon can't: the kernel may let go of a listener a moment after its close.
#[track_caller]
fn assert_refuses(server: &Server) {
    let deadline = Instant::now() + DEADLINE;
    while TcpStream::connect(server.address).is_ok() {
        assert!(Instant::now() < deadline, "it still listens");
        thread::yield_now();
    }
}

/// Rules: PR12
#[test]
fn clients_that_are_busy_when_the_server_is_stopped_get_nothing_but_their_echo() {
    for_each_concurrent_model(|model| {
        for signal in [Signal::TERM, Signal::INT] {
            let server = Server::start(model, &["--grace-ms", "60000"]);
            let _idle = server.connect_and_echo();
            let clients: Vec<_> = (0..8).map(|_| server.connect_and_echo()).collect();
            thread::scope(|scope| {
                for client in clients {
                    scope.spawn(|| send_until_the_end(client));
                }
                server.signal(signal);
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

/// Rules: PR12
#[test]
fn the_grace_time_bounds_the_wait_for_a_client() {
    for_each_model(|model| {
        let server = Server::start(model, &["--grace-ms", "50", "--buffer-size", "65536"]);
        let _stuck = server.connect_and_fill();
        server.signal(Signal::TERM);
        let (code, log) = server.end();
        assert_eq!(code, Some(0));
        assert!(
            log.iter().any(|line| line.contains("1 client cut off")),
            "{log:?}"
        );
    });
}

/// Rules: PR18
#[test]
fn a_second_signal_ends_the_server_at_once() {
    for_each_model(|model| {
        let server = Server::start(model, &["--grace-ms", "60000", "--buffer-size", "65536"]);
        let _stuck = server.connect_and_fill();
        server.signal(Signal::INT);
        server.logged("stopping");
        server.signal(Signal::INT);
        let (code, log) = server.end();
        assert_eq!(code, Some(130));
        assert_eq!(
            log.last().map(String::as_str),
            Some("overport: interrupted")
        );
    });
}
