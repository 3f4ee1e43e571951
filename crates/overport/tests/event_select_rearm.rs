//! `event_select`: what is recorded when, and which calls arm it again.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::mpsc;
use std::thread;

use common::events::{assert_quiet, await_bytes, await_events, drain, event, fill, receive};
use common::sets::{NOW, SOON, ready};
use common::{connect, datagram, listener, pair, refusing, reset, stream};
use overport::event::{EventObject, wait_any};
use overport::event_select::{select, take};
use overport::{NetworkEvent, NetworkEvents, Socket};

/// Rules: EV16, EV24
#[test]
fn accept_arms_accept_again_while_connections_wait() {
    let (listener, address) = listener();
    let event = event();
    select(&listener, &event, NetworkEvents::ACCEPT).unwrap();
    let _clients = [connect(address), connect(address)];
    await_events(&listener, &event, NetworkEvents::ACCEPT);
    let _third = connect(address);
    assert_quiet(&listener, &event);
    for _ in 0..2 {
        listener.accept().unwrap();
        await_events(&listener, &event, NetworkEvents::ACCEPT);
    }
    listener.accept().unwrap();
    assert_quiet(&listener, &event);
    let _fourth = connect(address);
    await_events(&listener, &event, NetworkEvents::ACCEPT);
}

/// Rules: EV17, EV24
#[test]
fn a_receive_arms_read_again_while_data_is_left() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::READ).unwrap();
    client.send(b"abc").unwrap();
    await_events(&server, &event, NetworkEvents::READ);
    client.send(b"de").unwrap();
    await_bytes(&server, 5);
    assert_quiet(&server, &event);
    assert_eq!(receive(&server, 2), b"ab");
    await_events(&server, &event, NetworkEvents::READ);
    assert_eq!(receive(&server, 8), b"cde");
    assert_quiet(&server, &event);
    client.send(b"f").unwrap();
    await_events(&server, &event, NetworkEvents::READ);
}

/// Rules: EV22, EV23
#[test]
fn a_receive_that_fails_arms_read_and_so_does_a_peek() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::READ).unwrap();
    client.send(b"abc").unwrap();
    await_events(&server, &event, NetworkEvents::READ);
    assert_quiet(&server, &event);
    server.peek(&mut [0; 8]).unwrap();
    await_events(&server, &event, NetworkEvents::READ);
    receive(&server, 8);
    assert_quiet(&server, &event);
    client.send(b"d").unwrap();
    await_events(&server, &event, NetworkEvents::READ);
    receive(&server, 8);
    let error = server.receive(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert_quiet(&server, &event);
    client.send(b"e").unwrap();
    await_events(&server, &event, NetworkEvents::READ);
}

/// Rules: EV18
#[test]
fn the_out_of_band_receive_arms_out_of_band_again() {
    let (client, server) = pair();
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::OUT_OF_BAND;
    select(&server, &event, mask).unwrap();
    client.send_out_of_band(b"!").unwrap();
    await_events(&server, &event, NetworkEvents::OUT_OF_BAND);
    let mut byte = [0];
    assert_eq!(server.receive_out_of_band(&mut byte).unwrap(), 1);
    assert_eq!(&byte, b"!");
    assert_quiet(&server, &event);
    client.send_out_of_band(b"?").unwrap();
    await_events(&server, &event, NetworkEvents::OUT_OF_BAND);
}

/// Rules: EV18
#[test]
fn urgent_data_in_line_is_data() {
    let (client, server) = pair();
    server.options().set_out_of_band_inline(true).unwrap();
    let event = event();
    select(&server, &event, NetworkEvents::ALL).unwrap();
    await_events(&server, &event, NetworkEvents::WRITE);
    client.send_out_of_band(b"!").unwrap();
    await_events(&server, &event, NetworkEvents::READ);
    assert_eq!(receive(&server, 8), b"!");
    assert_quiet(&server, &event);
}

/// Rules: EV19
#[test]
fn write_comes_at_the_connection_and_then_only_after_a_send_that_would_block() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::WRITE).unwrap();
    await_events(&server, &event, NetworkEvents::WRITE);
    server.send(b"data").unwrap();
    assert_quiet(&server, &event);
    let sent = 4 + fill(&server);
    assert_quiet(&server, &event);
    drain(&client, sent);
    await_events(&server, &event, NetworkEvents::WRITE);
    server.send(b"data").unwrap();
    assert_quiet(&server, &event);
}

/// Rules: EV20
#[test]
fn a_connect_that_succeeds_gives_connect_and_write() {
    let (_listener, address) = listener();
    let client = stream();
    let event = event();
    select(&client, &event, NetworkEvents::ALL).unwrap();
    assert_quiet(&client, &event);
    assert_eq!(
        client.connect(address).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    let expected = NetworkEvents::CONNECT | NetworkEvents::WRITE;
    for taken in await_events(&client, &event, expected) {
        assert!(taken.error(NetworkEvent::Connect).is_none());
    }
    client.send(b"data").unwrap();
    assert_quiet(&client, &event);
}

/// Rules: EV20
#[test]
fn a_connect_that_fails_gives_connect_with_its_error_alone() {
    let (_kept, address) = refusing();
    let client = stream();
    let event = event();
    select(&client, &event, NetworkEvents::ALL).unwrap();
    assert_eq!(
        client.connect(address).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    let taken = await_events(&client, &event, NetworkEvents::CONNECT);
    let error = taken[0].error(NetworkEvent::Connect).unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_quiet(&client, &event);
    // It may be tried again, with a connect event again.
    let (_listener, address) = listener();
    client.connect(address).unwrap_err();
    let expected = NetworkEvents::CONNECT | NetworkEvents::WRITE;
    let taken = await_events(&client, &event, expected);
    assert!(taken[0].error(NetworkEvent::Connect).is_none());
}

/// Rules: EV27
#[test]
fn a_select_in_between_records_nothing_and_takes_nothing() {
    let (_listener, address) = listener();
    let client = stream();
    let event = event();
    select(&client, &event, NetworkEvents::ALL).unwrap();
    client.connect(address).unwrap_err();
    assert_eq!(ready(&client, SOON), [false, true, false]);
    let expected = NetworkEvents::CONNECT | NetworkEvents::WRITE;
    await_events(&client, &event, expected);
    assert_eq!(ready(&client, NOW), [false, true, false]);
    assert_quiet(&client, &event);
}

/// Rules: EV27
#[test]
fn a_select_that_saw_a_connect_fail_leaves_its_error_to_connect() {
    let (_kept, address) = refusing();
    let client = stream();
    let event = event();
    select(&client, &event, NetworkEvents::CONNECT).unwrap();
    client.connect(address).unwrap_err();
    assert_eq!(ready(&client, SOON), [false, false, true]);
    let taken = await_events(&client, &event, NetworkEvents::CONNECT);
    let error = taken[0].error(NetworkEvent::Connect).unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

/// Rules: EV21, EV25
#[test]
fn the_end_of_the_stream_gives_close_once_without_error_and_no_read() {
    let (client, server) = pair();
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&server, &event, mask).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let taken = await_events(&server, &event, NetworkEvents::CLOSE);
    assert!(taken[0].error(NetworkEvent::Close).is_none());
    assert_eq!(receive(&server, 8), b"");
    drop(client);
    assert_quiet(&server, &event);
}

/// Rules: EV21
#[test]
fn close_may_come_while_data_is_unread_and_the_data_is_told_to_the_last_byte() {
    let (client, server) = pair();
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&server, &event, mask).unwrap();
    client.send(b"abc").unwrap();
    await_bytes(&server, 3);
    drop(client);
    assert_eq!(receive_until_close(&server, &event, 3, 1), b"abc");
    assert_quiet(&server, &event);
}

/// Receives so much at each READ, until CLOSE has come, at whichever time, and the expected
/// length is there.
fn receive_until_close(
    server: &Socket,
    event: &EventObject,
    expected: usize,
    length: usize,
) -> Vec<u8> {
    let (mut received, mut is_closed) = (Vec::new(), false);
    while received.len() < expected || !is_closed {
        assert!(
            event.wait(SOON).expect("a wait"),
            "only {received:?} was told"
        );
        let events = take(server, event).expect("an open socket").events();
        if events.contains(NetworkEvent::Close) {
            assert!(!is_closed, "CLOSE came twice");
            is_closed = true;
        }
        if events.contains(NetworkEvent::Read) {
            received.extend(receive(server, length));
        }
    }
    received
}

/// Rules: EV17, EV21
#[test]
fn data_behind_an_urgent_byte_is_told_though_the_stream_has_ended() {
    let (client, server) = pair();
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&server, &event, mask).unwrap();
    client.send(b"abc").unwrap();
    client.send_out_of_band(b"!").unwrap();
    client.send(b"de").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(receive_until_close(&server, &event, 5, 8), b"abcde");
    assert_quiet(&server, &event);
}

/// Rules: EV21
#[test]
fn a_reset_gives_close_with_its_error_and_receives_keep_failing() {
    let (client, server) = pair();
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::WRITE | NetworkEvents::CLOSE;
    select(&server, &event, mask).unwrap();
    await_events(&server, &event, NetworkEvents::WRITE);
    reset(client);
    let taken = await_events(&server, &event, NetworkEvents::CLOSE);
    let error = taken[0].error(NetworkEvent::Close).unwrap();
    assert!(is_reset(&error), "{error}");
    assert!(server.take_error().unwrap().is_none());
    for _ in 0..2 {
        let error = server.receive(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert_quiet(&server, &event);
}

/// Whether the error says that the connection is gone, in one of Winsock's two ways.
fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | ConnectionAborted)
}

/// Rules: EV12, EV21
#[test]
fn a_reset_before_the_selection_that_nobody_saw_is_told() {
    let (client, server) = pair();
    reset(client);
    assert!(ready(&server, SOON)[0]);
    let event = event();
    select(&server, &event, NetworkEvents::CLOSE).unwrap();
    let taken = await_events(&server, &event, NetworkEvents::CLOSE);
    let error = taken[0].error(NetworkEvent::Close).unwrap();
    assert!(is_reset(&error), "{error}");
    assert_quiet(&server, &event);
}

/// Rules: EV21
#[test]
fn a_reset_that_a_receive_saw_first_is_told_with_its_error_all_the_same() {
    let (client, server) = pair();
    server.set_nonblocking(true).unwrap();
    reset(client);
    let error = server.receive(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let event = event();
    select(&server, &event, NetworkEvents::CLOSE).unwrap();
    let taken = await_events(&server, &event, NetworkEvents::CLOSE);
    let error = taken[0].error(NetworkEvent::Close).unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// Rules: EV17, EV19
#[test]
fn a_datagram_socket_is_told_of_datagrams_one_by_one_and_of_room_once() {
    let (sender, receiver) = (datagram(), datagram());
    let event = event();
    select(&receiver, &event, NetworkEvents::ALL).unwrap();
    await_events(&receiver, &event, NetworkEvents::WRITE);
    let address = receiver.local_addr().unwrap();
    for datagram in [&b""[..], b"two"] {
        sender.send_to(datagram, address).unwrap();
    }
    await_events(&receiver, &event, NetworkEvents::READ);
    assert_eq!(receiver.receive_from(&mut [0; 8]).unwrap().0, 0);
    await_events(&receiver, &event, NetworkEvents::READ);
    assert_eq!(receiver.receive_from(&mut [0; 8]).unwrap().0, 3);
    assert_quiet(&receiver, &event);
}

/// Rules: EV26
#[test]
fn no_event_is_lost_between_threads_that_send_wait_and_receive() {
    let (client, server) = pair();
    let (event, done) = (event(), event());
    select(&server, &event, NetworkEvents::READ).unwrap();
    let data: Vec<u8> = (0..2000_u32).map(|index| index as u8).collect();
    let (told, readable) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            for byte in data.chunks(1) {
                client.send(byte).unwrap();
            }
        });
        let receiver = scope.spawn(|| {
            let mut received = Vec::new();
            for () in readable {
                received.extend(receive(&server, 3));
                if received.len() == data.len() {
                    break;
                }
            }
            done.set();
            received
        });
        while wait_any(&[&event, &done], SOON).unwrap() == Some(0) {
            if take(&server, &event).unwrap().events() == NetworkEvents::READ {
                told.send(()).unwrap();
            }
        }
        // After a lost event this lets the receiver go, with less than all.
        drop(told);
        assert_eq!(receiver.join().unwrap(), data);
    });
}
