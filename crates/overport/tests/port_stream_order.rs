//! The bytes of a stream come in order, whichever threads come and go and however long their
//! handlers take.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::hint;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope};

use common::port::{CloseAtEnd, associated, pattern, ports, received, wait_until};
use overport::buffer::Buffer;
use overport::completion_port::{Completion, CompletionPort, OperationId, PoolBuffer, Stream};

/// How many bytes come on each stream.
const LENGTH: usize = 1 << 19;

const STREAMS: usize = 3;

/// The key of a stream is its number.
type Port<B> = CompletionPort<usize, B>;

/// What receives of a stream have brought.
type Pieces = Vec<(OperationId, Vec<u8>)>;

/// Numbers without an order, the same each time.
struct Uneven(u32);

impl Uneven {
    fn next_below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }
}

/// Sends a stream's bytes in pieces of uneven length, and its end.
fn send(mut peer: TcpStream, mut uneven: Uneven) {
    let bytes = pattern(LENGTH);
    let mut left = &bytes[..];
    while !left.is_empty() {
        let (piece, rest) = left.split_at(left.len().min(1 + uneven.next_below(5000) as usize));
        peer.write_all(piece).unwrap();
        left = rest;
    }
    peer.shutdown(Shutdown::Write).unwrap();
}

/// What a handler does for an uneven time.
fn work<B: Buffer>(port: &Port<B>, uneven: &mut Uneven) {
    match uneven.next_below(8) {
        0 => thread::yield_now(),
        1 => port.blocking(thread::yield_now),
        2 => drop(hint::black_box((0..uneven.next_below(3000)).sum::<u32>())),
        _ => {}
    }
}

/// Has threads come and go, each for a few packets, until the port is closed.
fn come_and_go<'scope, B: Buffer>(
    scope: &'scope Scope<'scope, '_>,
    port: &'scope Port<B>,
    handle: impl Fn(Completion<usize, B>, &mut Uneven) + Copy + Send + Sync + 'scope,
) {
    for seed in 1..5 {
        scope.spawn(move || {
            let mut uneven = Uneven(seed);
            while !port.is_closed() {
                let visit = || {
                    let mut completions = port.completions();
                    for _ in 0..=uneven.next_below(8) {
                        match completions.next(None).unwrap() {
                            Some(completion) => handle(completion, &mut uneven),
                            None => break,
                        }
                    }
                };
                thread::scope(|scope| scope.spawn(visit).join().unwrap());
            }
        });
    }
}

/// How far a stream has come, of which one receive is under way at a time.
#[derive(Default)]
struct Progress {
    handled: AtomicBool,
    bytes: AtomicUsize,
    ended: AtomicBool,
}

impl Progress {
    /// Sees that the bytes are the next ones.
    fn take(&self, bytes: &[u8], all: &[u8]) {
        let begin = self.bytes.load(Ordering::SeqCst);
        let end = begin + bytes.len();
        assert!(
            bytes == &all[begin..end],
            "the bytes behind {begin} are not next"
        );
        self.bytes.store(end, Ordering::SeqCst);
        if bytes.is_empty() {
            assert_eq!(begin, LENGTH, "the end comes behind all bytes");
            assert!(!self.ended.swap(true, Ordering::SeqCst));
        }
    }
}

/// Receives all bytes of some streams, each by one receive after the other, which `receive`
/// begins.
fn assert_in_order<B: Buffer>(
    port: &Port<B>,
    receive: impl Fn(Stream<usize, B>) + Copy + Send + Sync,
) {
    let all = &pattern(LENGTH);
    let streams: &[Progress; STREAMS] = &Default::default();
    let handle = move |completion: Completion<usize, B>, uneven: &mut Uneven| {
        let (stream, buffer, result) = received(completion);
        let progress = &streams[*stream.key()];
        assert!(
            !progress.handled.swap(true, Ordering::SeqCst),
            "by one thread"
        );
        assert_eq!(result.unwrap(), buffer.filled().len());
        progress.take(buffer.filled(), all);
        work(port, uneven);
        let before = progress.handled.swap(false, Ordering::SeqCst);
        assert!(before, "by one thread");
        if !buffer.filled().is_empty() {
            receive(stream);
        }
        // The buffer is there for a while yet, in which the next one comes.
        work(port, uneven);
    };
    thread::scope(|scope| {
        let _close = CloseAtEnd(port);
        for (key, seed) in (0..STREAMS).zip(1..) {
            let (peer, stream) = associated(port, key);
            receive(stream);
            scope.spawn(move || send(peer, Uneven(seed)));
        }
        come_and_go(scope, port, handle);
        wait_until("all streams end", || {
            let ended = |stream: &Progress| stream.ended.load(Ordering::SeqCst);
            streams.iter().all(ended)
        });
    });
}

/// Rules: CP8, CP11, CP21, CP41
#[test]
fn bytes_come_in_order_by_one_receive_after_the_other() {
    for port in &(ports(2) as Vec<Port<Vec<u8>>>) {
        let lengths = &Mutex::new(Uneven(7));
        assert_in_order(port, |stream| {
            let length = 1 + lengths.lock().unwrap().next_below(3000);
            stream.receive(Vec::with_capacity(length as usize));
        });
    }
}

/// Rules: CP8, CP11, CP21, CP41
#[test]
fn bytes_come_in_order_into_buffers_of_a_pool_that_has_fewer_than_there_are_streams() {
    for port in &(ports(2) as Vec<Port<PoolBuffer>>) {
        let pool = &port.buffer_pool(STREAMS - 1, 1000).unwrap();
        assert_in_order(port, |stream| {
            stream.receive_pooled(pool);
        });
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP8, CP11, CP21, CP41
#[test]
fn bytes_come_in_order_by_receives_side_by_side() {
    const RECEIVES: usize = 4;
    for port in &(ports(2) as Vec<Port<Vec<u8>>>) {
        let streams: &[Mutex<Pieces>; STREAMS] = &Default::default();
        let ends = &AtomicUsize::new(0);
        let handle = move |completion: Completion<usize>, uneven: &mut Uneven| {
            let (stream, buffer, result) = received(completion);
            let (key, id) = (*stream.key(), stream.operation().unwrap());
            work(port, uneven);
            // Calls of one stream are made one after the other, so that they have an order.
            let mut pieces = streams[key].lock().unwrap();
            if result.unwrap() == 0 {
                ends.fetch_add(1, Ordering::SeqCst);
            } else {
                let length = 1 + uneven.next_below(3000);
                stream.receive(Vec::with_capacity(length as usize));
            }
            pieces.push((id, buffer));
        };
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            for (key, seed) in (0..STREAMS).zip(1..) {
                let (peer, stream) = associated(port, key);
                for _ in 0..RECEIVES {
                    stream.clone().receive(Vec::with_capacity(1000));
                }
                scope.spawn(move || send(peer, Uneven(seed)));
            }
            come_and_go(scope, port, handle);
            wait_until("all receives end", || {
                ends.load(Ordering::SeqCst) == STREAMS * RECEIVES
            });
        });
        for stream in streams {
            let mut pieces = stream.lock().unwrap();
            pieces.sort_unstable_by_key(|(id, _)| *id);
            let bytes: Vec<_> = pieces
                .iter()
                .flat_map(|(_, bytes)| bytes)
                .copied()
                .collect();
            assert!(bytes == pattern(LENGTH));
        }
    }
}
