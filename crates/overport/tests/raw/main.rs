//! The raw layer of the completion port: memory of the caller's, operations that it names.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "../common/port.rs"]
mod common;

mod cancel_close;
mod port;
mod transfers;

use std::io;
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use overport::completion_port::Builder;
use overport::raw::{Handle, Packet, Port, Segment};
use socket2::Socket;

use common::{DEADLINE, backends, loopback, pair};

/// Memory that operations use by its address, and the test when they have ended.
struct Memory(Box<[u8]>);

impl Memory {
    fn new(length: usize) -> Self {
        Self(vec![0; length].into())
    }

    fn of(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    fn segment(&mut self) -> Segment {
        Segment::new(self.0.as_mut_ptr(), self.0.len())
    }
}

/// Tests keep what they lend until its packet has come, or the port is closed.
fn receive(handle: &Handle, segments: &[Segment], overlapped: usize) {
    #[expect(unsafe_code, reason = "the raw layer")]
    // SAFETY: the tests keep the memory, and don't touch it meanwhile.
    unsafe {
        handle.receive(segments, overlapped);
    }
}

fn send(handle: &Handle, segments: &[Segment], overlapped: usize) {
    #[expect(unsafe_code, reason = "the raw layer")]
    // SAFETY: as for a receive.
    unsafe {
        handle.send(segments, overlapped);
    }
}

fn associated(port: &Port, key: usize) -> (TcpStream, Handle) {
    let (peer, socket) = pair();
    (peer, port.associate(Socket::from(socket), key).unwrap())
}

fn datagram_socket(port: &Port, key: usize) -> (UdpSocket, Handle) {
    let socket = UdpSocket::bind(loopback()).unwrap();
    let shared = socket.try_clone().unwrap();
    (shared, port.associate(Socket::from(socket), key).unwrap())
}

/// A new port over each back-end.
fn ports(concurrency: usize) -> Vec<Port> {
    let new = |backend| {
        let builder = Builder::new().concurrency(concurrency).backend(backend);
        let port = Port::build(&builder).unwrap();
        assert_eq!(port.backend(), backend);
        port
    };
    backends().into_iter().map(new).collect()
}

/// The next packet, which must come.
#[track_caller]
fn next(port: &Port) -> Packet {
    let packet = port.next(Some(DEADLINE)).unwrap();
    packet.expect("a packet comes")
}

/// The next packet, which must be that of the operation; its result.
#[track_caller]
fn result_of(port: &Port, overlapped: usize) -> io::Result<usize> {
    let packet = next(port);
    assert_eq!(packet.overlapped, overlapped, "{packet:?}");
    packet.result
}

#[track_caller]
fn nothing(port: &Port) {
    let packet = port.next(Some(Duration::ZERO)).unwrap();
    assert!(packet.is_none(), "{packet:?}");
}

#[track_caller]
fn assert_kind(result: io::Result<usize>, kind: io::ErrorKind) {
    assert_eq!(result.unwrap_err().kind(), kind);
}
