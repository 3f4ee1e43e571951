//! Clients that do not read: connections whose buffers are full.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::backends::backends;
use crate::harness::{
    DEADLINE, Server, assert_closed, assert_echo, connect_narrow, finish, pattern,
};
use crate::models::{for_each_model, model};
use crate::observed::widen;
use crate::process::TERMINATE;
use crate::stop::{assert_cuts_a_client_off, assert_ends_when_interrupted_twice};

/// Rules: PR6
#[test]
fn a_client_that_does_not_read_costs_neither_memory_nor_time_and_loses_nothing() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        drop(server.connect_and_echo());
        let before = server.resident_kib();

        let (mut slow, filled) = server.connect_and_fill();
        let grown = server.resident_kib().saturating_sub(before);
        assert!(grown < 1024, "{grown} KiB for {filled} bytes");
        if !model.polls {
            let window = Duration::from_millis(200);
            let busy = server.busy_within(window);
            assert!(busy < window / 4, "busy for {busy:?} in {window:?}");
        }
        if model.concurrent {
            server.connect_and_echo();
        }

        widen(&slow);
        let mut answer = vec![0; filled];
        slow.read_exact(&mut answer).expect("it answers");
        assert!(answer == pattern(filled));
        assert!(finish(&mut slow).is_empty());
    });
}

/// Rules: PR4, PR6
#[test]
fn a_client_that_has_ended_sending_and_reads_slowly_gets_all_of_its_echo_and_then_the_end() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        let (mut slow, filled) = server.connect_and_fill();
        let peer = slow.local_addr().expect("it is connected");
        slow.shutdown(std::net::Shutdown::Write)
            .expect("still connected");
        let mut answer = Vec::new();
        // Its receive buffer stays as narrow as it was, so the server waits for each of these.
        let mut piece = [0; 700];
        loop {
            match slow.read(&mut piece).expect("it answers") {
                0 => break,
                length => answer.extend_from_slice(&piece[..length]),
            }
        }
        assert!(answer == pattern(filled), "{} of {filled}", answer.len());
        server.logged(&format!("{peer} left: its stream ended"));
    });
}

/// Rules: PR5
#[test]
fn a_reset_ends_a_client_that_has_not_read_its_echo() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        let mut stays = model.concurrent.then(|| server.connect_and_echo());
        let (resets, _) = server.connect_and_fill();
        let peer = resets.local_addr().expect("it is connected");
        SockRef::from(&resets)
            .set_linger(Some(Duration::ZERO))
            .expect("a socket takes options");
        drop(resets);
        server.logged(&format!("{peer} left"));
        if let Some(stays) = &mut stays {
            assert_echo(stays, b"still here");
        }
        drop(stays);
        server.connect_and_echo();
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

        server.interrupt(TERMINATE);
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
fn the_grace_time_bounds_the_wait_for_a_client() {
    for_each_model(|model| {
        let server = Server::start(model, &["--grace-ms", "50", "--buffer-size", "65536"]);
        let _stuck = server.connect_and_fill();
        assert_cuts_a_client_off(server);
    });
}

/// Rules: PR18
#[test]
fn a_second_signal_ends_the_server_at_once() {
    for_each_model(|model| {
        let server = Server::start(model, &["--grace-ms", "60000", "--buffer-size", "65536"]);
        let _stuck = server.connect_and_fill();
        assert_ends_when_interrupted_twice(server);
    });
}

/// Rules: PR6
#[test]
fn more_clients_that_do_not_read_than_there_are_buffers_keep_none_from_the_others() {
    // More than the buffers between server and client take, so that a send waits in the server.
    const UNREAD: usize = 700 << 10;
    // So large that 16 make the pool.
    for backend in backends() {
        let options = ["--quiet", "--buffer-size", "262144", "--backend", backend];
        let server = Server::start(model("completion-port"), &options);
        let mut reads = server.connect_and_echo();
        let message = pattern(UNREAD);
        let mut slow: Vec<TcpStream> = Vec::new();
        for _ in 0..24 {
            let mut client = connect_narrow(server.address);
            client.write_all(&message).expect("it takes the message");
            slow.push(client);
        }
        assert_echo(&mut reads, &pattern(100_000));
        server.connect_and_echo();
        for mut client in slow {
            widen(&client);
            let mut answer = vec![0; UNREAD];
            client.read_exact(&mut answer).expect("it answers");
            assert!(answer == message);
            assert!(finish(&mut client).is_empty());
        }
        server.interrupt(TERMINATE);
        assert_eq!(server.end().0, Some(0));
    }
}
