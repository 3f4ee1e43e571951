//! `async_select`: which messages come when, and what ends them.

mod common;

use std::io::{self, Read};
use std::net::Shutdown;
use std::time::Duration;

use common::events::{await_bytes, fill, receive};
use common::messages::Short::{Event, Number};
use common::messages::{assert_empty, is_readable, next, next_error, next_of, queue};
use common::{DEADLINE, connect, listener, pair, refusing, reset, stream};
use overport::NetworkEvent::{
    Accept, Close, Connect, OutOfBand, Read as Readable, Write as Writable,
};
use overport::NetworkEvents;
use overport::async_select::{Message, select};

/// Rules: AS1, AS3
#[test]
fn a_connect_gives_connect_and_then_write() {
    let (_listener, address) = listener();
    let client = stream();
    let mut queue = queue();
    select(&client, &queue, NetworkEvents::ALL).unwrap();
    client.connect(address).unwrap_err();
    assert_eq!(next_of(&client, &mut queue), Event(Connect));
    assert_eq!(next_of(&client, &mut queue), Event(Writable));
    assert_empty(&mut queue);
}

/// Rules: AS1, AS3
#[test]
fn a_refused_connect_gives_connect_with_its_error() {
    let (_kept, address) = refusing();
    let client = stream();
    let mut queue = queue();
    select(&client, &queue, NetworkEvents::ALL).unwrap();
    client.connect(address).unwrap_err();
    let error = next_error(&mut queue, Connect);
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert_empty(&mut queue);
}

/// Rules: AS2, AS4
#[test]
fn accept_posts_accept_again_while_connections_wait() {
    let (listener, address) = listener();
    let mut queue = queue();
    select(&listener, &queue, NetworkEvents::ACCEPT).unwrap();
    let _clients = [connect(address), connect(address)];
    assert_eq!(next_of(&listener, &mut queue), Event(Accept));
    let _third = connect(address);
    assert_empty(&mut queue);
    for _ in 0..2 {
        listener.accept().unwrap();
        assert_eq!(next_of(&listener, &mut queue), Event(Accept));
    }
    listener.accept().unwrap();
    assert_empty(&mut queue);
}

/// Rules: AS2, AS4
#[test]
fn a_receive_posts_read_again_while_data_is_left() {
    let (client, server) = pair();
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::READ).unwrap();
    client.send(b"abcd").unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    client.send(b"e").unwrap();
    await_bytes(&server, 5);
    assert_empty(&mut queue);
    assert_eq!(receive(&server, 2), b"ab");
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    assert_eq!(receive(&server, 8), b"cde");
    assert_empty(&mut queue);
    server.receive(&mut [0; 8]).unwrap_err();
    client.send(b"f").unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
}

/// Rules: AS2
#[test]
fn an_out_of_band_byte_gives_a_message_of_its_own() {
    let (client, server) = pair();
    let mut queue = queue();
    let mask = NetworkEvents::READ | NetworkEvents::OUT_OF_BAND;
    select(&server, &queue, mask).unwrap();
    for byte in [b"1", b"2"] {
        client.send_out_of_band(byte).unwrap();
        assert_eq!(next_of(&server, &mut queue), Event(OutOfBand));
        let mut received = [0];
        server.receive_out_of_band(&mut received).unwrap();
        assert_eq!(&received, byte);
        assert_empty(&mut queue);
    }
}

/// Rules: AS3
#[test]
fn write_comes_once_and_then_after_a_send_that_would_block() {
    let (mut client, server) = pair();
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::WRITE).unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Writable));
    let sent = fill(&server);
    assert_empty(&mut queue);
    client.read_exact(&mut vec![0; sent]).unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Writable));
    server.send(b"room").unwrap();
    assert_empty(&mut queue);
}

/// Rules: AS3
#[test]
fn close_comes_once_without_error_when_the_peer_stops_sending() {
    let (client, server) = pair();
    let mut queue = queue();
    let mask = NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&server, &queue, mask).unwrap();
    client.send(b"last").unwrap();
    await_bytes(&server, 4);
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    // CLOSE may be there already, or come when all is received.
    assert_eq!(receive(&server, 8), b"last");
    assert_eq!(next_of(&server, &mut queue), Event(Close));
    assert_eq!(receive(&server, 8), b"");
    drop(client);
    assert_empty(&mut queue);
}

/// Winsock has two names for it.
#[track_caller]
fn assert_reset(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    let is_reset = matches!(error.kind(), ConnectionReset | ConnectionAborted);
    assert!(is_reset, "{error}");
}

/// Rules: AS6, AS9
#[test]
fn selecting_again_does_not_lose_a_reset_whether_or_not_it_was_taken() {
    let (client, server) = pair();
    let (first, mut second) = (queue(), queue());
    select(&server, &first, NetworkEvents::CLOSE).unwrap();
    reset(client);
    assert!(is_readable(&first, DEADLINE));
    for _ in 0..2 {
        select(&server, &second, NetworkEvents::CLOSE).unwrap();
        assert_reset(&next_error(&mut second, Close));
        assert_empty(&mut second);
    }
}

/// Rules: AS3
#[test]
fn close_carries_the_reset() {
    let (client, server) = pair();
    let mut queue = queue();
    let mask = NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&server, &queue, mask).unwrap();
    reset(client);
    assert_reset(&next_error(&mut queue, Close));
    assert_empty(&mut queue);
}

/// Rules: AS5
#[test]
fn selecting_makes_non_blocking_and_selecting_nothing_ends_it_and_its_messages() {
    let (client, server) = pair();
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::READ).unwrap();
    assert!(server.is_nonblocking());
    server.set_nonblocking(false).unwrap_err();
    client.send(b"data").unwrap();
    assert!(is_readable(&queue, DEADLINE));
    select(&server, &queue, NetworkEvents::NONE).unwrap();
    assert_empty(&mut queue);
    assert!(!is_readable(&queue, Duration::ZERO));
    server.set_nonblocking(false).unwrap();
    assert_eq!(receive(&server, 8), b"data");
}

/// Rules: AS6, AS15
#[test]
fn selecting_again_posts_again_what_holds_once() {
    let (client, server) = pair();
    let mut queue = queue();
    client.send(b"data").unwrap();
    await_bytes(&server, 4);
    let mask = NetworkEvents::READ | NetworkEvents::WRITE;
    select(&server, &queue, mask).unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    // WRITE is queued still or on its way, and is posted again behind READ, not twice.
    select(&server, &queue, mask).unwrap();
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    assert_eq!(next_of(&server, &mut queue), Event(Writable));
    assert_empty(&mut queue);
}

/// Rules: AS6, AS9
#[test]
fn selecting_again_does_not_lose_a_connect_that_was_not_taken() {
    let (_kept, address) = refusing();
    let client = stream();
    let (first, mut second) = (queue(), queue());
    select(&client, &first, NetworkEvents::CONNECT).unwrap();
    client.connect(address).unwrap_err();
    assert!(is_readable(&first, DEADLINE));
    select(&client, &second, NetworkEvents::CONNECT).unwrap();
    let error = next_error(&mut second, Connect);
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    select(&client, &second, NetworkEvents::CONNECT).unwrap();
    assert_empty(&mut second);
}

/// Rules: AS7
#[test]
fn an_accepted_socket_inherits_the_queue_and_the_events() {
    let (listener, address) = listener();
    let mut queue = queue();
    let mask = NetworkEvents::ACCEPT | NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&listener, &queue, mask).unwrap();
    let client = connect(address);
    client.send(b"data").unwrap();
    assert_eq!(next_of(&listener, &mut queue), Event(Accept));
    let (server, _) = listener.accept().unwrap();
    assert!(server.is_nonblocking());
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    assert_eq!(receive(&server, 8), b"data");
    drop(client);
    assert_eq!(next_of(&server, &mut queue), Event(Close));
}

/// Rules: AS8
#[test]
fn closing_or_dropping_a_socket_removes_its_messages_and_no_others() {
    let (client, server) = pair();
    let (_other_client, other) = pair();
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::ALL).unwrap();
    queue.post(1);
    select(&other, &queue, NetworkEvents::WRITE).unwrap();
    server.close();
    drop(client);
    assert_eq!(next_of(&other, &mut queue), Number(1));
    assert_eq!(next_of(&other, &mut queue), Event(Writable));
    select(&other, &queue, NetworkEvents::WRITE).unwrap();
    drop(other);
    assert_empty(&mut queue);
    assert!(!is_readable(&queue, Duration::ZERO));
}

/// Rules: AS15
#[test]
fn a_queue_that_nobody_reads_holds_one_message_for_each_event() {
    let (client, server) = pair();
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::READ).unwrap();
    client.send(&[7; 100]).unwrap();
    await_bytes(&server, 100);
    // The program receives without taking the message, and more data is left each time.
    for _ in 0..50 {
        assert_eq!(receive(&server, 1), [7]);
    }
    // Where one thread posts for all queues it has come so far when this message is there.
    let (_other_client, other) = pair();
    let mut of_other = self::queue();
    select(&other, &of_other, NetworkEvents::WRITE).unwrap();
    assert_eq!(next_of(&other, &mut of_other), Event(Writable));
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
    assert_empty(&mut queue);
    receive(&server, 1);
    assert_eq!(next_of(&server, &mut queue), Event(Readable));
}

/// Rules: AS8
#[test]
fn whatever_is_dropped_or_forgotten_first_nothing_breaks() {
    let (client, server) = pair();
    let dropped = queue();
    select(&server, &dropped, NetworkEvents::ALL).unwrap();
    dropped.post(1);
    drop(dropped);
    client.send(b"data").unwrap();
    assert_eq!(receive(&server, 8), b"data");
    // It can be selected for another queue.
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::CLOSE).unwrap();
    drop(client);
    assert_eq!(next_of(&server, &mut queue), Event(Close));

    let (client, forgotten) = pair();
    let id = forgotten.id();
    select(&forgotten, &queue, NetworkEvents::READ).unwrap();
    std::mem::forget(forgotten);
    client.send(b"data").unwrap();
    match next(&mut queue) {
        Message::Socket(message) => assert_eq!(message.socket, id),
        other => panic!("{other:?} came"),
    }
}

/// Rules: AS8
#[test]
fn neither_a_selection_nor_its_messages_keep_the_socket_open() {
    let (client, server) = pair();
    let queue = queue();
    select(&server, &queue, NetworkEvents::ALL).unwrap();
    drop(server);
    assert_eq!(client.receive(&mut [0; 8]).unwrap(), 0);
}
