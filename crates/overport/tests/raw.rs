//! The raw layer of the completion port: memory of the caller's, operations that it names.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{self, Scope};
use std::time::Duration;

use common::port::{
    DEADLINE, compute_until, listener, loopback, pair, pattern, refusing, thread_id, unconnected,
    wait_until_asleep,
};
use overport::error::is_cancelled;
use overport::raw::{Handle, Packet, Port, Segment};
use socket2::Socket;

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

/// Rules: CP56
#[test]
fn a_packet_has_the_address_of_its_operation_and_the_key_of_its_socket() {
    let port = Port::new(1).unwrap();
    let (mut peer, first) = associated(&port, 1);
    let (_peer, second) = associated(&port, usize::MAX);
    let mut room = Memory::new(16);
    let mut word = Memory::of(b"word");
    receive(&first, &[room.segment()], 0x1000);
    send(&second, &[word.segment()], usize::MAX - 7);
    peer.write_all(b"hello").unwrap();
    let mut packets = [next(&port), next(&port)];
    packets.sort_by_key(|packet| packet.key);
    let [received, sent] = packets;
    assert_eq!((received.key, received.overlapped), (1, 0x1000));
    assert_eq!(received.result.unwrap(), 5);
    assert_eq!(&room.0[..5], b"hello");
    assert_eq!((sent.key, sent.overlapped), (usize::MAX, usize::MAX - 7));
    assert_eq!(sent.result.unwrap(), 4);
    nothing(&port);
}

/// Rules: CP8, CP19, CP56
#[test]
fn the_end_of_a_stream_is_a_packet_of_0_bytes_and_a_reset_one_with_the_error() {
    let port = Port::new(1).unwrap();
    let mut room = Memory::new(16);
    let (peer, handle) = associated(&port, 0);
    drop(peer);
    receive(&handle, &[room.segment()], 1);
    assert_eq!(result_of(&port, 1).unwrap(), 0);

    let (peer, handle) = associated(&port, 0);
    receive(&handle, &[room.segment()], 2);
    common::port::reset(peer);
    assert_kind(result_of(&port, 2), io::ErrorKind::ConnectionReset);
}

/// Rules: CP43, CP45, CP57
#[test]
fn an_operation_is_cancelled_by_its_address_and_took_nothing() {
    let port = Port::new(1).unwrap();
    let (mut peer, handle) = associated(&port, 0);
    let mut rooms = [1, 2, 3].map(|_| Memory::new(4));
    for (room, overlapped) in rooms.iter_mut().zip([0x10, 0x20, 0x30]) {
        receive(&handle, &[room.segment()], overlapped);
    }
    assert!(handle.cancel(0x10));
    assert!(!handle.cancel(0x10));
    assert!(!handle.cancel(0x40));
    assert!(handle.cancel(0x30));
    for overlapped in [0x10, 0x30] {
        assert!(is_cancelled(&result_of(&port, overlapped).unwrap_err()));
    }
    nothing(&port);
    peer.write_all(b"data").unwrap();
    assert_eq!(result_of(&port, 0x20).unwrap(), 4);
    let [first, second, third] = rooms.map(|room| room.0);
    assert_eq!(
        (&*first, &*second, &*third),
        (&[0; 4][..], &b"data"[..], &[0; 4][..])
    );
    assert!(!handle.cancel(0x20));
    assert_eq!(handle.cancel_all(), 0);
}

/// Rules: CP42, CP44, CP56, CP57
#[test]
fn cancels_race_with_completions_and_each_operation_yields_one_packet() {
    const ROUNDS: usize = 2_000;
    let port = Port::new(2).unwrap();
    let (mut peer, handle) = associated(&port, 0);
    let mut room = Memory::new(1);
    let current = AtomicUsize::new(0);
    let (mut received, mut asked) = (0, 0);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            // One byte a round at most, so that some receives wait and some don't.
            while current.load(Ordering::SeqCst) < ROUNDS {
                let before = current.load(Ordering::SeqCst);
                peer.write_all(b"x").unwrap();
                while current.load(Ordering::SeqCst) == before {
                    thread::yield_now();
                }
            }
        });
        let canceller = scope.spawn(|| {
            let mut in_time = 0;
            while current.load(Ordering::SeqCst) < ROUNDS {
                let overlapped = current.load(Ordering::SeqCst);
                in_time += usize::from(handle.cancel(overlapped));
            }
            in_time
        });
        let mut cancelled = 0;
        for round in 0..ROUNDS {
            room.0.fill(0);
            receive(&handle, &[room.segment()], round);
            match result_of(&port, round) {
                Ok(length) => {
                    assert_eq!((length, &*room.0), (1, &b"x"[..]));
                    received += 1;
                }
                Err(error) => {
                    assert!(is_cancelled(&error), "{error}");
                    assert_eq!(&*room.0, [0]);
                    cancelled += 1;
                }
            }
            current.store(round + 1, Ordering::SeqCst);
        }
        writer.join().unwrap();
        asked = canceller.join().unwrap();
        assert_eq!(cancelled, asked);
    });
    assert_eq!(received + asked, ROUNDS);
    nothing(&port);
}

/// Rules: CP57
#[test]
fn memory_is_not_touched_after_its_packet() {
    let port = Port::new(1).unwrap();
    let (mut peer, handle) = associated(&port, 0);
    let mut used = Memory::new(8);
    receive(&handle, &[used.segment()], 1);
    handle.cancel(1);
    assert!(is_cancelled(&result_of(&port, 1).unwrap_err()));
    receive(&handle, &[used.segment()], 2);
    peer.write_all(b"one").unwrap();
    assert_eq!(result_of(&port, 2).unwrap(), 3);
    used.0.fill(7);

    let mut fresh = Memory::new(8);
    receive(&handle, &[fresh.segment()], 3);
    peer.write_all(b"two").unwrap();
    assert_eq!(result_of(&port, 3).unwrap(), 3);
    assert_eq!(&fresh.0[..3], b"two");
    assert_eq!(*used.0, [7; 8]);
}

/// Rules: CP57
#[test]
fn memory_is_not_touched_after_the_ports_close() {
    for round in 0..50 {
        let port = Port::new(1).unwrap();
        let (mut peer, handle) = associated(&port, 0);
        let mut rooms = [0; 4].map(|_| Memory::new(8));
        for (overlapped, room) in rooms.iter_mut().enumerate() {
            receive(&handle, &[room.segment()], overlapped);
        }
        let waits = port.clone();
        let (id, waiting) = mpsc::channel();
        let thread = thread::spawn(move || {
            id.send(thread_id()).unwrap();
            let mut packets = 0;
            while waits.next(Some(DEADLINE)).unwrap().is_some() {
                packets += 1;
            }
            packets
        });
        if round == 0 {
            wait_until_asleep(waiting.recv().unwrap());
        }
        peer.write_all(&[1; 32]).unwrap();
        port.close();
        // From here on the memory is the test's again, whatever the other thread does.
        for room in &mut rooms {
            room.0.fill(7);
        }
        // The end of the connection: nothing more can come.
        let _ = peer.write_all(&[2; 32]);
        assert!(thread.join().unwrap() <= 4);
        assert!(rooms.iter().all(|room| *room.0 == [7; 8]));
        receive(&handle, &[rooms[0].segment()], 9);
        assert!(port.next(None).unwrap().is_none());
    }
}

/// Rules: CP13
#[test]
fn segments_are_sent_and_filled_in_their_order() {
    let port = Port::new(1).unwrap();
    let (mut peer, handle) = associated(&port, 0);
    let all = pattern(384);
    let (mut first, mut second) = (Memory::of(&all[..128]), Memory::of(&all[128..]));
    let empty = Segment::new(std::ptr::null_mut(), 0);
    send(&handle, &[first.segment(), empty, second.segment()], 1);
    assert_eq!(result_of(&port, 1).unwrap(), 384);
    let mut echoed = vec![0; 384];
    peer.read_exact(&mut echoed).unwrap();
    assert_eq!(echoed, all);

    let (mut first, mut second) = (Memory::new(128), Memory::new(256));
    peer.write_all(&all[..200]).unwrap();
    receive(&handle, &[first.segment(), empty, second.segment()], 2);
    assert_eq!(result_of(&port, 2).unwrap(), 200);
    assert_eq!(*first.0, all[..128]);
    assert_eq!(second.0[..72], all[128..200]);
    assert_eq!(*second.0[72..].iter().max().unwrap(), 0);
}

/// Rules: CP2, CP14
#[test]
fn a_transfer_without_segments_fails_and_a_receive_without_room_waits_for_data() {
    let port = Port::new(1).unwrap();
    let (mut peer, handle) = associated(&port, 0);
    receive(&handle, &[], 1);
    assert_kind(result_of(&port, 1), io::ErrorKind::InvalidInput);
    send(&handle, &[], 2);
    assert_kind(result_of(&port, 2), io::ErrorKind::InvalidInput);
    receive(&handle, &[Segment::new(std::ptr::null_mut(), 0)], 3);
    nothing(&port);
    peer.write_all(b"x").unwrap();
    assert_eq!(result_of(&port, 3).unwrap(), 0);
    let mut room = Memory::new(1);
    receive(&handle, &[room.segment()], 4);
    assert_eq!(result_of(&port, 4).unwrap(), 1);
    assert_eq!(*room.0, *b"x");
}

/// Rules: CP12
#[test]
fn a_datagram_comes_whole_with_its_sender() {
    let port = Port::new(1).unwrap();
    let (receiver, handle) = datagram_socket(&port, 4);
    let (sender, sending) = datagram_socket(&port, 5);
    let (mut head, mut tail) = (Memory::of(b"he"), Memory::of(b"llo"));
    let segments = [head.segment(), tail.segment()];
    let to = receiver.local_addr().unwrap();
    #[expect(unsafe_code, reason = "the raw layer")]
    // SAFETY: the memory is kept until the packet has come, and not touched.
    unsafe {
        sending.send_to(&segments, to, 1);
    }
    assert_eq!(result_of(&port, 1).unwrap(), 5);

    let (mut first, mut rest) = (Memory::new(3), Memory::new(60));
    receive(&handle, &[first.segment(), rest.segment()], 2);
    let packet = next(&port);
    assert_eq!((packet.key, packet.overlapped), (4, 2));
    assert_eq!(packet.result.unwrap(), 5);
    assert_eq!(packet.peer, Some(sender.local_addr().unwrap()));
    assert_eq!((&*first.0, &rest.0[..2]), (&b"hel"[..], &b"lo"[..]));

    // To its one peer a connected socket sends without an address, an empty datagram too.
    sender.connect(to).unwrap();
    for (overlapped, length) in [(3, 5), (5, 0)] {
        let mut bytes = Memory::of(&b"hello"[..length]);
        send(&sending, &[bytes.segment()], overlapped);
        assert_eq!(result_of(&port, overlapped).unwrap(), length);
    }
    let mut small = Memory::new(3);
    receive(&handle, &[small.segment()], 6);
    let error = result_of(&port, 6).unwrap_err();
    assert_eq!(overport::error::wsa_code(&error), Some(10040));
    receive(&handle, &[small.segment()], 7);
    assert_eq!(result_of(&port, 7).unwrap(), 0);
}

/// Rules: CP5
#[test]
fn an_accept_brings_the_descriptor_of_the_connection_and_its_peer() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener();
    let handle = port.associate(Socket::from(listener), 3).unwrap();
    handle.accept(0x50);
    nothing(&port);
    let mut client = TcpStream::connect(address).unwrap();
    let packet = next(&port);
    assert_eq!((packet.key, packet.overlapped), (3, 0x50));
    assert_eq!(packet.result.unwrap(), 0);
    assert_eq!(packet.peer, Some(client.local_addr().unwrap()));
    let mut connection = TcpStream::from(packet.accepted.unwrap());
    client.write_all(b"x").unwrap();
    connection.read_exact(&mut [0]).unwrap();
}

/// Rules: CP5
#[test]
fn a_socket_may_be_associated_before_it_listens() {
    let port = Port::new(1).unwrap();
    let socket = Arc::new(unconnected());
    let handle = port.associate(Arc::clone(&socket), 0).unwrap();
    handle.accept(1);
    assert_kind(result_of(&port, 1), io::ErrorKind::InvalidInput);
    socket.bind(&loopback().into()).unwrap();
    socket.listen(8).unwrap();
    handle.accept(2);
    nothing(&port);
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let _client = TcpStream::connect(address).unwrap();
    assert!(next(&port).accepted.is_some());
}

/// Rules: CP6, CP7, CP10
#[test]
fn a_socket_connects_sends_and_ends_sending_behind_that() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener();
    let handle = port.associate(unconnected(), 0).unwrap();
    let mut word = Memory::of(b"word");
    handle.connect(address, 1);
    send(&handle, &[word.segment()], 2);
    handle.disconnect(3);
    for (overlapped, length) in [(1, 0), (2, 4), (3, 0)] {
        assert_eq!(result_of(&port, overlapped).unwrap(), length);
    }
    let mut all = Vec::new();
    listener.accept().unwrap().0.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"word");

    let (_refuses, address) = refusing();
    let handle = port.associate(unconnected(), 0).unwrap();
    handle.connect(address, 4);
    assert_kind(result_of(&port, 4), io::ErrorKind::ConnectionRefused);
}

/// Rules: CP58
#[test]
fn a_post_comes_with_its_three_values() {
    let port = Port::new(1).unwrap();
    for (bytes, key, overlapped) in [(1, 2, 3), (0, 0, 0), (usize::MAX, usize::MAX, usize::MAX)] {
        port.post(bytes, key, overlapped);
    }
    for values in [(1, 2, 3), (0, 0, 0), (usize::MAX, usize::MAX, usize::MAX)] {
        let packet = next(&port);
        assert!(packet.accepted.is_none() && packet.peer.is_none());
        assert_eq!(
            (packet.result.unwrap(), packet.key, packet.overlapped),
            values
        );
    }
}

/// Rules: CP27, CP36
#[test]
fn a_wait_for_many_takes_what_is_there_up_to_its_limit() {
    let port = Port::new(1).unwrap();
    for overlapped in 0..5 {
        port.post(0, 0, overlapped);
    }
    let mut packets = Vec::new();
    assert_eq!(port.next_many(&mut packets, 0, None).unwrap(), 0);
    assert_eq!(port.next_many(&mut packets, 3, None).unwrap(), 3);
    assert_eq!(port.next_many(&mut packets, 3, None).unwrap(), 2);
    let wait = port.next_many(&mut packets, 3, Some(Duration::from_millis(1)));
    assert_eq!(wait.unwrap(), 0);
    let order: Vec<_> = packets.iter().map(|packet| packet.overlapped).collect();
    assert_eq!(order, [0, 1, 2, 3, 4]);
}

/// Rules: CP46
#[test]
fn closing_a_socket_ends_its_operations_by_packets_and_refuses_later_ones() {
    let port = Port::new(1).unwrap();
    let (mut peer, handle) = associated(&port, 0);
    let mut room = Memory::new(8);
    receive(&handle, &[room.segment()], 1);
    handle.close();
    assert!(handle.is_closed());
    assert_kind(result_of(&port, 1), io::ErrorKind::ConnectionAborted);
    receive(&handle, &[room.segment()], 2);
    let error = result_of(&port, 2).unwrap_err();
    assert_eq!(overport::error::wsa_code(&error), Some(10038));
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);

    let (listener, _) = listener();
    let handle = port.associate(Socket::from(listener), 0).unwrap();
    handle.accept(3);
    handle.close();
    assert!(is_cancelled(&result_of(&port, 3).unwrap_err()));
}

/// Rules: CP59
#[test]
fn a_shared_descriptor_is_open_until_its_last_share_goes() {
    let port = Port::new(1).unwrap();
    let (mut peer, socket) = pair();
    let share = Arc::new(Socket::from(socket));
    let handle = port.associate(Arc::clone(&share), 0).unwrap();
    let mut room = Memory::new(8);
    receive(&handle, &[room.segment()], 1);
    share.send(b"plain").unwrap();
    peer.read_exact(&mut [0; 5]).unwrap();
    handle.close();
    assert_kind(result_of(&port, 1), io::ErrorKind::ConnectionAborted);
    share.send(b"still").unwrap();
    peer.read_exact(&mut [0; 5]).unwrap();
    // A closed socket is with no port; another may have it.
    let other = Port::new(1).unwrap();
    let handle = other.associate(share, 0).unwrap();
    receive(&handle, &[room.segment()], 2);
    peer.write_all(b"x").unwrap();
    assert_eq!(result_of(&other, 2).unwrap(), 1);
    drop(handle);
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

/// Rules: CP41, CP47
#[test]
fn a_thread_may_end_and_a_handle_go_and_their_operations_go_on() {
    let port = Port::new(1).unwrap();
    let (mut peer, handle) = associated(&port, 6);
    let mut room = Memory::new(8);
    let segment = room.segment();
    thread::scope(|scope| {
        let address = segment.pointer.expose_provenance();
        scope.spawn(move || {
            let pointer = std::ptr::with_exposed_provenance_mut(address);
            receive(&handle, &[Segment::new(pointer, segment.length)], 1);
        });
    });
    peer.write_all(b"x").unwrap();
    let packet = next(&port);
    assert_eq!((packet.key, packet.result.unwrap()), (6, 1));
    assert_eq!(room.0[0], b'x');
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

/// Starts a thread that waits for a packet of that address, after which it sets the flag.
fn waits_for<'scope>(
    scope: &'scope Scope<'scope, '_>,
    port: &'scope Port,
    overlapped: usize,
    handled: &'scope AtomicBool,
) {
    let (id, waiting) = mpsc::channel();
    scope.spawn(move || {
        id.send(thread_id()).unwrap();
        assert_eq!(next(port).overlapped, overlapped);
        handled.store(true, Ordering::SeqCst);
    });
    wait_until_asleep(waiting.recv_timeout(DEADLINE).unwrap());
}

/// Rules: CP28, CP60
#[test]
fn a_thread_that_asks_another_port_gives_up_its_place_at_the_first() {
    let (first, second) = (Port::new(1).unwrap(), Port::new(1).unwrap());
    first.post(0, 0, 1);
    next(&first);
    let handled = AtomicBool::new(false);
    thread::scope(|scope| {
        waits_for(scope, &first, 2, &handled);
        second.post(0, 0, 3);
        assert_eq!(next(&second).overlapped, 3);
        // If this thread were still at the first port, it would run there for all to see.
        first.post(0, 0, 2);
        compute_until(&handled);
    });
}

/// Rules: CP34
#[test]
fn a_thread_that_ends_gives_up_its_place() {
    let port = Port::new(1).unwrap();
    for overlapped in 0..20 {
        port.post(0, 0, overlapped);
        let port = port.clone();
        let ended = thread::spawn(move || next(&port).overlapped);
        assert_eq!(ended.join().unwrap(), overlapped);
    }
}

/// Rules: CP30
#[test]
fn a_thread_that_tells_that_it_blocks_gives_its_place_to_another() {
    let port = Port::new(1).unwrap();
    port.post(0, 0, 1);
    next(&port);
    let handled = AtomicBool::new(false);
    thread::scope(|scope| {
        waits_for(scope, &port, 2, &handled);
        port.post(0, 0, 2);
        port.blocking(|| compute_until(&handled));
    });
}

/// Rules: CP48
#[test]
fn closing_the_port_ends_every_wait() {
    let port = Port::new(1).unwrap();
    thread::scope(|scope| {
        let (id, waiting) = mpsc::channel();
        let port = &port;
        let waits = scope.spawn(move || {
            id.send(thread_id()).unwrap();
            port.next(None).unwrap()
        });
        wait_until_asleep(waiting.recv_timeout(DEADLINE).unwrap());
        port.close();
        assert!(waits.join().unwrap().is_none());
    });
    assert!(port.is_closed());
    assert!(port.next(None).unwrap().is_none());
    let listener = TcpListener::bind(loopback()).unwrap();
    let error = port.associate(Socket::from(listener), 0).unwrap_err();
    assert_eq!(overport::error::wsa_code(&error), Some(10038));
}

#[test]
fn a_socket_of_another_kind_is_refused() {
    let port = Port::new(1).unwrap();
    let (socket, _other) =
        Socket::pair(socket2::Domain::UNIX, socket2::Type::SEQPACKET, None).unwrap();
    let refused = port.associate(socket, 0).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
}
