//! Transfers at the completion port: what a receive and a send mean, and the ends of streams.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, UdpSocket};
use std::thread;

use common::port::{
    CloseAtEnd, DEADLINE, associated, disconnected, echo, fill, loopback, next, nothing, pattern,
    ports, received, received_from, reset, sent, sent_to,
};
use overport::completion_port::{Completion, CompletionPort, Stream};

type Port = CompletionPort<u32, Vec<u8>, &'static str>;

/// How many bytes wait in the socket, of 64 KiB at most.
fn waiting(stream: &Stream<u32, Vec<u8>, &'static str>) -> usize {
    let peeked = stream.options(|socket| {
        socket.set_nonblocking(true)?;
        match socket.peek(&mut vec![MaybeUninit::uninit(); 65536]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            result => result,
        }
    });
    peeked.unwrap()
}

/// Rules: CP1, CP3, CP8
#[test]
fn a_receive_completes_with_what_is_there_once_and_with_the_sockets_key() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 7);
        stream.receive(Vec::with_capacity(64));
        nothing(&mut completions);
        peer.write_all(b"hello").unwrap();
        let (stream, buffer, result) = received(next(&mut completions));
        assert_eq!(result.unwrap(), 5);
        assert_eq!(buffer, b"hello");
        assert_eq!(*stream.key(), 7);
        nothing(&mut completions);
    }
}

/// Rules: CP8
#[test]
fn a_receive_adds_behind_what_the_buffer_holds_and_no_more_than_it_has_room_for() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        peer.write_all(b"abcdefgh").unwrap();
        let mut buffer = Vec::with_capacity(64);
        buffer.extend_from_slice(&[b'-'; 60]);
        stream.receive(buffer);
        let (stream, buffer, result) = received(next(&mut completions));
        assert_eq!(result.unwrap(), 4);
        assert_eq!(&buffer[58..], b"--abcd");
        stream.receive(Vec::with_capacity(64));
        assert_eq!(received(next(&mut completions)).1, b"efgh");
    }
}

/// Rules: CP3
#[test]
fn an_operation_that_could_complete_at_once_yields_its_packet_through_the_port() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        peer.write_all(b"x").unwrap();
        stream.clone().send(b"y".to_vec());
        stream.receive(Vec::with_capacity(1));
        let mut kinds = Vec::new();
        for _ in 0..2 {
            kinds.push(match next(&mut completions) {
                Completion::Receive { .. } => "receive",
                Completion::Send { .. } => "send",
                other => panic!("{other:?}"),
            });
        }
        kinds.sort_unstable();
        assert_eq!(kinds, ["receive", "send"]);
        nothing(&mut completions);
    }
}

/// Rules: CP2, CP3, CP4
#[test]
fn an_operation_that_fails_at_once_is_a_packet_with_its_handle_and_buffer() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_peer, stream) = associated(&port, 3);
        stream.shutdown(Shutdown::Write).unwrap();
        stream.send(b"too late".to_vec());
        let (stream, buffer, result) = sent(next(&mut completions));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(buffer, b"too late");
        assert_eq!(*stream.key(), 3);
        nothing(&mut completions);
    }
}

/// Rules: CP8
#[test]
fn data_before_the_end_of_the_stream_is_received_before_the_end() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        peer.write_all(b"last words").unwrap();
        drop(peer);
        stream.receive(Vec::with_capacity(64));
        let (stream, buffer, result) = received(next(&mut completions));
        assert_eq!(result.unwrap(), 10);
        assert_eq!(buffer, b"last words");
        for _ in 0..3 {
            stream.clone().receive(Vec::with_capacity(64));
            assert_eq!(received(next(&mut completions)).2.unwrap(), 0);
        }
    }
}

/// Rules: CP8
#[test]
fn a_receive_that_waits_ends_with_0_when_the_peer_ends_and_sends_go_on() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive(Vec::with_capacity(64));
        nothing(&mut completions);
        peer.shutdown(Shutdown::Write).unwrap();
        let (stream, _, result) = received(next(&mut completions));
        assert_eq!(result.unwrap(), 0);
        stream.send(b"answer".to_vec());
        let (stream, _, result) = sent(next(&mut completions));
        assert_eq!(result.unwrap(), 6);
        drop(stream);
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "answer");
    }
}

/// Rules: CP9
#[test]
fn a_send_of_a_megabyte_completes_when_every_byte_was_taken() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let megabyte = pattern(1 << 20);
        fill(&stream);
        stream.shutdown(Shutdown::Read).unwrap();
        stream.send(megabyte.clone());
        nothing(&mut completions);
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all
        });
        let (stream, buffer, result) = sent(next(&mut completions));
        assert_eq!(result.unwrap(), 1 << 20);
        assert_eq!(buffer, megabyte);
        stream.shutdown(Shutdown::Write).unwrap();
        let all = reader.join().unwrap();
        assert!(all.ends_with(&megabyte));
    }
}

/// Rules: CP8, CP9
#[test]
fn a_megabyte_is_echoed_exactly() {
    for port in ports(1) as Vec<Port> {
        let (mut peer, stream) = associated(&port, 0);
        let megabyte = pattern(1 << 20);
        stream.receive(Vec::with_capacity(10_000));
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            scope.spawn(|| {
                let mut completions = port.completions();
                while let Some(completion) = completions.next(None).unwrap() {
                    echo(completion);
                }
            });
            let mut writer = peer.try_clone().unwrap();
            let bytes = &megabyte;
            scope.spawn(move || writer.write_all(bytes).unwrap());
            let mut echoed = vec![0; megabyte.len()];
            peer.read_exact(&mut echoed).unwrap();
            assert!(echoed == megabyte);
        });
    }
}

/// Rules: CP14
#[test]
fn a_receive_of_zero_bytes_waits_for_data_and_takes_none() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive(Vec::new());
        nothing(&mut completions);
        peer.write_all(b"data").unwrap();
        let (stream, buffer, result) = received(next(&mut completions));
        assert_eq!((result.unwrap(), buffer.len()), (0, 0));
        stream.receive(Vec::new());
        let (stream, ..) = received(next(&mut completions));
        stream.receive(Vec::with_capacity(64));
        let (stream, buffer, _) = received(next(&mut completions));
        assert_eq!(buffer, b"data");
        stream.receive(Vec::new());
        nothing(&mut completions);
        drop(peer);
        assert_eq!(received(next(&mut completions)).2.unwrap(), 0);
    }
}

/// Rules: CP15
// On Windows the system takes the data, whoever claims the packet.
#[cfg(target_os = "linux")]
#[test]
fn a_receive_that_nobody_claims_leaves_the_data_in_the_socket() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut one_peer, one) = associated(&port, 1);
        let (mut two_peer, two) = associated(&port, 2);
        one.clone().receive(Vec::with_capacity(64));
        two.clone().receive(Vec::with_capacity(64));
        one_peer.write_all(b"data").unwrap();
        two_peer.write_all(b"data").unwrap();
        let (first, _, result) = received(next(&mut completions));
        assert_eq!(result.unwrap(), 4);
        let other = if *first.key() == 1 { two } else { one };
        assert_eq!(waiting(&other), 4);
        assert_eq!(received(next(&mut completions)).2.unwrap(), 4);
        assert_eq!(waiting(&other), 0);
    }
}

/// Rules: CP16
#[test]
fn without_a_receive_nothing_is_read() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        peer.write_all(&pattern(20_000)).unwrap();
        nothing(&mut completions);
        stream.clone().send(b"x".to_vec());
        sent(next(&mut completions)).2.unwrap();
        assert_eq!(waiting(&stream), 20_000);
        nothing(&mut completions);
        assert_eq!(waiting(&stream), 20_000);
    }
}

/// Rules: CP19
#[test]
fn a_reset_ends_a_receive_and_all_later_ones_with_connection_reset() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (peer, stream) = associated(&port, 0);
        stream.clone().receive(Vec::with_capacity(64));
        stream.clone().receive(Vec::with_capacity(64));
        nothing(&mut completions);
        reset(peer);
        for _ in 0..2 {
            let error = received(next(&mut completions)).2.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        stream.receive(Vec::with_capacity(64));
        let error = received(next(&mut completions)).2.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

/// Rules: CP19
#[test]
fn a_reset_ends_receives_and_sends_that_wait_alike() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (peer, stream) = associated(&port, 0);
        fill(&stream);
        stream.clone().receive(Vec::with_capacity(64));
        for _ in 0..2 {
            stream.clone().send(pattern(1 << 20));
        }
        nothing(&mut completions);
        reset(peer);
        for _ in 0..3 {
            let error = match next(&mut completions) {
                Completion::Receive { result, .. } | Completion::Send { result, .. } => {
                    result.unwrap_err()
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
    }
}

/// Rules: CP8
#[test]
fn a_byte_out_of_band_amid_data_stalls_nothing() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        for round in 0..8 {
            peer.write_all(b"before").unwrap();
            socket2::SockRef::from(&peer)
                .send_out_of_band(b"!")
                .unwrap();
            peer.write_all(b"behind").unwrap();
            let mut data = Vec::new();
            while data.len() < 12 {
                stream.clone().receive(Vec::with_capacity(64));
                data.extend(received(next(&mut completions)).1);
            }
            assert_eq!(data, b"beforebehind", "round {round}");
        }
    }
}

/// Rules: CP7
#[test]
fn a_disconnect_tells_the_peer_the_end_behind_the_sends_before_it() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let filled = fill(&stream);
        stream.clone().send(pattern(1 << 20));
        stream.clone().disconnect();
        nothing(&mut completions);
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            (all.len(), peer)
        });
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 1 << 20);
        disconnected(next(&mut completions)).1.unwrap();
        let (total, mut peer) = reader.join().unwrap();
        assert_eq!(total, filled + (1 << 20));
        stream.receive(Vec::with_capacity(64));
        peer.write_all(b"still here").unwrap();
        assert_eq!(received(next(&mut completions)).1, b"still here");
    }
}

/// Rules: CP52
#[test]
fn clones_of_a_stream_receive_and_send_side_by_side() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        fill(&stream);
        stream.clone().send(pattern(1 << 20));
        stream.receive(Vec::with_capacity(64));
        nothing(&mut completions);
        peer.write_all(b"inwards").unwrap();
        assert_eq!(received(next(&mut completions)).1, b"inwards");
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
        });
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 1 << 20);
        reader.join().unwrap();
    }
}

/// Rules: CP12
#[test]
fn datagrams_go_and_come_whole_and_name_their_sender() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let peer = UdpSocket::bind(loopback()).unwrap();
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        let socket = UdpSocket::bind(loopback()).unwrap();
        let address = socket.local_addr().unwrap();
        let datagram = port.datagram(socket, 9).unwrap();

        datagram.clone().receive_from(Vec::with_capacity(64));
        datagram.clone().receive_from(Vec::with_capacity(64));
        nothing(&mut completions);
        peer.send_to(b"one", address).unwrap();
        peer.send_to(b"", address).unwrap();
        for expected in [&b"one"[..], b""] {
            let (datagram, buffer, result) = received_from(next(&mut completions));
            assert_eq!(buffer, expected);
            let whole = (expected.len(), peer.local_addr().unwrap());
            assert_eq!(result.unwrap(), whole);
            assert_eq!(*datagram.key(), 9);
        }

        datagram.send_to(pattern(9000), peer.local_addr().unwrap());
        assert_eq!(sent_to(next(&mut completions)).2.unwrap(), 9000);
        let mut buffer = [0; 10_000];
        assert_eq!(peer.recv_from(&mut buffer).unwrap(), (9000, address));
        assert_eq!(buffer[..9000], pattern(9000));
    }
}

/// Rules: CP2, CP4
#[test]
fn a_datagram_that_is_too_large_fails_with_its_buffer_and_the_socket_goes_on() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let datagram = port
            .datagram(UdpSocket::bind(loopback()).unwrap(), 0)
            .unwrap();
        let own = datagram.local_addr().unwrap();
        datagram.clone().send_to(pattern(100_000), own);
        let (_, buffer, result) = sent_to(next(&mut completions));
        assert!(result.is_err());
        assert_eq!(buffer.len(), 100_000);
        datagram.clone().send_to(b"small".to_vec(), own);
        assert_eq!(sent_to(next(&mut completions)).2.unwrap(), 5);
        datagram.receive_from(Vec::with_capacity(64));
        assert_eq!(received_from(next(&mut completions)).1, b"small");
    }
}
