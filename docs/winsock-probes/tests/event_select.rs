//! WSAEventSelect: what is recorded, and when again.
#![cfg(windows)]

use windows_sys::Win32::Networking::WinSock::*;
use winsock_probes::{Event, LONG_MS, SHORT_MS, Socket, closed_port};

fn selected(socket: &Socket, mask: u32) -> Event {
    let event = Event::new();
    event.select(socket, mask);
    event
}

/// EV16, EV24
#[test]
fn accept_is_recorded_again_by_accept_while_more_wait() {
    let (listener, port) = Socket::listener();
    let event = selected(&listener, FD_ACCEPT);
    let clients = [Socket::stream(), Socket::stream()];
    clients[0].connect(port).unwrap();
    assert_eq!(event.expect(&listener, FD_ACCEPT).error(FD_ACCEPT), Some(0));
    clients[1].connect(port).unwrap();
    assert!(event.quiet(&listener).is_empty());
    let _first = listener.accept().unwrap();
    event.expect(&listener, FD_ACCEPT);
    let _second = listener.accept().unwrap();
    assert!(event.quiet(&listener).is_empty());
    assert_eq!(listener.accept().unwrap_err(), WSAEWOULDBLOCK);
}

/// EV17, EV24
#[test]
fn read_is_recorded_again_by_a_receive_that_leaves_data() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ);
    client.send(&[1; 10]).unwrap();
    event.expect(&server, FD_READ);
    client.send(&[1; 10]).unwrap();
    assert!(event.quiet(&server).is_empty(), "before a receive");
    server.receive(5).unwrap();
    event.expect(&server, FD_READ);
    assert_eq!(server.receive_all(15).len(), 15);
    assert!(event.quiet(&server).is_empty(), "all received");
    client.send(&[1]).unwrap();
    event.expect(&server, FD_READ);
}

/// EV22
#[test]
fn a_receive_that_fails_leaves_read_armed() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ);
    assert_eq!(server.receive(1), Err(WSAEWOULDBLOCK));
    client.send(&[1]).unwrap();
    event.expect(&server, FD_READ);
    assert!(event.quiet(&server).is_empty());
}

/// EV23
#[test]
fn a_peek_is_a_receive() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ);
    client.send(&[1; 10]).unwrap();
    event.expect(&server, FD_READ);
    server.receive_with(10, MSG_PEEK).unwrap();
    event.expect(&server, FD_READ);
    assert!(event.quiet(&server).is_empty());
}

/// EV21, EV25
#[test]
fn the_end_of_the_stream_is_close_without_read() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ | FD_CLOSE);
    client.end();
    let ended = event.expect(&server, FD_CLOSE);
    assert_eq!(ended.errors, [(FD_CLOSE as i32, 0)]);
    assert_eq!(server.receive(1), Ok(Vec::new()));
    assert_eq!(server.receive(1), Ok(Vec::new()));
    assert!(event.quiet(&server).is_empty(), "CLOSE once");
}

/// EV21
#[test]
fn close_comes_when_all_was_received_at_the_latest() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ | FD_CLOSE);
    client.send(&[1; 10]).unwrap();
    client.end();
    event.expect(&server, FD_READ);
    // Whether CLOSE comes before the data was received is left open.
    let unread = event.quiet(&server);
    server.receive(5).unwrap();
    let partly = event.expect(&server, FD_READ);
    server.receive(5).unwrap();
    let drained = event.quiet(&server);
    assert_eq!(
        unread.mask | partly.mask | drained.mask,
        (FD_READ | FD_CLOSE) as i32
    );
    assert_eq!(drained.mask & FD_READ as i32, 0);
    println!("CLOSE came with data unread: {}", drained.is_empty());
    assert_eq!(server.receive(5), Ok(Vec::new()));
    assert!(event.quiet(&server).is_empty());
}

/// EV21
#[test]
fn a_reset_is_close_with_its_error() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ | FD_WRITE | FD_CLOSE);
    event.expect(&server, FD_WRITE);
    client.reset();
    let reset = event.expect(&server, FD_CLOSE);
    assert!(matches!(
        reset.error(FD_CLOSE),
        Some(WSAECONNRESET | WSAECONNABORTED)
    ));
    assert_eq!(server.receive(1), Err(WSAECONNRESET));
    assert!(event.quiet(&server).is_empty());
}

/// EV12, EV19
#[test]
fn write_is_recorded_once_and_then_after_a_send_that_would_block() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_WRITE);
    event.expect(&server, FD_WRITE);
    server.send(&[1; 100]).unwrap();
    client.receive_all(100);
    assert!(event.quiet(&server).is_empty(), "room all the time");
    let sent = server.fill();
    assert!(event.quiet(&server).is_empty(), "no room");
    client.receive_all(sent);
    event.expect(&server, FD_WRITE);
    assert!(event.quiet(&server).is_empty(), "once");
}

/// EV20
#[test]
fn a_connect_that_succeeds_is_connect_and_write() {
    let (_listener, port) = Socket::listener();
    let client = Socket::stream();
    let event = selected(&client, FD_CONNECT | FD_WRITE | FD_READ | FD_CLOSE);
    assert!(event.quiet(&client).is_empty(), "without a connection");
    assert_eq!(client.connect(port), Err(WSAEWOULDBLOCK));
    let connected = event.expect(&client, FD_CONNECT | FD_WRITE);
    assert_eq!(connected.error(FD_CONNECT), Some(0));
    assert!(event.quiet(&client).is_empty());
}

/// EV20
#[test]
fn a_connect_that_fails_is_connect_with_its_error() {
    let client = Socket::stream();
    let event = selected(&client, FD_CONNECT | FD_WRITE | FD_READ | FD_CLOSE);
    assert_eq!(client.connect(closed_port()), Err(WSAEWOULDBLOCK));
    let refused = event.expect(&client, FD_CONNECT);
    assert_eq!(refused.errors, [(FD_CONNECT as i32, WSAECONNREFUSED)]);
    assert!(event.quiet(&client).is_empty());
}

/// EV13
#[test]
fn selecting_again_does_not_repeat_what_was_taken() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ | FD_WRITE);
    client.send(&[1]).unwrap();
    event.expect(&server, FD_READ | FD_WRITE);
    event.select(&server, FD_READ | FD_WRITE);
    assert!(event.quiet(&server).is_empty());
    event.select(&server, FD_READ | FD_WRITE | FD_CLOSE);
    assert!(event.quiet(&server).is_empty(), "with another mask");
    let other = selected(&server, FD_READ | FD_WRITE);
    assert!(other.quiet(&server).is_empty(), "with another event");
    let (listener, port) = Socket::listener();
    let client = Socket::stream();
    client.connect(port).unwrap();
    let event = selected(&listener, FD_ACCEPT);
    event.expect(&listener, FD_ACCEPT);
    event.select(&listener, FD_ACCEPT);
    assert!(event.quiet(&listener).is_empty(), "on a listener");
}

/// EV13
#[test]
fn what_was_not_taken_goes_over_to_the_new_event() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ | FD_WRITE);
    client.send(&[1]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(SHORT_MS.into()));
    let other = selected(&server, FD_READ | FD_WRITE);
    assert!(other.wait(LONG_MS));
    assert_eq!(other.take(&server).mask, (FD_READ | FD_WRITE) as i32);
    event.reset();
    assert!(!event.wait(SHORT_MS));
}

/// EV13
#[test]
fn ending_the_selection_and_selecting_again() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ | FD_WRITE);
    client.send(&[1]).unwrap();
    event.expect(&server, FD_READ | FD_WRITE);
    event.select(&server, 0);
    event.select(&server, FD_READ | FD_WRITE);
    println!(
        "repeated after the end of the selection: {:?}",
        event.quiet(&server)
    );
}

/// EV8, EV9
#[test]
fn a_selection_keeps_the_socket_non_blocking() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ);
    assert_eq!(server.set_nonblocking(false), Err(WSAEINVAL));
    event.select(&server, 0);
    assert_eq!(server.receive(1), Err(WSAEWOULDBLOCK));
    client.send(&[1]).unwrap();
    assert!(!event.wait(SHORT_MS));
    server.set_nonblocking(false).unwrap();
}

/// EV14, EV15
#[test]
fn an_accepted_socket_inherits_the_selection() {
    let (listener, port) = Socket::listener();
    let event = selected(&listener, FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE);
    let client = Socket::stream();
    client.connect(port).unwrap();
    event.expect(&listener, FD_ACCEPT);
    let server = listener.accept().unwrap();
    let first = event.expect(&server, FD_WRITE);
    assert_eq!(first.mask, FD_WRITE as i32);
    client.send(&[1]).unwrap();
    assert_eq!(event.expect(&server, FD_READ).mask, FD_READ as i32);
    assert!(event.take(&listener).is_empty(), "a record of its own");
}

/// EV28, EV29
#[test]
fn taking_clears_the_record_and_resets_the_event() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ);
    client.send(&[1]).unwrap();
    assert!(event.wait(LONG_MS));
    event.reset();
    assert!(!event.wait(SHORT_MS), "a reset does not signal");
    assert_eq!(event.take(&server).mask, FD_READ as i32, "nor clear");
    assert!(event.take(&server).is_empty());
    assert!(!event.wait(0));
}

/// EV11
#[test]
fn only_what_is_selected_is_recorded() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_CLOSE);
    client.send(&[1]).unwrap();
    assert!(event.quiet(&server).is_empty());
    server.receive(1).unwrap();
    client.end();
    assert_eq!(event.expect(&server, FD_CLOSE).mask, FD_CLOSE as i32);
}

/// EV27
#[test]
fn a_select_in_between_signals_nothing() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_READ);
    client.send(&[1]).unwrap();
    event.expect(&server, FD_READ);
    let mut poll = WSAPOLLFD {
        fd: server.0,
        events: POLLRDNORM,
        revents: 0,
    };
    assert_eq!(unsafe { WSAPoll(&mut poll, 1, 1000) }, 1);
    assert!(event.quiet(&server).is_empty());
}

/// EV18
#[test]
fn out_of_band_is_recorded_and_armed_by_its_receive() {
    let (client, server) = Socket::pair();
    let event = selected(&server, FD_OOB | FD_READ);
    client.send_with(&[9], MSG_OOB).unwrap();
    let first = event.expect(&server, FD_OOB);
    assert_eq!(first.mask, FD_OOB as i32);
    assert_eq!(server.receive_with(1, MSG_OOB), Ok(vec![9]));
    assert!(event.quiet(&server).is_empty());
    client.send_with(&[8], MSG_OOB).unwrap();
    event.expect(&server, FD_OOB);
}

/// EV12
#[test]
fn a_datagram_socket_can_write_at_once() {
    let socket = Socket::datagram();
    let event = selected(&socket, FD_READ | FD_WRITE);
    assert_eq!(event.expect(&socket, FD_WRITE).mask, FD_WRITE as i32);
}
