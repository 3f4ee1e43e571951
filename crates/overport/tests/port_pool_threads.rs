//! Receives into buffers of a pool that are begun and handled by threads that come and go.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::Write;
use std::sync::{Mutex, mpsc};
use std::thread;

use common::port::{CloseAtEnd, DEADLINE, associated, next, pattern, ports, received};
use overport::completion_port::{CompletionPort, PoolBuffer};

type Port = CompletionPort<u32, PoolBuffer, u32>;

/// Rules: CP41, CP61
#[test]
fn pooled_receives_that_threads_begin_which_end_at_once_yield_their_bytes_in_order() {
    const ROUNDS: usize = 300;
    for port in &(ports(2) as Vec<Port>) {
        let pool = port.buffer_pool(8, 16).unwrap();
        let (mut peers, streams): (Vec<_>, Vec<_>) =
            (0..3).map(|key| associated(port, key)).unzip();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let (sender, bytes) = mpsc::channel();
            scope.spawn(move || {
                let mut completions = port.completions();
                while let Some(completion) = completions.next(None).unwrap() {
                    let (stream, buffer, result) = received(completion);
                    result.expect("nobody has cancelled it");
                    sender.send((*stream.key(), buffer.to_vec())).unwrap();
                }
            });
            for round in 0..ROUNDS {
                let byte = u8::try_from(round % 251).unwrap();
                for (peer, stream) in peers.iter_mut().zip(&streams) {
                    let key = *stream.key();
                    // Before the data or behind it, with a place at the port or without one.
                    let number = round + usize::try_from(key).unwrap();
                    let pool = &pool;
                    let begins = move || {
                        let _place = (number % 4 < 2).then(|| port.completions());
                        stream.clone().receive_pooled(pool);
                    };
                    if number % 2 == 0 {
                        scope.spawn(begins).join().unwrap();
                    }
                    peer.write_all(&[byte]).unwrap();
                    if number % 2 == 1 {
                        scope.spawn(begins).join().unwrap();
                    }
                    let received = bytes.recv_timeout(DEADLINE).unwrap();
                    assert_eq!(received, (key, vec![byte]), "round {round}");
                }
            }
        });
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP24, CP41, CP61
#[test]
fn a_stream_whose_receives_are_handled_by_threads_that_come_and_go_keeps_its_order() {
    const LENGTH: usize = 100_000;
    for port in &(ports(2) as Vec<Port>) {
        let pool = port.buffer_pool(16, 512).unwrap();
        let (mut peer, stream) = associated(port, 0);
        let bytes = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            scope.spawn(move || peer.write_all(&pattern(LENGTH)).unwrap());
            scope.spawn(|| stream.receive_pooled(&pool)).join().unwrap();
            while bytes.lock().unwrap().len() < LENGTH {
                let visit = || {
                    let mut completions = port.completions();
                    for _ in 0..3 {
                        let (stream, buffer, _) = received(next(&mut completions));
                        let mut bytes = bytes.lock().unwrap();
                        bytes.extend_from_slice(&buffer);
                        if bytes.len() == LENGTH {
                            return;
                        }
                        stream.receive_pooled(&pool);
                    }
                };
                scope.spawn(visit).join().unwrap();
            }
        });
        assert!(bytes.into_inner().unwrap() == pattern(LENGTH));
    }
}
