//! Buffers at the completion port: vectored operations, kinds of buffers, and their return.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    Tagged, associated, fill, loopback, next, nothing, pattern, ports, received, received_from,
    received_from_vectored, received_vectored, reset, sent, sent_to, sent_to_vectored,
    sent_vectored,
};
use overport::buffer::{Buffer, Either};
use overport::completion_port::CompletionPort;
use overport::error::wsa_code;

/// Rules: CP13
#[test]
fn buffers_of_128_and_256_bytes_are_gathered_and_scattered_in_their_order() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        let bytes = pattern(384);
        let buffers = vec![bytes[..128].to_vec(), bytes[128..].to_vec()];
        stream.send_vectored(buffers.clone());
        let (stream, back, result) = sent_vectored(next(&mut completions));
        assert_eq!(result.unwrap(), 384);
        assert_eq!(back, buffers);
        let mut all = vec![0; 384];
        peer.read_exact(&mut all).unwrap();
        assert_eq!(all, bytes);

        peer.write_all(&bytes).unwrap();
        stream.receive_vectored(vec![Vec::with_capacity(128), Vec::with_capacity(256)]);
        let (_, back, result) = received_vectored(next(&mut completions));
        assert_eq!(result.unwrap(), 384);
        assert_eq!(back, buffers);
    }
}

/// Rules: CP13
#[test]
fn a_vectored_receive_of_less_fills_the_first_buffers_and_gives_all_back() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        peer.write_all(&pattern(150)).unwrap();
        let mut first = Vec::with_capacity(128);
        first.extend_from_slice(&pattern(28));
        let mut buffers = vec![first];
        buffers.extend([0, 128, 128].map(Vec::with_capacity));
        stream.receive_vectored(buffers);
        let (stream, back, result) = received_vectored(next(&mut completions));
        assert_eq!(result.unwrap(), 150);
        assert_eq!(back.iter().map(Vec::len).sum::<usize>(), 28 + 150);
        assert_eq!(back.concat(), [pattern(28), pattern(150)].concat());
        stream.receive_vectored(vec![Vec::with_capacity(8), Vec::with_capacity(8)]);
        nothing(&mut completions);
        peer.write_all(b"later").unwrap();
        assert_eq!(received_vectored(next(&mut completions)).1[0], b"later");
    }
}

/// Rules: CP9, CP13
#[test]
fn a_vectored_send_of_more_segments_than_one_call_takes_completes_whole() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        let bytes = pattern(300);
        let buffers: Vec<_> = bytes.iter().map(|&byte| vec![byte]).collect();
        stream.send_vectored(buffers.clone());
        let (_stream, back, result) = sent_vectored(next(&mut completions));
        assert_eq!(result.unwrap(), 300);
        assert_eq!(back, buffers);
        let mut all = vec![0; 300];
        peer.read_exact(&mut all).unwrap();
        assert_eq!(all, bytes);
    }
}

/// Rules: CP9, CP10, CP13
#[test]
fn a_vectored_send_that_has_to_wait_goes_on_where_it_stopped() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        let filled = fill(&stream);
        let bytes = pattern(100 * 20_011);
        let buffers: Vec<_> = bytes.chunks(20_011).map(<[u8]>::to_vec).collect();
        stream.clone().send_vectored(buffers);
        stream.clone().send(b"end".to_vec());
        nothing(&mut completions);
        let reader = thread::spawn(move || {
            let mut all = vec![0; filled + 100 * 20_011 + 3];
            peer.read_exact(&mut all).unwrap();
            all.split_off(filled)
        });
        let (_, _, result) = sent_vectored(next(&mut completions));
        assert_eq!(result.unwrap(), bytes.len());
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 3);
        let all = reader.join().unwrap();
        assert!(all.starts_with(&bytes) && all.ends_with(b"end"));
    }
}

/// Rules: CP13
#[test]
fn a_vectored_receive_looks_for_room_behind_any_number_of_full_buffers() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        peer.write_all(b"found").unwrap();
        let mut buffers = vec![Vec::new(); 100];
        buffers.push(Vec::with_capacity(16));
        stream.receive_vectored(buffers);
        let (_, back, result) = received_vectored(next(&mut completions));
        assert_eq!(result.unwrap(), 5);
        assert_eq!((back.len(), back[100].as_slice()), (101, &b"found"[..]));
    }
}

/// Rules: CP3, CP13
#[test]
fn sends_of_nothing_complete_with_0() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (_peer, stream) = associated(&port, ());
        stream.send(Vec::new());
        let (stream, _, result) = sent(next(&mut completions));
        assert_eq!(result.unwrap(), 0);
        stream.send_vectored(vec![Vec::new(); 70]);
        let (_, back, result) = sent_vectored(next(&mut completions));
        assert_eq!((back.len(), result.unwrap()), (70, 0));
        nothing(&mut completions);
    }
}

/// Rules: CP2, CP13
#[test]
fn vectored_operations_without_any_buffer_fail_as_packets() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (_peer, stream) = associated(&port, ());
        stream.clone().send_vectored(Vec::new());
        let error = sent_vectored(next(&mut completions)).2.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        stream.receive_vectored(Vec::new());
        let error = received_vectored(next(&mut completions)).2.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        nothing(&mut completions);
    }
}

/// Rules: CP12, CP13
#[test]
fn datagrams_are_gathered_and_scattered_too() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let datagram = port
            .datagram(UdpSocket::bind(loopback()).unwrap(), ())
            .unwrap();
        let own = datagram.local_addr().unwrap();
        let bytes = pattern(384);
        let buffers = vec![bytes[..128].to_vec(), bytes[128..].to_vec()];
        datagram.clone().send_to_vectored(buffers.clone(), own);
        let (datagram, back, result) = sent_to_vectored(next(&mut completions));
        assert_eq!((back, result.unwrap()), (buffers.clone(), 384));
        datagram.receive_from_vectored(vec![Vec::with_capacity(128), Vec::with_capacity(300)]);
        let (_, back, result) = received_from_vectored(next(&mut completions));
        assert_eq!((back, result.unwrap()), (buffers, (384, own)));
    }
}

/// Rules: CP4, CP12
#[test]
fn a_datagram_that_does_not_fit_is_cut_and_that_is_an_error() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let datagram = port
            .datagram(UdpSocket::bind(loopback()).unwrap(), ())
            .unwrap();
        let own = datagram.local_addr().unwrap();
        for bytes in [&b"too long"[..], b"fits"] {
            datagram.clone().send_to(bytes.to_vec(), own);
            assert_eq!(sent_to(next(&mut completions)).2.unwrap(), bytes.len());
        }
        let room = || Vec::with_capacity(4);
        assert!(room().capacity() < 8);
        datagram.clone().receive_from(room());
        let (_, buffer, result) = received_from(next(&mut completions));
        assert_eq!(wsa_code(&result.unwrap_err()), Some(10040));
        assert_eq!(buffer, b"too ");
        datagram.receive_from(Vec::with_capacity(16));
        assert_eq!(received_from(next(&mut completions)).1, b"fits");
    }
}

/// Rules: CP13, CP14
#[test]
fn a_vectored_receive_without_room_waits_for_data_and_takes_none() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        stream.receive_vectored(vec![Vec::new(); 3]);
        nothing(&mut completions);
        peer.write_all(b"data").unwrap();
        let (stream, back, result) = received_vectored(next(&mut completions));
        assert_eq!((back.len(), result.unwrap()), (3, 0));
        stream.receive(Vec::with_capacity(16));
        assert_eq!(received(next(&mut completions)).1, b"data");
    }
}

/// Counts how many of its kind exist.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn buffer(bytes: Vec<u8>, alive: &Arc<AtomicUsize>) -> Tagged<Self> {
        alive.fetch_add(1, Ordering::SeqCst);
        let tag = Self(Arc::clone(alive));
        Tagged { bytes, tag }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Rules: CP3, CP4
#[test]
fn buffers_come_back_whatever_the_result() {
    for port in ports::<(), Tagged<Counted>, ()>(1) {
        let alive = Arc::new(AtomicUsize::new(0));
        let buffer = |length: usize| Counted::buffer(pattern(length), &alive);
        let room = || Counted::buffer(Vec::with_capacity(16), &alive);
        let mut completions = port.completions();
        let (peer, stream) = associated(&port, ());
        fill(&stream);
        // Cancelled, timed out, reset and aborted ones, of each direction.
        let cancelled = [
            stream.clone().receive(room()),
            stream.clone().send(buffer(100)),
        ];
        stream.clone().by(Instant::now()).receive(room());
        stream.clone().by(Instant::now()).send(buffer(100));
        stream.clone().receive_vectored(vec![room(), room()]);
        stream.clone().send_vectored(vec![buffer(1), buffer(2)]);
        assert_eq!(alive.load(Ordering::SeqCst), 8);
        for operation in cancelled {
            assert!(stream.cancel(operation));
        }
        let mut back = Vec::new();
        (0..4).for_each(|_| back.push(next(&mut completions)));
        reset(peer);
        (0..2).for_each(|_| back.push(next(&mut completions)));
        stream.clone().send(buffer(5));
        back.push(next(&mut completions));
        stream.close();
        stream.clone().send(buffer(5));
        stream.receive(room());
        (0..2).for_each(|_| back.push(next(&mut completions)));
        assert!(completions.next(Some(Duration::ZERO)).unwrap().is_none());
        assert_eq!(alive.load(Ordering::SeqCst), 11);
        drop(back);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}

/// Rules: CP4
#[test]
fn one_buffer_goes_to_many_connections_without_a_copy() {
    type Shared = Either<Vec<u8>, Arc<[u8]>>;
    for port in ports::<(), Shared, ()>(1) {
        let mut completions = port.completions();
        let line: Arc<[u8]> = Arc::from(&b"hello, all"[..]);
        let peers: Vec<_> = (0..20)
            .map(|_| {
                let (peer, stream) = associated(&port, ());
                stream.clone().send(Either::Right(Arc::clone(&line)));
                (peer, stream)
            })
            .collect();
        for _ in &peers {
            let (_, back, result) = sent(next(&mut completions));
            assert_eq!(result.unwrap(), 10);
            assert_eq!(back.filled().as_ptr(), line.as_ptr());
        }
        for (mut peer, stream) in peers {
            peer.write_all(b"x").unwrap();
            stream.receive(Either::Left(Vec::with_capacity(16)));
            assert_eq!(received(next(&mut completions)).1.filled(), b"x");
            let mut heard = [0; 10];
            peer.read_exact(&mut heard).unwrap();
            assert_eq!(heard, *line);
        }
    }
}

/// Rules: CP14
#[test]
fn a_receive_into_bytes_that_are_only_sent_is_one_of_zero_bytes() {
    for port in ports::<(), &'static [u8], ()>(1) {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        peer.write_all(b"data").unwrap();
        stream.receive(b"constant");
        let (_, back, result) = received(next(&mut completions));
        assert_eq!((back, result.unwrap()), (&b"constant"[..], 0));
    }
}
