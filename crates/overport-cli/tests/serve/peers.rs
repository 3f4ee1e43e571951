//! Clients that are not nice.

use std::io::{Read, Write};
use std::time::Duration;

use socket2::SockRef;

use crate::harness::{Server, assert_echo, finish, pattern, read_to_end, widen};
use crate::models::for_each_model;

/// Rules: PR5
#[test]
fn a_reset_ends_that_client_alone() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        let mut stays = model.concurrent.then(|| server.connect_and_echo());
        let resets = server.connect_and_echo();
        let peer = resets.local_addr().expect("it is connected");
        SockRef::from(&resets)
            .set_linger(Some(Duration::ZERO))
            .expect("a socket takes options");
        drop(resets);
        let line = server.logged(&format!("{peer} left"));
        assert!(line.contains("reset"), "{line}");
        if let Some(stays) = &mut stays {
            assert_echo(stays, b"still here");
        }
        drop(stays);
        server.connect_and_echo();
    });
}

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

/// Rules: PR5
#[test]
fn a_client_may_leave_while_its_message_is_handled() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        for _ in 0..5 {
            let mut leaves = server.connect();
            let peer = leaves.local_addr().expect("it is connected");
            leaves.write_all(&pattern(20_000)).expect("it takes it all");
            drop(leaves);
            server.logged(&format!("{peer} left"));
        }
        server.connect_and_echo();
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

/// Rules: PR8
#[test]
fn out_of_band_bytes_leave_the_stream_as_it_is() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        let mut client = server.connect_and_echo();
        client.write_all(b"before").expect("it takes the bytes");
        SockRef::from(&client)
            .send_out_of_band(b"!")
            .expect("it takes the byte");
        client.write_all(b"after").expect("it takes the bytes");
        client
            .shutdown(std::net::Shutdown::Write)
            .expect("still connected");
        assert_eq!(read_to_end(&mut client), b"beforeafter");
        drop(client);
        server.connect_and_echo();
    });
}
