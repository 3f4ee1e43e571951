//! What is sent comes back.

use std::io::Write;

use crate::harness::{Server, assert_echo, finish, pattern, read_to_end};
use crate::models::{for_each_concurrent_model, for_each_model};

/// Rules: PR1
#[test]
fn a_message_of_any_length_is_echoed_exactly() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        let mut client = server.connect();
        for length in [1, 2, 4095, 4096, 4097, 65_536, 1 << 20] {
            assert_echo(&mut client, &pattern(length));
        }
    });
}

/// Rules: PR1
#[test]
fn a_message_in_pieces_of_one_byte_is_echoed_exactly() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        let mut client = server.connect();
        client.set_nodelay(true).expect("a socket takes options");
        let message = pattern(600);
        for piece in message[..300].chunks(1) {
            assert_echo(&mut client, piece);
        }
        for piece in message[300..].chunks(1) {
            client.write_all(piece).expect("it takes the piece");
        }
        assert!(finish(&mut client) == message[300..]);
    });
}

/// Rules: PR1
#[test]
fn a_buffer_of_one_byte_echoes_exactly() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet", "--buffer-size", "1"]);
        assert_echo(&mut server.connect(), &pattern(1000));
    });
}

/// Rules: PR4
#[test]
fn a_half_close_is_answered_with_the_echo_and_then_the_end() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        for length in [0, 1, 100_000] {
            let mut client = server.connect();
            client.write_all(&pattern(length)).expect("it takes it all");
            assert!(finish(&mut client) == pattern(length));
        }
    });
}

/// Rules: PR2
#[test]
fn seventy_clients_that_come_together_are_all_served() {
    for_each_model(|model| {
        let server = Server::start(model, &[&["--quiet"], model.for_many].concat());
        let mut clients: Vec<_> = (0..70).map(|_| server.connect()).collect();
        for (client, message) in clients.iter_mut().zip(0_u32..) {
            client
                .write_all(&message.to_be_bytes())
                .and_then(|()| client.shutdown(std::net::Shutdown::Write))
                .expect("it takes the message");
        }
        for (client, message) in clients.iter_mut().zip(0_u32..) {
            assert_eq!(read_to_end(client), message.to_be_bytes());
        }
    });
}

/// Rules: PR2
#[test]
fn seventy_clients_that_stay_are_served_at_once() {
    for_each_concurrent_model(|model| {
        let server = Server::start(model, &[&["--quiet"], model.for_many].concat());
        let mut clients: Vec<_> = (0..70).map(|_| server.connect()).collect();
        for _ in 0..3 {
            for (client, message) in clients.iter_mut().zip(0_u32..) {
                assert_echo(client, &message.to_be_bytes());
            }
        }
    });
}
