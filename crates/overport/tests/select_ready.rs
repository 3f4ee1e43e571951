//! Which sockets a call of select finds ready, and for what.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io::ErrorKind;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::sets::{NOW, SOON, connecting, is_readable, ready, set};
use common::system::thread_cpu_time;
use common::{
    Background, connect, datagram, listener, loopback, pair, refusing, reset, stalling, stream,
};
use overport::Socket;
use overport::select::select;
use overport::socket::{Family, Kind};

/// Rules: SE1
#[test]
fn the_read_set_wakes_for_a_connection() {
    let (listener, address) = listener();
    assert_eq!(ready(&listener, NOW), [false, false, false]);
    let _client = connect(address);
    assert_eq!(ready(&listener, SOON), [true, false, false]);
    listener.accept().unwrap();
    assert_eq!(ready(&listener, NOW), [false, false, false]);
}

/// Rules: SE2, SE11, SE27
#[test]
fn the_read_set_wakes_for_data_until_all_of_it_is_received() {
    for nonblocking in [false, true] {
        let (client, server) = pair();
        server.set_nonblocking(nonblocking).unwrap();
        assert_eq!(ready(&server, NOW), [false, true, false]);
        client.send(b"ab").unwrap();
        for _ in 0..2 {
            assert!(is_readable(&server, SOON));
            server.receive(&mut [0]).unwrap();
        }
        assert!(!is_readable(&server, NOW));
    }
}

/// Rules: SE3, SE11
#[test]
fn the_read_set_wakes_for_the_end_of_the_stream() {
    let (client, server) = pair();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(is_readable(&server, SOON));
    assert_eq!(ready(&server, NOW), [true, true, false]);
    assert_eq!(server.receive(&mut [0]).unwrap(), 0);
    assert!(is_readable(&server, NOW), "the end stays");
}

/// Rules: SE4
#[test]
fn a_reset_peer_makes_a_socket_readable_and_writable() {
    let (client, server) = pair();
    reset(client);
    assert!(is_readable(&server, SOON));
    assert_eq!(ready(&server, NOW), [true, true, false]);
    assert_eq!(
        server.receive(&mut [0]).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(ready(&server, NOW), [true, true, false]);
}

/// Rules: SE5
#[test]
fn the_write_set_wakes_for_room() {
    let (client, server) = pair();
    client.set_nonblocking(true).unwrap();
    let block = vec![0; 1 << 20];
    let mut sent = 0;
    loop {
        match client.send(&block) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(ready(&client, NOW), [false, false, false]);
    let mut buffer = vec![0; 1 << 20];
    while sent > 0 {
        sent -= server.receive(&mut buffer).unwrap();
    }
    let mut write = set([&client]);
    assert_eq!(select(None, Some(&mut write), None, SOON).unwrap(), 1);
}

/// Rules: SE6
#[test]
fn the_write_set_wakes_for_a_connect_that_succeeded() {
    let (_listener, address) = listener();
    let client = connecting(address);
    assert_eq!(ready(&client, SOON), [false, true, false]);
    client.send(b"connected").unwrap();
}

/// Rules: SE7
#[test]
fn the_exception_set_wakes_for_out_of_band_data() {
    let (client, server) = pair();
    client.send_out_of_band(b"!").unwrap();
    let mut except = set([&server]);
    assert_eq!(select(None, None, Some(&mut except), SOON).unwrap(), 1);
    assert_eq!(ready(&server, NOW), [false, true, true]);
    server.receive_out_of_band(&mut [0]).unwrap();
    assert_eq!(ready(&server, NOW), [false, true, false]);

    server.options().set_out_of_band_inline(true).unwrap();
    client.send_out_of_band(b"!").unwrap();
    assert!(is_readable(&server, SOON), "it is in the stream now");
    assert_eq!(ready(&server, NOW), [true, true, false]);
}

/// Rules: SE8, SK20
#[test]
fn a_failed_connect_is_in_the_exception_set_only() {
    let (_keep, nowhere) = refusing();
    let client = connecting(nowhere);
    assert_eq!(ready(&client, SOON), [false, false, true]);
    assert_eq!(ready(&client, NOW), [false, false, true], "it stays");
    let error = client.take_error().unwrap().expect("why it failed");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(ready(&client, NOW), [false, false, true]);
    let (_listener, address) = listener();
    client.connect(address).unwrap_err();
    assert_eq!(ready(&client, SOON), [false, true, false]);
}

/// Rules: SE8
#[test]
fn a_failed_blocking_connect_is_in_the_exception_set_too() {
    let (_keep, nowhere) = refusing();
    let client = stream();
    client.connect(nowhere).unwrap_err();
    assert_eq!(ready(&client, NOW), [false, false, true]);
    // What was never tried has not failed.
    let client = stream();
    client.connect("[::1]:1".parse().unwrap()).unwrap_err();
    assert_eq!(ready(&client, NOW), [false; 3]);
}

/// Rules: SE6, SE9
#[test]
fn a_stream_without_a_connection_is_never_ready() {
    let bound = stream();
    bound.bind(loopback()).unwrap();
    let (_keep, address) = stalling();
    for socket in [stream(), bound, connecting(address)] {
        assert_eq!(ready(&socket, NOW), [false; 3]);
        assert_eq!(ready(&socket, Some(Duration::from_millis(1))), [false; 3]);
    }
}

/// Rules: SE29
#[test]
fn a_wait_for_an_unconnected_stream_ends_when_another_thread_connects_it() {
    let (_listener, address) = listener();
    let socket = Arc::new(stream());
    let wait = {
        let socket = Arc::clone(&socket);
        Background::spawn(move || ready(&socket, None))
    };
    wait.wait_until_blocked();
    socket.connect(address).unwrap();
    assert_eq!(wait.result(), [false, true, false]);
}

/// Rules: SE29
#[test]
fn a_wait_for_an_unconnected_stream_ends_when_it_listens_and_a_client_comes() {
    let socket = Arc::new(stream());
    let wait = {
        let socket = Arc::clone(&socket);
        Background::spawn(move || ready(&socket, None))
    };
    wait.wait_until_blocked();
    socket.bind(loopback()).unwrap();
    socket.listen(1).unwrap();
    let _client = connect(socket.local_addr().unwrap());
    assert_eq!(wait.result(), [true, false, false]);
}

/// Rules: SE8, SK2
#[test]
fn a_blocking_connect_and_a_wait_for_it_both_learn_why_it_failed() {
    let (_keep, nowhere) = refusing();
    // Windows asks a refusing peer again and again, for a second or two.
    let enough = Instant::now() + Duration::from_millis(500);
    for _ in (0..50).take_while(|&round| round == 0 || Instant::now() < enough) {
        let socket = Arc::new(stream());
        let wait = {
            let socket = Arc::clone(&socket);
            let mut except = set([&*socket]);
            Background::spawn(move || {
                select(
                    None,
                    None,
                    Some(&mut except),
                    Some(Duration::from_millis(5)),
                )
            })
        };
        let error = socket.connect(nowhere).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        wait.result().unwrap();
    }
}

/// Rules: SE2, SE10
#[test]
fn a_datagram_socket_is_writable_also_unbound_and_readable_with_a_datagram() {
    let unbound = Socket::new(Family::Ipv4, Kind::Datagram).unwrap();
    assert_eq!(ready(&unbound, NOW), [false, true, false]);
    let receiver = datagram();
    unbound
        .send_to(b"x", receiver.local_addr().unwrap())
        .unwrap();
    assert!(is_readable(&receiver, SOON));
    receiver.receive(&mut [0]).unwrap();
    assert!(!is_readable(&receiver, NOW));
}

/// Rules: SE7, SE9, SE19
#[test]
fn a_hung_up_socket_in_the_exception_set_lets_the_call_sleep() {
    let (client, server) = pair();
    reset(client);
    assert!(is_readable(&server, SOON));
    let unconnected = stream();
    let timeout = Duration::from_millis(100);
    let mut except = set([&server, &unconnected]);
    let before = thread_cpu_time();
    let count = select(None, None, Some(&mut except), Some(timeout)).unwrap();
    assert_eq!(count, 0);
    assert!(thread_cpu_time() - before < timeout / 2, "it spins");
}
