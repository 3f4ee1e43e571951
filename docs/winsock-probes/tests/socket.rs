//! Plain calls on one socket.
#![cfg(windows)]

use std::thread;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::*;
use winsock_probes::{SHORT_MS, Socket, closed_port, last_error};

fn pause() {
    thread::sleep(Duration::from_millis(SHORT_MS.into()));
}

fn listen_on(socket: &Socket) -> i32 {
    match unsafe { listen(socket.0, 5) } {
        0 => 0,
        _ => last_error(),
    }
}

/// SK5, SK24
#[test]
fn the_end_is_received_again_and_again_and_the_other_way_stays_open() {
    let (client, server) = Socket::pair();
    client.end();
    assert_eq!(server.receive(1), Ok(Vec::new()));
    assert_eq!(server.receive(1), Ok(Vec::new()));
    server.send(&[1, 2]).unwrap();
    assert_eq!(client.receive_all(2), [1, 2]);
}

/// SK17
#[test]
fn what_can_listen() {
    let stream = Socket::stream();
    assert_eq!(listen_on(&stream), WSAEINVAL);
    stream.bind();
    assert_eq!(listen_on(&stream), 0);
    assert_eq!(listen_on(&stream), 0);
    let datagram = Socket::datagram();
    datagram.bind();
    assert_eq!(listen_on(&datagram), WSAEOPNOTSUPP);
}

/// SK18, SK19
#[test]
fn calls_while_a_connect_goes_on() {
    // The backlog is full, so that Linux beneath leaves further connects unanswered.
    let listener = Socket::stream();
    let port = listener.bind();
    assert_eq!(unsafe { listen(listener.0, 1) }, 0);
    let clients: Vec<Socket> = (0..4).map(|_| Socket::stream()).collect();
    for client in &clients {
        client.set_nonblocking(true).unwrap();
        assert_eq!(client.connect(port), Err(WSAEWOULDBLOCK));
    }
    pause();
    let client = &clients[3];
    assert_eq!(client.connect(port), Err(WSAEALREADY));
    println!("receive: {:?}, {WSAENOTCONN} expected", client.receive(1));
    println!("send: {:?}, {WSAENOTCONN} expected", client.send(&[1]));
    assert_eq!(clients[0].connect(port), Err(WSAEISCONN));
}

/// SK2, SK19
#[test]
fn after_a_refused_connect_it_may_be_tried_again() {
    let (_listener, port) = Socket::listener();
    let client = Socket::stream();
    assert_eq!(client.connect(closed_port()), Err(WSAECONNREFUSED));
    assert_eq!(client.connect(port), Ok(()));
}

/// SK21, SK22
#[test]
fn an_accepted_socket_has_its_listeners_mode_and_options() {
    let (listener, port) = Socket::listener();
    let options = [
        (SO_RCVTIMEO, 1234),
        (SO_SNDTIMEO, 2345),
        (SO_KEEPALIVE, 1),
        (SO_OOBINLINE, 1),
        (SO_RCVBUF, 54321),
    ];
    for (option, value) in options {
        listener.set_option(option, value);
    }
    let client = Socket::stream();
    client.connect(port).unwrap();
    listener.set_nonblocking(true).unwrap();
    pause();
    let server = listener.accept().unwrap();
    assert_eq!(server.receive(1), Err(WSAEWOULDBLOCK));
    for (option, value) in options {
        assert_eq!(server.option(option), value, "{option:#x}");
    }
}

/// SK25, SK26
#[test]
fn after_a_reset_transfers_fail_and_the_peer_is_known() {
    let (client, server) = Socket::pair();
    client.reset();
    pause();
    assert_eq!(server.option(SO_ERROR), 0);
    for _ in 0..2 {
        assert_eq!(server.receive(1), Err(WSAECONNRESET));
        assert_eq!(server.send(&[1]), Err(WSAECONNRESET));
    }
    assert!(server.peer().is_ok());
}

/// SK26
#[test]
fn after_a_shutdown_the_peer_is_known() {
    let (client, server) = Socket::pair();
    client.end();
    server.end();
    pause();
    assert!(server.peer().is_ok());
}

/// SK7
#[test]
fn of_a_long_datagram_the_rest_is_lost() {
    let receiver = Socket::datagram();
    let port = receiver.bind();
    let sender = Socket::datagram();
    sender.connect(port).unwrap();
    sender.send(&[1; 10]).unwrap();
    sender.send(&[2; 3]).unwrap();
    // Winsock fills the buffer and says that it did not hold all.
    assert_eq!(receiver.receive(4), Err(WSAEMSGSIZE));
    assert_eq!(receiver.receive(4), Ok(vec![2; 3]));
}

/// SK10
#[test]
fn a_non_blocking_send_in_winsock_takes_all_or_nothing() {
    let (_client, server) = Socket::pair();
    server.set_nonblocking(true).unwrap();
    assert_eq!(server.send(&vec![1; 50_000_000]), Ok(50_000_000));
    assert_eq!(server.send(&[1]), Err(WSAEWOULDBLOCK));
}
