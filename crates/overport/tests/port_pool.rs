//! Receives into buffers of a pool: what one of them yields, and the life of pools and buffers.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::thread;

use common::port::{
    CloseAtEnd, DEADLINE, associated, next, nothing, pattern, ports, received, reset, sent,
};
use overport::buffer::Either;
use overport::completion_port::{BufferPool, Completion, CompletionPort, PoolBuffer};

type Port = CompletionPort<u32, PoolBuffer, u32>;

#[track_caller]
fn assert_has_no_memory(buffer: &PoolBuffer) {
    assert_eq!((buffer.len(), buffer.capacity()), (0, 0));
}

/// Rules: CP3, CP61
#[test]
fn a_pooled_receive_yields_the_bytes_in_a_buffer_that_returns_when_it_is_dropped_anywhere() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(3, 100).unwrap();
        assert_eq!(
            (pool.count(), pool.buffer_size(), pool.in_use()),
            (3, 100, 0)
        );
        let (mut peer, stream) = associated(&port, 7);
        let id = stream.receive_pooled(&pool);
        peer.write_all(b"hello").unwrap();
        let (stream, buffer, result) = received(next(&mut completions));
        assert_eq!((result.unwrap(), &*buffer), (5, &b"hello"[..]));
        assert_eq!((*stream.key(), stream.operation()), (7, Some(id)));
        assert_eq!((buffer.capacity(), pool.in_use()), (100, 1));
        nothing(&mut completions);
        thread::spawn(move || drop(buffer)).join().unwrap();
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP61
#[test]
fn a_buffer_that_was_received_into_can_be_changed_cut_and_sent() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(1, 16).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive_pooled(&pool);
        peer.write_all(b"hello").unwrap();
        let (stream, mut buffer, _) = received(next(&mut completions));
        buffer.make_ascii_uppercase();
        buffer.truncate(4);
        buffer.truncate(9);
        stream.send(buffer);
        let (stream, mut buffer, result) = sent(next(&mut completions));
        assert_eq!(result.unwrap(), 4);
        let mut echo = [0; 4];
        peer.read_exact(&mut echo).unwrap();
        assert_eq!(&echo, b"HELL");
        buffer.clear();
        assert_eq!((buffer.len(), buffer.capacity()), (0, 16));
        drop(buffer);
        stream.receive_pooled(&pool);
        peer.write_all(b"next").unwrap();
        assert_eq!(&*received(next(&mut completions)).1, b"next");
    }
}

/// Rules: CP62
#[test]
fn connections_that_wait_own_no_buffer_however_many_they_are() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(2, 64).unwrap();
        let mut peers: Vec<_> = (0..100)
            .map(|key| {
                let (peer, stream) = associated(&port, key);
                stream.clone().receive_pooled(&pool);
                stream.receive_pooled(&pool);
                peer
            })
            .collect();
        nothing(&mut completions);
        assert_eq!(pool.in_use(), 0);
        for (key, peer) in (0..).zip(&mut peers) {
            peer.write_all(b"x").unwrap();
            let (stream, buffer, result) = received(next(&mut completions));
            assert_eq!((*stream.key(), result.unwrap(), pool.in_use()), (key, 1, 1));
            drop(buffer);
        }
        nothing(&mut completions);
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP8, CP19, CP63
#[test]
fn the_end_of_a_stream_and_a_reset_come_with_an_empty_buffer_without_memory() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(2, 64).unwrap();
        let (mut ends, stream) = associated(&port, 0);
        for _ in 0..3 {
            stream.clone().receive_pooled(&pool);
        }
        ends.write_all(b"last").unwrap();
        drop(ends);
        assert_eq!(&*received(next(&mut completions)).1, b"last");
        for _ in 0..2 {
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!((result.unwrap(), pool.in_use()), (0, 0));
            assert_has_no_memory(&buffer);
        }
        let (resets, stream) = associated(&port, 1);
        stream.clone().receive_pooled(&pool);
        stream.clone().receive_pooled(&pool);
        nothing(&mut completions);
        reset(resets);
        for _ in 0..3 {
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
            assert_has_no_memory(&buffer);
            stream.clone().receive_pooled(&pool);
        }
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP11, CP61
#[test]
fn the_bytes_of_a_stream_come_in_order_whatever_the_buffers_and_however_many_receives_wait() {
    const LENGTH: usize = 200_000;
    for (count, size, pending) in [(1, 4096, 1), (3, 7000, 3), (16, 997, 5), (2, 1 << 20, 2)] {
        for port in ports(1) as Vec<Port> {
            let mut completions = port.completions();
            let pool = port.buffer_pool(count, size).unwrap();
            let (mut peer, stream) = associated(&port, 0);
            let writer = thread::spawn(move || peer.write_all(&pattern(LENGTH)).unwrap());
            let mut ids: Vec<_> = (0..pending)
                .map(|_| stream.clone().receive_pooled(&pool))
                .collect();
            let mut bytes = Vec::new();
            while bytes.len() < LENGTH {
                let (stream, buffer, result) = received(next(&mut completions));
                assert_eq!(stream.operation(), Some(ids.remove(0)));
                assert_eq!(result.unwrap(), buffer.len());
                assert!(!buffer.is_empty() && buffer.len() <= size);
                assert!(pool.in_use() <= count);
                bytes.extend_from_slice(&buffer);
                drop(buffer);
                ids.push(stream.receive_pooled(&pool));
            }
            writer.join().unwrap();
            assert!(bytes == pattern(LENGTH));
        }
    }
}

/// Rules: CP17, CP61
#[test]
fn a_pooled_receive_that_can_be_done_at_once_is_returned_and_any_other_comes_by_the_port() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(64, 1).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        assert!(stream.clone().receive_pooled_now(&pool).is_none());
        nothing(&mut completions);
        peer.write_all(&pattern(40)).unwrap();
        let mut bytes = received(next(&mut completions)).1.to_vec();
        let mut at_once = 0;
        while bytes.len() < 40 {
            let completion = match stream.clone().receive_pooled_now(&pool) {
                Some(completion) => {
                    at_once += 1;
                    completion
                }
                None => next(&mut completions),
            };
            bytes.extend_from_slice(&received(completion).1);
        }
        assert_eq!(bytes, pattern(40));
        assert!(at_once > 0);
        nothing(&mut completions);
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP67
#[test]
fn a_pool_of_another_port_is_refused() {
    for (port, other) in (ports(1) as Vec<Port>)
        .into_iter()
        .zip(ports(1) as Vec<Port>)
    {
        let mut completions = port.completions();
        let pool = other.buffer_pool(2, 64).unwrap();
        let (_peer, stream) = associated(&port, 0);
        stream.clone().receive_pooled(&pool);
        let refused = received(next(&mut completions)).2.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
        let at_once = stream.receive_pooled_now(&pool).expect("it fails at once");
        let (_, buffer, result) = received(at_once);
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_has_no_memory(&buffer);
        nothing(&mut completions);
    }
}

/// Rules: CP68
#[test]
fn impossible_pools_are_errors() {
    for port in ports(1) as Vec<Port> {
        let too_many = [(1 << 15) + 1, 1 << 16, usize::MAX].map(|count| (count, 1));
        let too_large = [1 << 32, usize::MAX].map(|size| (1, size));
        let impossible = [(0, 1), (1, 0), (0, 0)].into_iter();
        for (count, size) in impossible.chain(too_many).chain(too_large) {
            let error = port.buffer_pool(count, size).unwrap_err();
            assert_eq!(
                error.kind(),
                io::ErrorKind::InvalidInput,
                "{count} x {size}"
            );
        }
        assert_eq!(port.buffer_pool(1 << 15, 1).unwrap().count(), 1 << 15);
    }
}

/// Rules: CP61
#[test]
fn clones_of_a_pool_share_its_buffers() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(1, 64).unwrap();
        let clone = pool.clone();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive_pooled(&clone);
        drop(clone);
        peer.write_all(b"x").unwrap();
        let (_, buffer, _) = received(next(&mut completions));
        assert_eq!(pool.in_use(), 1);
        assert_eq!(pool.clone().in_use(), 1);
        drop(buffer);
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP4, CP61
#[test]
fn a_port_may_have_buffers_of_a_pool_and_others_side_by_side() {
    type Mixed = CompletionPort<u32, Either<PoolBuffer, Vec<u8>>, u32>;
    for port in ports(1) as Vec<Mixed> {
        let pool = port.buffer_pool(1, 64).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        let close = CloseAtEnd(&port);
        thread::scope(|scope| {
            scope.spawn(|| greet_then_echo(&port, &pool));
            stream.send(Either::Right(b"welcome".to_vec()));
            let mut greeting = [0; 7];
            peer.read_exact(&mut greeting).unwrap();
            for _ in 0..10 {
                peer.write_all(b"ping").unwrap();
                peer.read_exact(&mut greeting[..4]).unwrap();
                assert_eq!(&greeting[..4], b"ping");
            }
            drop(close);
        });
        assert_eq!(pool.in_use(), 0);
    }
}

fn greet_then_echo(
    port: &CompletionPort<u32, Either<PoolBuffer, Vec<u8>>, u32>,
    pool: &BufferPool,
) {
    let mut completions = port.completions();
    while let Some(completion) = completions.next(Some(DEADLINE)).unwrap() {
        match completion {
            Completion::Send { stream, buffer, .. } => {
                drop(buffer);
                stream.receive_pooled(pool);
            }
            Completion::Receive { stream, buffer, .. } => {
                stream.send(buffer);
            }
            other => panic!("{other:?}"),
        }
    }
}
