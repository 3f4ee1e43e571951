//! select: what is in which set.
#![cfg(windows)]

use std::mem::zeroed;
use std::ptr;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::*;
use winsock_probes::{LONG_MS, SHORT_MS, Socket, closed_port, last_error};

/// The sockets of the three sets that are ready within a time, and the number returned.
fn ready(asked: [&[&Socket]; 3], timeout_ms: u32) -> Result<([Vec<usize>; 3], i32), i32> {
    let mut sets = asked.map(|sockets| {
        let mut set: FD_SET = unsafe { zeroed() };
        for socket in sockets {
            set.fd_array[set.fd_count as usize] = socket.0;
            set.fd_count += 1;
        }
        set
    });
    let timeout = TIMEVAL {
        tv_sec: (timeout_ms / 1000) as i32,
        tv_usec: (timeout_ms % 1000 * 1000) as i32,
    };
    let [read, write, except] = &mut sets;
    let count = unsafe { select(0, read, write, except, &timeout) };
    let error = last_error();
    let after = sets.map(|set| set.fd_array[..set.fd_count as usize].to_vec());
    if count < 0 {
        let before: [Vec<usize>; 3] =
            asked.map(|sockets| sockets.iter().map(|socket| socket.0).collect());
        assert_eq!(after, before, "a failing select leaves the sets");
        return Err(error);
    }
    Ok((after, count))
}

/// In which of the three sets one socket is ready.
fn ready_in(socket: &Socket, timeout_ms: u32) -> [bool; 3] {
    let (sets, _) = ready([&[socket], &[socket], &[socket]], timeout_ms).unwrap();
    sets.map(|set| !set.is_empty())
}

/// SE8
#[test]
fn a_failed_connect_is_in_the_exception_set_only() {
    let client = Socket::stream();
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.connect(closed_port()), Err(WSAEWOULDBLOCK));
    assert_eq!(ready_in(&client, LONG_MS), [false, false, true]);
    assert_eq!(ready_in(&client, SHORT_MS), [false, false, true], "again");
    assert_eq!(client.option(SO_ERROR), WSAECONNREFUSED);
    assert_eq!(
        ready_in(&client, SHORT_MS),
        [false, false, true],
        "once read"
    );
}

/// SE6
#[test]
fn a_connect_that_succeeded_is_in_the_write_set() {
    let (_listener, port) = Socket::listener();
    let client = Socket::stream();
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.connect(port), Err(WSAEWOULDBLOCK));
    assert_eq!(ready_in(&client, LONG_MS), [false, true, false]);
}

/// SE9, SE10
#[test]
fn without_a_connection_a_stream_is_never_ready_and_a_datagram_socket_can_write() {
    let stream = Socket::stream();
    assert_eq!(ready_in(&stream, SHORT_MS), [false; 3]);
    stream.bind();
    assert_eq!(ready_in(&stream, SHORT_MS), [false; 3]);
    let datagram = Socket::datagram();
    assert_eq!(ready_in(&datagram, SHORT_MS), [false, true, false]);
}

/// SE20
#[test]
fn three_empty_sets_are_invalid() {
    assert_eq!(ready([&[], &[], &[]], 0).unwrap_err(), WSAEINVAL);
    let none = ptr::null_mut();
    let timeout = TIMEVAL {
        tv_sec: 0,
        tv_usec: 0,
    };
    assert_eq!(unsafe { select(0, none, none, none, &timeout) }, -1);
    assert_eq!(last_error(), WSAEINVAL);
}

/// SE3, SE4
#[test]
fn a_reset_socket_is_readable_and_writable() {
    let (client, server) = Socket::pair();
    client.reset();
    assert!(ready([&[&server], &[], &[]], LONG_MS).unwrap().1 == 1);
    let before = ready_in(&server, SHORT_MS);
    assert_eq!(server.option(SO_ERROR), 0);
    assert_eq!(server.receive(1), Err(WSAECONNRESET));
    assert_eq!(server.receive(1), Err(WSAECONNRESET));
    let after = ready_in(&server, SHORT_MS);
    assert_eq!((before, after), ([true, true, false], [true, true, false]));

    let (client, server) = Socket::pair();
    client.end();
    assert_eq!(ready([&[&server], &[], &[]], LONG_MS).unwrap().1, 1);
    assert_eq!(ready_in(&server, SHORT_MS), [true, true, false]);
}

/// SE7
#[test]
fn a_byte_out_of_band_is_in_the_exception_set() {
    let (client, server) = Socket::pair();
    client.send_with(&[1], MSG_OOB).unwrap();
    assert_eq!(ready([&[], &[], &[&server]], LONG_MS).unwrap().1, 1);
    assert_eq!(ready_in(&server, SHORT_MS), [false, true, true]);
    let (client, server) = Socket::pair();
    server.set_option(SO_OOBINLINE, 1);
    client.send_with(&[1], MSG_OOB).unwrap();
    assert_eq!(ready([&[&server], &[], &[]], LONG_MS).unwrap().1, 1);
    assert_eq!(ready_in(&server, SHORT_MS), [true, true, false], "in line");
}

/// SE12, SE13, SE14
#[test]
fn sets_keep_the_ready_sockets_in_order() {
    let pairs: Vec<_> = (0..4).map(|_| Socket::pair()).collect();
    for at in [2, 0, 3] {
        pairs[at].0.send(&[1]).unwrap();
        ready([&[&pairs[at].1], &[], &[]], LONG_MS).unwrap();
    }
    let servers: Vec<&Socket> = [3, 1, 0, 2].iter().map(|&at| &pairs[at].1).collect();
    let (sets, count) = ready([&servers, &servers, &[]], LONG_MS).unwrap();
    assert_eq!(sets[0], [servers[0].0, servers[2].0, servers[3].0]);
    assert_eq!(sets[1].len(), 4);
    assert_eq!(count, 7);
    let twice = [&pairs[0].1, &pairs[0].1];
    let (sets, count) = ready([&twice, &[], &[]], 0).unwrap();
    assert_eq!((&sets[0][..], count), (&[twice[0].0][..], 1));
}

/// SE16, SE21
#[test]
fn a_closed_socket_fails_and_leaves_the_sets() {
    let (_client, server) = Socket::pair();
    let closed = Socket::stream();
    closed.close();
    let sets: [&[&Socket]; 3] = [&[&server, &closed], &[&server], &[]];
    assert_eq!(ready(sets, 0).unwrap_err(), WSAENOTSOCK);
}

/// SE21, SK31
#[test]
fn closing_a_socket_ends_the_calls_that_wait_on_it() {
    let (_client, server) = Socket::pair();
    let select = result_under_close(server, |socket| {
        ready([&[socket], &[], &[]], LONG_MS).map(|(_, count)| count)
    });
    let (_client, server) = Socket::pair();
    let receive = result_under_close(server, |socket| socket.receive(1));
    let (listener, _) = Socket::listener();
    let accept = result_under_close(listener, |socket| socket.accept().map(drop));
    println!("select {select:?}, receive {receive:?}, accept {accept:?}");
    assert!(receive.is_err() && accept.is_err());
}

/// What a call gives when its socket is closed while it waits.
fn result_under_close<T: Send>(socket: Socket, call: impl FnOnce(&Socket) -> T + Send) -> T {
    thread::scope(|scope| {
        let wait = scope.spawn(|| call(&socket));
        thread::sleep(Duration::from_millis(SHORT_MS.into()));
        socket.close();
        wait.join().unwrap()
    })
}
