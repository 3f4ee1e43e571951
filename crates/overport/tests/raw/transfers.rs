//! Operations and what their packets bring.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ptr;
use std::sync::Arc;

use overport::error::wsa_code;
use overport::raw::{Kind, Segment};
use socket2::Socket;

use crate::common::{listener, loopback, pattern, refusing, reset, unconnected};
use crate::{
    Memory, assert_kind, associated, datagram_socket, next, nothing, ports, receive, result_of,
    send,
};

/// Rules: CP56
#[test]
fn a_packet_has_the_address_of_its_operation_and_the_key_of_its_socket() {
    for port in ports(1) {
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
        assert_eq!(
            (received.kind, received.key, received.overlapped),
            (Kind::Receive, 1, 0x1000)
        );
        assert_eq!(received.result.unwrap(), 5);
        assert_eq!(&room.0[..5], b"hello");
        assert_eq!(
            (sent.kind, sent.key, sent.overlapped),
            (Kind::Send, usize::MAX, usize::MAX - 7)
        );
        assert_eq!(sent.result.unwrap(), 4);
        nothing(&port);
    }
}

/// Rules: CP8, CP19, CP56
#[test]
fn the_end_of_a_stream_is_a_packet_of_0_bytes_and_a_reset_one_with_the_error() {
    for port in ports(1) {
        let mut room = Memory::new(16);
        let (peer, handle) = associated(&port, 0);
        drop(peer);
        receive(&handle, &[room.segment()], 1);
        assert_eq!(result_of(&port, 1).unwrap(), 0);

        let (peer, handle) = associated(&port, 0);
        receive(&handle, &[room.segment()], 2);
        reset(peer);
        assert_kind(result_of(&port, 2), io::ErrorKind::ConnectionReset);
    }
}

/// Rules: CP13
#[test]
fn segments_are_sent_and_filled_in_their_order() {
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 0);
        let all = pattern(384);
        let (mut first, mut second) = (Memory::of(&all[..128]), Memory::of(&all[128..]));
        let empty = Segment::new(ptr::null_mut(), 0);
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
}

/// Rules: CP2, CP14
#[test]
fn a_transfer_without_segments_fails_and_a_receive_without_room_waits_for_data() {
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 0);
        receive(&handle, &[], 1);
        assert_kind(result_of(&port, 1), io::ErrorKind::InvalidInput);
        send(&handle, &[], 2);
        assert_kind(result_of(&port, 2), io::ErrorKind::InvalidInput);
        receive(&handle, &[Segment::new(ptr::null_mut(), 0)], 3);
        nothing(&port);
        peer.write_all(b"x").unwrap();
        assert_eq!(result_of(&port, 3).unwrap(), 0);
        let mut room = Memory::new(1);
        receive(&handle, &[room.segment()], 4);
        assert_eq!(result_of(&port, 4).unwrap(), 1);
        assert_eq!(*room.0, *b"x");
    }
}

/// Rules: CP12
#[test]
fn a_datagram_comes_whole_with_its_sender() {
    for port in ports(1) {
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
        assert_eq!(wsa_code(&error), Some(10040));
        receive(&handle, &[small.segment()], 7);
        assert_eq!(result_of(&port, 7).unwrap(), 0);
    }
}

/// Rules: CP5
#[test]
fn an_accept_brings_the_descriptor_of_the_connection_and_its_peer() {
    for port in ports(1) {
        let (listener, address) = listener();
        let handle = port.associate(Socket::from(listener), 3).unwrap();
        handle.accept(0x50);
        nothing(&port);
        let mut client = TcpStream::connect(address).unwrap();
        let packet = next(&port);
        assert_eq!(
            (packet.kind, packet.key, packet.overlapped),
            (Kind::Accept, 3, 0x50)
        );
        assert_eq!(packet.result.unwrap(), 0);
        assert_eq!(packet.peer, Some(client.local_addr().unwrap()));
        let mut connection = TcpStream::from(packet.accepted.unwrap());
        client.write_all(b"x").unwrap();
        connection.read_exact(&mut [0]).unwrap();
    }
}

/// Rules: CP5
#[test]
fn a_socket_may_be_associated_before_it_listens() {
    for port in ports(1) {
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
}

/// Rules: CP6, CP7, CP10
#[test]
fn a_socket_connects_sends_and_ends_sending_behind_that() {
    for port in ports(1) {
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
}
