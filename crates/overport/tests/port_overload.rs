//! More at once than any queue, batch or ring holds: nothing is lost, and it goes on.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::Write;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use common::port::{
    DEADLINE, associated, descriptors_max, loopback, next, nothing, pattern, ports, posted,
    received, received_from,
};
use overport::completion_port::{Completion, CompletionPort, OperationId};

/// The key of a socket is its number.
type Port = CompletionPort<usize, Vec<u8>, (usize, usize)>;
type Claimed = Completion<usize, Vec<u8>, (usize, usize)>;

/// How many tests of this file take many descriptors, maybe at the same time.
const TESTS: usize = 2;

/// So many as asked for, each of which takes `descriptors`, or as many as there can be beside
/// the other tests.
fn at_most(count: usize, descriptors: usize) -> usize {
    const FREE: usize = 500;
    match descriptors_max() {
        Some(limit) => count.min(limit.saturating_sub(FREE) / TESTS / descriptors),
        None => count,
    }
}

/// Claims so many packets by several threads.
fn claim(port: &Port, count: usize, handle: impl Fn(Claimed) + Sync) {
    let claimed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut completions = port.completions();
                while claimed.fetch_add(1, Ordering::SeqCst) < count {
                    handle(next(&mut completions));
                }
            });
        }
    });
}

/// How often each number came.
struct Once(Vec<AtomicUsize>);

impl Once {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicUsize::new(0)).collect())
    }

    #[track_caller]
    fn count(&self, number: usize) {
        assert_eq!(
            self.0[number].fetch_add(1, Ordering::SeqCst),
            0,
            "{number} came twice"
        );
    }
}

/// Rules: CP3, CP8
#[test]
fn thousands_of_connections_that_are_ready_at_once_have_each_their_packet_again_and_again() {
    for port in &(ports(2) as Vec<Port>) {
        let count = at_most(3000, 2);
        let mut peers: Vec<_> = (0..count)
            .map(|key| {
                let (peer, stream) = associated(port, key);
                stream.receive(Vec::with_capacity(64));
                peer
            })
            .collect();
        nothing(&mut port.completions());
        for round in 0..2_u32 {
            for (number, peer) in peers.iter_mut().enumerate() {
                // In one piece, of which a receive takes all.
                let bytes = format!("{round}:{number}").into_bytes();
                peer.write_all(&bytes).unwrap();
            }
            let once = Once::new(count);
            claim(port, count, |completion| {
                let (stream, mut buffer, result) = received(completion);
                result.unwrap();
                once.count(*stream.key());
                assert_eq!(buffer, format!("{round}:{}", stream.key()).as_bytes());
                buffer.clear();
                stream.receive(buffer);
            });
            nothing(&mut port.completions());
        }
        drop(peers);
        let once = Once::new(count);
        claim(port, count, |completion| {
            let (stream, _, result) = received(completion);
            assert_eq!(result.unwrap(), 0);
            once.count(*stream.key());
        });
        nothing(&mut port.completions());
    }
}

/// Rules: CP3, CP12, CP27
#[test]
fn thousands_of_datagram_sockets_that_are_ready_at_once_have_each_their_packet() {
    for port in &(ports(1) as Vec<Port>) {
        let count = at_most(8000, 1);
        let sender = UdpSocket::bind(loopback()).unwrap();
        let addresses: Vec<_> = (0..count)
            .map(|key| {
                let socket = UdpSocket::bind(loopback()).unwrap();
                let address = socket.local_addr().unwrap();
                port.datagram(socket, key)
                    .unwrap()
                    .receive_from(Vec::with_capacity(8));
                address
            })
            .collect();
        let mut completions = port.completions();
        nothing(&mut completions);
        for (number, address) in addresses.iter().enumerate() {
            sender.send_to(&number.to_be_bytes(), address).unwrap();
        }
        let once = Once::new(count);
        let mut many = Vec::new();
        let mut left = count;
        while left > 0 {
            left -= completions
                .next_many(&mut many, count, Some(DEADLINE))
                .unwrap();
            assert!(!many.is_empty(), "{left} have not come");
            for completion in many.drain(..) {
                let (datagram, buffer, result) = received_from(completion);
                result.unwrap();
                assert_eq!(buffer, datagram.key().to_be_bytes());
                once.count(*datagram.key());
            }
        }
        nothing(&mut completions);
    }
}

/// Rules: CP2, CP3, CP11, CP22, CP39
#[test]
fn ten_thousand_receives_and_posts_begun_by_several_threads_at_once_all_complete() {
    const THREADS: usize = 4;
    const EACH: usize = 2500;
    for port in &(ports(2) as Vec<Port>) {
        let connections: Vec<_> = (0..THREADS).map(|key| associated(port, key)).collect();
        let together = Barrier::new(THREADS);
        thread::scope(|scope| {
            for (thread, (_, stream)) in connections.iter().enumerate() {
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    for number in 0..EACH {
                        stream.clone().receive(Vec::with_capacity(1));
                        port.post((thread, number));
                    }
                });
            }
        });
        let mut completions = port.completions();
        let mut expected = [0; THREADS];
        for _ in 0..THREADS * EACH {
            let (thread, number) = posted(next(&mut completions));
            assert_eq!(number, expected[thread]);
            expected[thread] += 1;
        }
        nothing(&mut completions);
        drop(completions);

        let pieces: [Mutex<Vec<(OperationId, u8)>>; THREADS] = Default::default();
        for (peer, _) in &connections {
            (&mut &*peer).write_all(&pattern(EACH)).unwrap();
        }
        claim(port, THREADS * EACH, |completion| {
            let (stream, buffer, result) = received(completion);
            assert_eq!(result.unwrap(), 1);
            let piece = (stream.operation().unwrap(), buffer[0]);
            pieces[*stream.key()].lock().unwrap().push(piece);
        });
        for pieces in pieces {
            let mut pieces = pieces.into_inner().unwrap();
            pieces.sort_unstable();
            let bytes: Vec<_> = pieces.into_iter().map(|(_, byte)| byte).collect();
            assert_eq!(bytes, pattern(EACH));
        }
        let mut completions = port.completions();
        nothing(&mut completions);

        // It goes on as before.
        for (mut peer, stream) in connections {
            stream.receive(Vec::with_capacity(8));
            peer.write_all(b"x").unwrap();
            assert_eq!(received(next(&mut completions)).1, b"x");
        }
    }
}
