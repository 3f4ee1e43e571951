//! When each call of a blocking socket returns.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io;
use std::net::Shutdown;

use common::{Background, connect, datagram, listener, pair, refusing, stream};
use overport::error::wsa_code;

/// Rules: SK1
#[test]
fn accept_returns_when_a_client_has_connected() {
    let (listener, address) = listener();
    let accept = Background::spawn(move || listener.accept().map(|(_, peer)| peer));
    accept.wait_until_blocked();
    let client = connect(address);
    assert_eq!(
        accept.result().unwrap(),
        client.local_addr().unwrap(),
        "the peer is the client"
    );
}

/// Rules: SK2
#[test]
fn connect_returns_when_the_handshake_has_succeeded_before_anybody_accepts() {
    let (listener, address) = listener();
    let client = connect(address);
    assert_eq!(client.peer_addr().unwrap(), address);
    client.send(b"early").unwrap();
    let (server, _) = listener.accept().unwrap();
    let mut buffer = [0; 8];
    assert_eq!(server.receive(&mut buffer).unwrap(), 5);
}

/// Rules: SK2
#[test]
fn connect_returns_the_error_that_the_handshake_failed_with() {
    let (_keep, address) = refusing();
    let error = stream().connect(address).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

/// Rules: SK3
#[test]
fn send_returns_without_the_peer_when_the_send_buffer_has_room() {
    let (client, server) = pair();
    assert_eq!(client.send(b"nobody receives yet").unwrap(), 19);
    drop(server);
}

/// Rules: SK3
#[test]
fn send_returns_when_all_bytes_are_in_the_send_buffer() {
    const LENGTH: usize = 16 << 20;
    let (client, server) = pair();
    let send = Background::spawn(move || client.send(&vec![7; LENGTH]));
    send.wait_until_blocked();
    assert!(
        send.is_under_way(),
        "the buffers are smaller than the message"
    );
    let mut received = 0;
    let mut buffer = vec![0; 1 << 20];
    while received < LENGTH {
        let length = server.receive(&mut buffer).unwrap();
        assert!(buffer[..length].iter().all(|&byte| byte == 7));
        received += length;
    }
    assert_eq!(send.result().unwrap(), LENGTH);
}

/// Rules: SK4
#[test]
fn receive_returns_when_one_byte_is_there() {
    let (client, server) = pair();
    let receive = Background::spawn(move || {
        let mut buffer = [0; 1024];
        server.receive(&mut buffer)
    });
    receive.wait_until_blocked();
    client.send(b"1").unwrap();
    assert_eq!(receive.result().unwrap(), 1);
}

/// Rules: SK5, SK24
#[test]
fn receive_returns_nothing_when_the_peer_has_ended_its_side() {
    let (client, server) = pair();
    client.send(b"last").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(server.receive(&mut buffer).unwrap(), 4);
    assert_eq!(server.receive(&mut buffer).unwrap(), 0);
    assert_eq!(server.receive(&mut buffer).unwrap(), 0);
    // The other direction is as it was.
    server.send(b"answer").unwrap();
    assert_eq!(client.receive(&mut buffer).unwrap(), 6);
}

/// Rules: SK6
#[test]
fn a_datagram_is_received_whole_and_alone() {
    let (sender, receiver) = (datagram(), datagram());
    let address = receiver.local_addr().unwrap();
    let receive = Background::spawn(move || {
        let mut buffer = [0; 1024];
        let first = receiver.receive_from(&mut buffer).unwrap();
        (first, receiver.receive_from(&mut buffer).unwrap())
    });
    receive.wait_until_blocked();
    assert_eq!(sender.send_to(&[1; 300], address).unwrap(), 300);
    assert_eq!(sender.send_to(&[], address).unwrap(), 0);
    let from = sender.local_addr().unwrap();
    assert_eq!(receive.result(), ((300, from), (0, from)));
}

/// Rules: SK7, SK29
#[test]
fn a_datagram_longer_than_the_buffer_is_an_error_and_gone() {
    let socket = datagram();
    let address = socket.local_addr().unwrap();
    socket.send_to(b"too long", address).unwrap();
    socket.send_to(b"next", address).unwrap();
    let mut buffer = [0; 4];
    for peek in [true, false] {
        let result = match peek {
            true => socket.peek(&mut buffer),
            false => socket.receive(&mut buffer),
        };
        assert_eq!(wsa_code(&result.unwrap_err()), Some(10040));
        assert_eq!(&buffer, b"too ");
    }
    assert_eq!(socket.receive_from(&mut buffer).unwrap(), (4, address));
    assert_eq!(&buffer, b"next");
}
