//! Receives into buffers of a pool: how they, their sockets, the pool and the port end.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use common::port::{associated, ends, next, nothing, pattern, ports, received, wait_until};
use overport::completion_port::{CompletionPort, PoolBuffer};
use overport::error::is_cancelled;

type Port = CompletionPort<u32, PoolBuffer, u32>;

#[track_caller]
fn assert_has_no_memory(buffer: &PoolBuffer) {
    assert_eq!((buffer.len(), buffer.capacity()), (0, 0));
}

/// Rules: CP37, CP42, CP45, CP62, CP63
#[test]
fn a_pooled_receive_that_is_cancelled_or_out_of_time_took_nothing() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(2, 64).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        let id = stream.clone().receive_pooled(&pool);
        nothing(&mut completions);
        assert!(stream.cancel(id));
        let deadline = Instant::now() + Duration::from_millis(5);
        stream.clone().by(deadline).receive_pooled(&pool);
        let (_, buffer, result) = received(next(&mut completions));
        assert!(is_cancelled(&result.unwrap_err()));
        assert_has_no_memory(&buffer);
        let (_, buffer, result) = received(next(&mut completions));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(Instant::now() >= deadline);
        assert_has_no_memory(&buffer);
        peer.write_all(b"for the next").unwrap();
        stream.receive_pooled(&pool);
        assert_eq!(&*received(next(&mut completions)).1, b"for the next");
        nothing(&mut completions);
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP46, CP62, CP63
#[test]
fn closing_a_socket_ends_its_pooled_receives_as_aborted_and_its_peer_sees_the_end() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(2, 64).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        stream.clone().receive_pooled(&pool);
        stream.clone().receive_pooled(&pool);
        nothing(&mut completions);
        stream.close();
        for _ in 0..2 {
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
            assert_has_no_memory(&buffer);
        }
        ends(&mut peer);
        stream.receive_pooled(&pool);
        assert!(received(next(&mut completions)).2.is_err());
        nothing(&mut completions);
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP46, CP65
#[test]
fn what_waited_for_receives_goes_back_to_the_pool_when_its_socket_is_closed() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(8, 1).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        stream.clone().receive_pooled(&pool);
        peer.write_all(&pattern(6)).unwrap();
        drop(next(&mut completions));
        nothing(&mut completions);
        stream.close();
        wait_until("the buffers come back", || {
            nothing(&mut completions);
            pool.in_use() == 0
        });
        drop(stream);
    }
}

/// Rules: CP48, CP49, CP69
#[test]
fn a_pool_and_its_buffers_outlive_the_port() {
    for closed_first in [false, true] {
        for port in ports(1) as Vec<Port> {
            let pool = port.buffer_pool(3, 64).unwrap();
            let (mut peer, stream) = associated(&port, 0);
            let (mut waiting, waits) = associated(&port, 1);
            waits.receive_pooled(&pool);
            stream.receive_pooled(&pool);
            peer.write_all(b"hello").unwrap();
            let (stream, buffer, _) = received(next(&mut port.completions()));
            if closed_first {
                port.close();
                stream.receive_pooled(&pool);
            } else {
                drop(stream);
            }
            drop(port);
            ends(&mut waiting);
            assert_eq!(&*buffer, b"hello");
            assert_eq!((pool.count(), pool.in_use()), (3, 1));
            let last = pool.clone();
            drop(pool);
            thread::spawn(move || drop(buffer)).join().unwrap();
            assert_eq!(last.in_use(), 0);
        }
    }
}

/// Rules: CP48, CP50, CP69
#[test]
fn the_ports_close_ends_pooled_receives_that_wait_for_data_or_for_a_buffer() {
    for port in ports(1) as Vec<Port> {
        let pool = port.buffer_pool(1, 64).unwrap();
        let (mut peers, streams): (Vec<_>, Vec<_>) =
            (0..3).map(|key| associated(&port, key)).unzip();
        for (peer, stream) in peers.iter_mut().zip(streams) {
            stream.receive_pooled(&pool);
            peer.write_all(b"x").unwrap();
        }
        let mut completions = port.completions();
        let held = received(next(&mut completions)).1;
        nothing(&mut completions);
        port.close();
        assert!(completions.next(None).unwrap().is_none());
        drop(held);
        drop(completions);
        drop(port);
        assert_eq!(pool.in_use(), 0);
        for peer in &mut peers {
            assert!(matches!(peer.read(&mut [0]), Ok(0) | Err(_)));
        }
    }
}
