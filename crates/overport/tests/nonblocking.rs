//! Calls that would have to wait, and what becomes of them.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io;

use common::{connect, datagram, listener, pair, persist, refusing, stalling, stream};
use overport::Socket;
use overport::nonblocking::{attempt, is_connected};

fn would_block<T>(result: io::Result<T>) -> bool {
    result.is_err_and(|error| {
        error.kind() == io::ErrorKind::WouldBlock
            && overport::error::wsa_code(&error) == Some(10035)
    })
}

/// Polls until the connect that was begun has ended.
fn wait_for_connect(socket: &Socket) -> io::Result<()> {
    persist(|| match is_connected(socket)? {
        true => Ok(()),
        false => Err(io::ErrorKind::WouldBlock.into()),
    })
}

/// Rules: SK8, SK11, SK12
#[test]
fn a_call_that_cannot_proceed_would_block_and_can_be_made_again() {
    let (listener, address) = listener();
    listener.set_nonblocking(true).unwrap();
    assert!(would_block(listener.accept()));
    let client = connect(address);
    let (server, _) = persist(|| listener.accept()).unwrap();

    let mut buffer = [0; 16];
    assert!(would_block(server.receive(&mut buffer)));
    client.send(b"abc").unwrap();
    assert_eq!(persist(|| server.receive(&mut buffer)).unwrap(), 3);
    assert!(would_block(server.receive(&mut buffer)));

    let receiver = datagram();
    receiver.set_nonblocking(true).unwrap();
    assert!(would_block(receiver.receive_from(&mut buffer)));
    datagram()
        .send_to(b"abcd", receiver.local_addr().unwrap())
        .unwrap();
    assert_eq!(persist(|| receiver.receive_from(&mut buffer)).unwrap().0, 4);
}

/// Rules: SK10
#[test]
fn a_send_takes_what_there_is_room_for_until_there_is_none() {
    let (client, server) = pair();
    client.set_nonblocking(true).unwrap();
    let block = vec![1; 1 << 20];
    let mut sent = 0;
    while let Some(length) = attempt(|| client.send(&block)).unwrap() {
        assert!(length > 0);
        sent += length;
        assert!(sent < 1 << 30, "the buffers have an end");
    }
    let mut buffer = vec![0; 1 << 20];
    let mut received = 0;
    while received < sent {
        received += server.receive(&mut buffer).unwrap();
    }
    assert!(persist(|| client.send(&block)).unwrap() > 0);
}

/// Rules: SK9
#[test]
fn a_connect_goes_on_without_the_call() {
    let (_listener, address) = listener();
    let client = stream();
    client.set_nonblocking(true).unwrap();
    assert!(would_block(client.connect(address)));
    wait_for_connect(&client).unwrap();
    assert!(is_connected(&client).unwrap(), "it stays so");
    assert_eq!(client.peer_addr().unwrap(), address);
    assert_eq!(client.send(b"x").unwrap(), 1);
}

/// Rules: SK9, SK19
#[test]
fn a_connect_that_fails_after_the_call_is_told_of_until_the_next_one() {
    let (_keep, nowhere) = refusing();
    let (_listener, address) = listener();
    let client = stream();
    client.set_nonblocking(true).unwrap();
    assert!(would_block(client.connect(nowhere)));
    let failed = wait_for_connect(&client);
    assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    let again = is_connected(&client).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::ConnectionRefused);
    assert!(would_block(client.connect(address)), "the next one begins");
    wait_for_connect(&client).unwrap();
}

/// Rules: SK18
#[test]
fn while_a_connect_goes_on_there_is_no_connection_to_use() {
    let (_keep, address) = stalling();
    let client = stream();
    client.set_nonblocking(true).unwrap();
    assert!(would_block(client.connect(address)));
    assert!(!is_connected(&client).unwrap());
    let wsa = |error: &io::Error| overport::error::wsa_code(error);
    assert_eq!(wsa(&client.connect(address).unwrap_err()), Some(10037));
    assert_eq!(wsa(&client.send(b"x").unwrap_err()), Some(10057));
    assert_eq!(wsa(&client.receive(&mut [0]).unwrap_err()), Some(10057));
    // In blocking mode the calls don't wait for the handshake either.
    client.set_nonblocking(false).unwrap();
    assert_eq!(wsa(&client.receive(&mut [0]).unwrap_err()), Some(10057));
}

/// Rules: SK13
#[test]
fn the_mode_is_switched_at_any_time() {
    let (client, server) = pair();
    let mut buffer = [0; 16];
    for _ in 0..3 {
        server.set_nonblocking(true).unwrap();
        assert!(server.is_nonblocking());
        assert!(would_block(server.receive(&mut buffer)));
        server.set_nonblocking(false).unwrap();
        assert!(!server.is_nonblocking());
        client.send(b"abc").unwrap();
        assert_eq!(server.receive(&mut buffer).unwrap(), 3);
    }
}

/// Rules: SK21
#[test]
fn an_accepted_socket_has_its_listeners_mode() {
    let (listener, address) = listener();
    let _clients = (connect(address), connect(address));
    assert!(!listener.accept().unwrap().0.is_nonblocking());
    listener.set_nonblocking(true).unwrap();
    let (server, _) = persist(|| listener.accept()).unwrap();
    assert!(server.is_nonblocking());
    assert!(would_block(server.receive(&mut [0])));
}

#[test]
fn an_attempt_passes_on_what_is_not_a_wait() {
    assert_eq!(attempt(|| Ok(3)).unwrap(), Some(3));
    let reset = || Err::<(), _>(io::ErrorKind::ConnectionReset.into());
    assert_eq!(
        attempt(reset).unwrap_err().kind(),
        io::ErrorKind::ConnectionReset
    );
    assert_eq!(
        is_connected(&stream()).unwrap_err().kind(),
        io::ErrorKind::NotConnected
    );
}
