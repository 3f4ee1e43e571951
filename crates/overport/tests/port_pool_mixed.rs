//! Receives into buffers of a pool and into others, in turn on one stream.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    associated, connected, listener, next, nothing, pattern, ports, received, received_vectored,
    refusing, unconnected,
};
use overport::buffer::{Buffer, Either};
use overport::completion_port::{BufferPool, Completion, CompletionPort, PoolBuffer, Stream};
use overport::error::is_cancelled;

type Mixed = Either<PoolBuffer, Vec<u8>>;
type Port = CompletionPort<u32, Mixed, u32>;
type Connection = Stream<u32, Mixed, u32>;

fn own(room: usize) -> Mixed {
    Either::Right(Vec::with_capacity(room))
}

/// A connection on which `length` bytes have come, the first of which was received into a
/// buffer of the pool, one byte long, so that others wait.
fn begun(port: &Port, pool: &BufferPool, length: usize) -> (TcpStream, Connection) {
    let mut completions = port.completions();
    let (mut peer, stream) = associated(port, 0);
    stream.receive_pooled(pool);
    peer.write_all(&pattern(length)).unwrap();
    let (stream, buffer, _) = received(next(&mut completions));
    assert_eq!(buffer.filled(), [0]);
    nothing(&mut completions);
    (peer, stream)
}

/// Rules: CP66
#[test]
fn a_receive_of_its_own_buffer_takes_what_waits_in_the_pools_and_then_what_follows() {
    for port in ports(1) as Vec<Port> {
        let pool = port.buffer_pool(64, 1).unwrap();
        let (mut peer, stream) = begun(&port, &pool, 30);
        let mut completions = port.completions();
        let mut bytes = vec![0];
        while bytes.len() < 30 {
            stream.clone().receive(own(7));
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!(result.unwrap(), buffer.filled().len());
            bytes.extend_from_slice(buffer.filled());
        }
        assert_eq!(bytes, pattern(30));
        assert_eq!(pool.in_use(), 0);
        stream.clone().receive(own(7));
        nothing(&mut completions);
        peer.write_all(b"more").unwrap();
        assert_eq!(received(next(&mut completions)).1.filled(), b"more");
        stream.receive_pooled(&pool);
        peer.write_all(b"x").unwrap();
        assert_eq!(received(next(&mut completions)).1.filled(), b"x");
    }
}

/// Rules: CP66
#[test]
fn what_a_small_buffer_of_its_own_leaves_of_a_pools_is_for_the_next_receives() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(8, 10).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive_pooled(&pool);
        peer.write_all(&pattern(60)).unwrap();
        let (stream, buffer, _) = received(next(&mut completions));
        let mut bytes = buffer.filled().to_vec();
        drop(buffer);
        for receive in 0.. {
            if bytes.len() == 60 {
                break;
            }
            match receive % 3 {
                2 => stream.clone().receive_pooled(&pool),
                _ => stream.clone().receive(own(3)),
            };
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!(result.unwrap(), buffer.filled().len());
            assert!(!buffer.filled().is_empty());
            bytes.extend_from_slice(buffer.filled());
        }
        assert_eq!(bytes, pattern(60));
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP13, CP66
#[test]
fn a_vectored_receive_scatters_what_waits_in_buffers_of_a_pool() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(8, 10).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive_pooled(&pool);
        peer.write_all(&pattern(30)).unwrap();
        let (stream, buffer, _) = received(next(&mut completions));
        assert_eq!(buffer.filled(), &pattern(30)[..10]);
        nothing(&mut completions);
        let mut bytes = pattern(10);
        while bytes.len() < 30 {
            stream
                .clone()
                .receive_vectored(vec![own(2), own(0), own(3)]);
            let (_, buffers, result) = received_vectored(next(&mut completions));
            let filled: Vec<_> = buffers.iter().map(|buffer| buffer.filled().len()).collect();
            assert_eq!(result.unwrap(), filled.iter().sum::<usize>());
            assert!(filled == [2, 0, 3], "{filled:?}");
            buffers
                .iter()
                .for_each(|buffer| bytes.extend_from_slice(buffer.filled()));
        }
        assert_eq!(bytes, pattern(30));
    }
}

/// Rules: CP14, CP66
#[test]
fn a_receive_without_room_waits_for_data_wherever_it_is_and_takes_none() {
    for port in ports(1) as Vec<Port> {
        let pool = port.buffer_pool(8, 1).unwrap();
        let (mut peer, stream) = begun(&port, &pool, 3);
        let mut completions = port.completions();
        for left in [2, 1, 0] {
            stream.clone().receive(own(0));
            stream.clone().receive_vectored(vec![own(0)]);
            if left == 0 {
                nothing(&mut completions);
                peer.write_all(&[3]).unwrap();
            }
            assert_eq!(received(next(&mut completions)).2.unwrap(), 0);
            assert_eq!(received_vectored(next(&mut completions)).2.unwrap(), 0);
            stream.clone().receive_pooled(&pool);
            let buffer = received(next(&mut completions)).1;
            assert_eq!(buffer.filled(), [3 - left]);
        }
    }
}

/// Rules: CP11, CP66
#[test]
fn receives_of_both_kinds_that_wait_together_fill_in_the_order_of_their_calls() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(8, 2).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        let begin = || {
            let stream = || stream.clone();
            [
                stream().receive_pooled(&pool),
                stream().receive(own(2)),
                stream().receive_pooled(&pool),
                stream().receive_pooled(&pool),
                stream().receive(own(2)),
            ]
        };
        for one_by_one in [false, true, true] {
            let ids = begin();
            nothing(&mut completions);
            if !one_by_one {
                peer.write_all(&pattern(10)).unwrap();
            }
            for (id, bytes) in ids.iter().zip(pattern(10).chunks(2)) {
                if one_by_one {
                    peer.write_all(bytes).unwrap();
                }
                let (stream, buffer, _) = received(next(&mut completions));
                assert_eq!(stream.operation(), Some(*id));
                assert_eq!(buffer.filled(), bytes);
            }
        }
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP8, CP66
#[test]
fn the_end_comes_behind_what_waits_in_buffers_of_a_pool_to_receives_of_both_kinds() {
    for port in ports(1) as Vec<Port> {
        let pool = port.buffer_pool(8, 1).unwrap();
        let (peer, stream) = begun(&port, &pool, 4);
        let mut completions = port.completions();
        drop(peer);
        nothing(&mut completions);
        for expected in 1..4 {
            stream.clone().receive(own(1));
            assert_eq!(received(next(&mut completions)).1.filled(), [expected]);
        }
        for pooled in [false, true, true, false] {
            match pooled {
                true => stream.clone().receive_pooled(&pool),
                false => stream.clone().receive(own(1)),
            };
            assert_eq!(received(next(&mut completions)).2.unwrap(), 0);
        }
    }
}

/// Numbers that follow from a seed, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Rules: CP45, CP66
#[test]
fn no_byte_is_lost_or_comes_twice_whatever_receives_follow_one_another_or_are_cancelled() {
    const LENGTH: usize = 30_000;
    for seed in 0..4 {
        for port in ports(1) as Vec<Port> {
            let pools =
                [(4, 5), (8, 100)].map(|(count, size)| port.buffer_pool(count, size).unwrap());
            let (mut peer, stream) = associated(&port, 0);
            let writer = thread::spawn(move || {
                let mut numbers = Numbers(seed);
                let bytes = pattern(LENGTH);
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    let length = (1 + numbers.below(300)).min(rest.len());
                    peer.write_all(&rest[..length]).unwrap();
                    rest = &rest[length..];
                }
            });
            assert!(take_all(&port, &stream, &pools, seed) == pattern(LENGTH));
            writer.join().unwrap();
            assert_eq!(pools.map(|pool| pool.in_use()), [0, 0]);
        }
    }
}

/// Receives in one way or another until the end, and what came.
fn take_all(port: &Port, stream: &Connection, pools: &[BufferPool], seed: u64) -> Vec<u8> {
    let mut completions = port.completions();
    let mut numbers = Numbers(seed);
    let mut bytes = Vec::new();
    let mut under_way = 0;
    let mut ended = false;
    while !ended || under_way > 0 {
        if under_way < 3 && !ended {
            under_way += 1;
            let begins = stream.clone();
            let id = match numbers.below(8) {
                0 => begins.receive_vectored(vec![own(2), own(numbers.below(50))]),
                1 | 2 => begins.receive(own(1 + numbers.below(60))),
                pooled => begins.receive_pooled(&pools[pooled % 2]),
            };
            if numbers.below(4) > 0 {
                continue;
            }
            if numbers.below(3) == 0 {
                stream.cancel(id);
            }
        }
        under_way -= 1;
        let result = match next(&mut completions) {
            Completion::Receive { buffer, result, .. } => {
                bytes.extend_from_slice(buffer.filled());
                result
            }
            Completion::ReceiveVectored {
                buffers, result, ..
            } => {
                buffers
                    .iter()
                    .for_each(|buffer| bytes.extend_from_slice(buffer.filled()));
                result
            }
            other => panic!("{other:?}"),
        };
        match result {
            Ok(length) => ended |= length == 0,
            Err(error) => assert!(is_cancelled(&error)),
        }
    }
    bytes
}

/// Rules: CP6, CP61
#[test]
fn pooled_receives_that_are_begun_during_a_connect_wait_for_it_and_fail_if_it_does() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(2, 64).unwrap();
        let (listener, address) = listener();
        let stream = port.associate(unconnected(), 0).unwrap();
        stream.clone().connect(address);
        stream.receive_pooled(&pool);
        let (mut peer, _) = listener.accept().unwrap();
        connected(next(&mut completions)).1.unwrap();
        nothing(&mut completions);
        peer.write_all(b"hello").unwrap();
        assert_eq!(received(next(&mut completions)).1.filled(), b"hello");

        let (_bound, address) = refusing();
        let stream = port.associate(unconnected(), 1).unwrap();
        stream.clone().connect(address);
        stream.receive_pooled(&pool);
        for _ in 0..2 {
            match next(&mut completions) {
                Completion::Connect { result, .. } => drop(result.unwrap_err()),
                Completion::Receive { result, .. } => assert_ne!(result.ok(), Some(1)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP43, CP64
#[test]
fn a_receive_of_its_own_buffer_does_not_wait_for_one_of_the_pool() {
    for begun_first in [false, true] {
        for by_deadline in [false, true] {
            for port in ports(1) as Vec<Port> {
                let mut completions = port.completions();
                let pool = port.buffer_pool(1, 1).unwrap();
                let (mut peer, stream) = associated(&port, 0);
                stream.clone().receive_pooled(&pool);
                peer.write_all(b"abc").unwrap();
                let held = received(next(&mut completions)).1;
                let starved = match by_deadline {
                    true => stream.clone().by(Instant::now() + Duration::from_millis(3)),
                    false => stream.clone(),
                };
                let id = starved.receive_pooled(&pool);
                if begun_first {
                    stream.clone().receive(own(8));
                }
                if !by_deadline {
                    nothing(&mut completions);
                    assert!(stream.cancel(id));
                }
                assert!(received(next(&mut completions)).2.is_err());
                if !begun_first {
                    stream.clone().receive(own(8));
                }
                assert_eq!(received(next(&mut completions)).1.filled(), b"bc");
                assert_eq!(held.filled(), b"a");
            }
        }
    }
}
