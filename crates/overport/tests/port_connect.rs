//! Connects and accepts at the completion port.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    DEADLINE, accepted, connected, listener, next, nothing, ports, received, refusing, sent,
    stalling, thread_id, unconnected, wait_until_asleep,
};
use overport::completion_port::CompletionPort;
use overport::error::is_cancelled;

type Port = CompletionPort<u32, Vec<u8>, u32>;

/// Rules: CP1, CP6
#[test]
fn a_connect_succeeds_and_the_stream_sends_and_receives() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (listener, address) = listener();
        let stream = port.associate(unconnected(), 4).unwrap();
        nothing(&mut completions);
        stream.connect(address);
        let (stream, result) = connected(next(&mut completions));
        result.unwrap();
        assert_eq!(*stream.key(), 4);
        assert_eq!(stream.peer_addr().unwrap(), address);
        let (mut peer, _) = listener.accept().unwrap();
        stream.send(b"hello".to_vec());
        let (stream, ..) = sent(next(&mut completions));
        peer.read_exact(&mut [0; 5]).unwrap();
        stream.receive(Vec::with_capacity(16));
        nothing(&mut completions);
        peer.write_all(b"answer").unwrap();
        assert_eq!(received(next(&mut completions)).1, b"answer");
        nothing(&mut completions);
    }
}

/// Rules: CP2, CP6
#[test]
fn a_connect_that_is_refused_ends_with_that_error() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_bound, address) = refusing();
        for look_first in [false, true] {
            let stream = port.associate(unconnected(), 0).unwrap();
            if look_first {
                nothing(&mut completions);
            }
            stream.connect(address);
            let error = connected(next(&mut completions)).1.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            nothing(&mut completions);
        }
    }
}

/// Rules: CP6, CP10
#[test]
fn sends_behind_a_connect_go_out_when_it_has_succeeded() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (listener, address) = listener();
        let stream = port.associate(unconnected(), 0).unwrap();
        stream.clone().connect(address);
        stream.clone().send(b"one ".to_vec());
        stream.clone().send(b"two".to_vec());
        stream.clone().disconnect();
        drop(stream);
        connected(next(&mut completions)).1.unwrap();
        assert_eq!(sent(next(&mut completions)).1, b"one ");
        assert_eq!(sent(next(&mut completions)).1, b"two");
        let mut all = String::new();
        let (mut peer, _) = listener.accept().unwrap();
        drop(next(&mut completions));
        peer.read_to_string(&mut all).unwrap();
        assert_eq!(all, "one two");
    }
}

/// Rules: CP2, CP4, CP6
#[test]
fn sends_behind_a_connect_that_failed_fail_with_their_buffers() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_bound, address) = refusing();
        let stream = port.associate(unconnected(), 0).unwrap();
        stream.clone().connect(address);
        stream.clone().send(b"one".to_vec());
        stream.send(b"two".to_vec());
        assert!(connected(next(&mut completions)).1.is_err());
        for expected in [b"one", b"two"] {
            let (_, buffer, result) = sent(next(&mut completions));
            assert!(result.is_err());
            assert_eq!(buffer, expected);
        }
        nothing(&mut completions);
    }
}

/// Rules: CP37, CP42
#[test]
fn a_connect_under_way_can_be_cancelled_and_has_a_deadline() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_full, address) = stalling();
        let stream = port.associate(unconnected(), 0).unwrap();
        let id = stream.clone().connect(address);
        nothing(&mut completions);
        assert!(stream.cancel(id));
        assert!(is_cancelled(
            &connected(next(&mut completions)).1.unwrap_err()
        ));

        let stream = port.associate(unconnected(), 0).unwrap();
        let deadline = Instant::now() + Duration::from_millis(10);
        stream.by(deadline).connect(address);
        let error = connected(next(&mut completions)).1.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(Instant::now() >= deadline);
        nothing(&mut completions);
    }
}

/// Rules: CP2
#[test]
fn operations_on_a_socket_that_is_not_connected_fail_as_packets() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let stream = port.associate(unconnected(), 0).unwrap();
        stream.clone().receive(Vec::with_capacity(8));
        assert!(received(next(&mut completions)).2.is_err());
        stream.clone().send(b"x".to_vec());
        assert!(sent(next(&mut completions)).2.is_err());
        nothing(&mut completions);
    }
}

/// Rules: CP1, CP5
#[test]
fn an_accept_yields_a_blocking_connection_and_its_peer_under_the_listeners_key() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (socket, address) = listener();
        let listener = port.listen(socket, 8).unwrap();
        listener.accept();
        nothing(&mut completions);
        let client = TcpStream::connect(address).unwrap();
        let (listener, result) = accepted(next(&mut completions));
        assert_eq!(*listener.key(), 8);
        let (connection, peer) = result.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        assert_blocks(connection, client);

        let client = TcpStream::connect(address).unwrap();
        let accepted_at_once = accepted(listener.accept_now().unwrap());
        assert_blocks(accepted_at_once.1.unwrap().0, client);
        nothing(&mut completions);
    }
}

/// Reads of the connection wait for what the client sends.
fn assert_blocks(mut connection: TcpStream, mut client: TcpStream) {
    thread::scope(|scope| {
        let (id_sender, id) = mpsc::channel();
        let waits = scope.spawn(move || {
            id_sender.send(thread_id()).unwrap();
            connection.read_exact(&mut [0; 5])
        });
        wait_until_asleep(id.recv_timeout(DEADLINE).unwrap());
        client.write_all(b"hello").unwrap();
        waits.join().unwrap().unwrap();
    });
}

/// Rules: CP3, CP5
#[test]
fn each_accept_takes_one_connection_and_the_others_wait() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (socket, address) = listener();
        let listener = port.listen(socket, 0).unwrap();
        let clients = [0; 5].map(|_| TcpStream::connect(address).unwrap());
        listener.clone().accept();
        listener.clone().accept();
        let mut peers = Vec::new();
        for _ in 0..2 {
            peers.push(accepted(next(&mut completions)).1.unwrap().1);
        }
        nothing(&mut completions);
        let at_once = listener.clone().accept_now().unwrap();
        peers.push(accepted(at_once).1.unwrap().1);
        nothing(&mut completions);
        for _ in 0..2 {
            listener.clone().accept();
            peers.push(accepted(next(&mut completions)).1.unwrap().1);
        }
        let clients = clients.map(|client| client.local_addr().unwrap());
        assert_eq!(peers, clients);
        assert!(listener.accept_now().is_none());
        nothing(&mut completions);
    }
}

/// Rules: CP20
// Windows has no limit for the sockets of a process.
#[cfg(target_os = "linux")]
#[test]
fn an_accept_without_descriptors_fails_without_spinning_and_the_connection_waits_on() {
    use std::env;
    use std::process::Command;

    const CHILD: &str = "OVERPORT_TEST_WITHOUT_DESCRIPTORS";
    if env::var_os(CHILD).is_some() {
        for port in ports(1) as Vec<Port> {
            run_out_of_descriptors(&port);
        }
        return;
    }
    // In a process of its own, since the limit is the whole process's.
    let name = "an_accept_without_descriptors_fails_without_spinning_and_the_connection_waits_on";
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[cfg(target_os = "linux")]
fn run_out_of_descriptors(port: &Port) {
    use std::fs::File;

    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(64);
    setrlimit(Resource::Nofile, limit).unwrap();

    let mut completions = port.completions();
    let (socket, address) = listener();
    let listener = port.listen(socket, 0).unwrap();
    let client = TcpStream::connect(address).unwrap();
    let mut others = Vec::new();
    while let Ok(other) = File::open("/dev/null") {
        others.push(other);
    }
    let start = Instant::now();
    for _ in 0..3 {
        listener.clone().accept();
        let error = accepted(next(&mut completions)).1.unwrap_err();
        assert_eq!(overport::error::wsa_code(&error), Some(10024));
    }
    // It rests before it tries again; the time of one try is far less.
    assert!(start.elapsed() >= Duration::from_millis(20));
    listener.accept();
    drop(others);
    let (_, peer) = accepted(next(&mut completions)).1.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    nothing(&mut completions);
}
