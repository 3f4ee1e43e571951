//! Cancels from other threads that race with completions: each operation ends once, its buffer
//! comes back, and what was not taken is there for the next.
//!
//! Together with the races of closes these are more than 100,000 operations.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
    pub(crate) mod tickets;
}

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::iter;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use common::port::{
    CloseAtEnd, DEADLINE, Tagged, accepted, associated, connected, narrow_pair, patient_listener,
    pattern, ports, received, sent, unconnected,
};
use common::tickets::{Ticket, Tickets};
use overport::buffer::Buffer;
use overport::completion_port::{Completion, CompletionPort, OperationId, PoolBuffer, Stream};
use overport::error::is_cancelled;

/// The key of a socket is its number.
type Port<B = Tagged<Ticket>> = CompletionPort<usize, B>;

type Claimed<B = Tagged<Ticket>> = Completion<usize, B>;

/// The number of a socket, and an operation of it.
type Id = (usize, OperationId);

/// An operation that has ended, and what it brought unless it was cancelled.
type Ended<T> = (Id, Option<T>);

/// How many operations are under way at a time.
const WINDOW: usize = 64;

/// Starts threads that claim all there is, and tell what `read` makes of it.
fn with_handlers<B: Buffer, T: Send>(
    port: &Port<B>,
    read: fn(Claimed<B>) -> Ended<T>,
    test: impl FnOnce(&Receiver<Ended<T>>),
) {
    let (sender, ended) = mpsc::channel();
    thread::scope(|scope| {
        let _close = CloseAtEnd(port);
        for _ in 0..3 {
            let sender: Sender<Ended<T>> = sender.clone();
            scope.spawn(move || {
                let mut completions = port.completions();
                while let Some(completion) = completions.next(None).unwrap() {
                    // Nobody hears it when the test has failed.
                    let _ = sender.send(read(completion));
                }
            });
        }
        test(&ended);
    });
    assert!(ended.try_recv().is_err(), "an operation ends once");
}

/// Begins operations, lets some complete, has others cancelled by another thread and both done
/// to others again; what was not cancelled brought, in the order of the operations.
fn race<T>(
    operations: usize,
    ended: &Receiver<Ended<T>>,
    mut begin: impl FnMut(usize) -> Id,
    mut let_complete: impl FnMut(),
    cancel: impl Fn(Id) -> bool + Send,
    cancel_all: impl Fn() -> usize,
) -> Vec<T> {
    let mut under_way = HashSet::new();
    let mut brought = Vec::new();
    let mut wait_for_all_but = |count, under_way: &mut HashSet<Id>| {
        while under_way.len() > count {
            let (id, outcome) = ended.recv_timeout(DEADLINE).expect("every operation ends");
            assert!(under_way.remove(&id), "an operation ends once");
            brought.extend(outcome.map(|outcome| (id, outcome)));
        }
    };
    let mut cancelled = 0;
    thread::scope(|scope| {
        let (to_cancel, ids) = mpsc::channel();
        let canceller = scope.spawn(move || ids.into_iter().filter(|&id| cancel(id)).count());
        for number in 0..operations {
            let id = begin(number);
            assert!(under_way.insert(id));
            if number % 3 != 0 {
                to_cancel.send(id).unwrap();
            }
            if number % 3 != 1 {
                let_complete();
            }
            if under_way.len() == WINDOW {
                // Some may wait for what another one got that was to be cancelled.
                cancelled += cancel_all();
                wait_for_all_but(WINDOW / 2, &mut under_way);
            }
        }
        drop(to_cancel);
        cancelled += canceller.join().unwrap();
    });
    cancelled += cancel_all();
    wait_for_all_but(0, &mut under_way);
    let not_cancelled = operations - cancelled;
    assert_eq!(
        brought.len(),
        not_cancelled,
        "a cancel tells if it was in time"
    );
    brought.sort_unstable_by_key(|(id, _)| *id);
    brought.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What an operation brought that may have been cancelled, but did not fail.
#[track_caller]
fn unless_cancelled<T>(result: io::Result<T>) -> Option<T> {
    match result {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            assert!(is_cancelled(&error), "{error}");
            None
        }
    }
}

/// Rules: CP3, CP4, CP11, CP42, CP43, CP45
#[test]
fn receives_that_race_with_their_cancels_end_once_and_lose_no_byte() {
    const OPERATIONS: usize = 50_000;
    for port in ports(2) as Vec<Port> {
        let tickets = Tickets::new(OPERATIONS);
        let (mut peer, stream) = associated(&port, 0);
        let read = |completion: Claimed| {
            let (stream, buffer, result) = received(completion);
            let length = unless_cancelled(result);
            assert_eq!(buffer.bytes.len(), length.unwrap_or(0));
            let id = (0, stream.operation().unwrap());
            (id, length.map(|_| buffer.bytes))
        };
        with_handlers(&port, read, |ended| {
            let bytes = pattern(OPERATIONS);
            let mut to_send = bytes.iter();
            let brought = race(
                OPERATIONS,
                ended,
                |number| {
                    let buffer = tickets.buffer(number, Vec::with_capacity(2));
                    (0, stream.clone().receive(buffer))
                },
                || peer.write_all(&[*to_send.next().unwrap()]).unwrap(),
                |(_, id)| stream.cancel(id),
                || stream.cancel_all(),
            );
            assert!((1..OPERATIONS).contains(&brought.len()), "it is a race");
            peer.shutdown(Shutdown::Write).unwrap();
            let mut all = brought.concat();
            stream
                .options(|socket| (&*socket).read_to_end(&mut all))
                .unwrap();
            let count = OPERATIONS - to_send.len();
            assert!(all == bytes[..count], "bytes come once, in order");
        });
        drop(stream);
        tickets.assert_each_returned_once();
    }
}

/// Rules: CP3, CP11, CP42, CP43, CP45
#[test]
fn receives_into_buffers_of_a_pool_that_race_with_their_cancels_end_once_and_lose_no_byte() {
    const OPERATIONS: usize = 20_000;
    for port in ports(2) as Vec<Port<PoolBuffer>> {
        let pool = port.buffer_pool(16, 2).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        let read = |completion: Claimed<PoolBuffer>| {
            let (stream, buffer, result) = received(completion);
            let length = unless_cancelled(result);
            assert_eq!(buffer.len(), length.unwrap_or(0));
            let id = (0, stream.operation().unwrap());
            (id, length.map(|_| buffer.to_vec()))
        };
        with_handlers(&port, read, |ended| {
            let bytes = pattern(OPERATIONS);
            let mut to_send = bytes.iter();
            let brought = race(
                OPERATIONS,
                ended,
                |_| (0, stream.clone().receive_pooled(&pool)),
                || peer.write_all(&[*to_send.next().unwrap()]).unwrap(),
                |(_, id)| stream.cancel(id),
                || stream.cancel_all(),
            );
            assert!((1..OPERATIONS).contains(&brought.len()), "it is a race");
            peer.shutdown(Shutdown::Write).unwrap();
            let rest = iter::from_fn(|| {
                stream.clone().receive_pooled(&pool);
                let (_, bytes) = ended.recv_timeout(DEADLINE).expect("bytes, or the end");
                bytes.filter(|bytes| !bytes.is_empty())
            });
            let all: Vec<_> = brought.into_iter().chain(rest).flatten().collect();
            let count = OPERATIONS - to_send.len();
            assert!(all == bytes[..count], "bytes come once, in order");
        });
        assert_eq!(pool.in_use(), 0, "every buffer comes back");
    }
}

/// Rules: CP3, CP4, CP9, CP42, CP43
#[test]
fn sends_that_race_with_their_cancels_end_once_whole_or_cancelled() {
    const OPERATIONS: usize = 15_000;
    const LENGTH: usize = 16 * 1024;
    for port in ports(2) as Vec<Port> {
        let tickets = Tickets::new(OPERATIONS);
        let (mut peer, socket) = narrow_pair();
        peer.set_nonblocking(true).unwrap();
        let stream = port.associate(socket, 0).unwrap();
        let read = |completion: Claimed| {
            let (stream, _, result) = sent(completion);
            let id = (0, stream.operation().unwrap());
            (id, unless_cancelled(result))
        };
        with_handlers(&port, read, |ended| {
            let mut room = vec![0; 2 * LENGTH];
            let brought = race(
                OPERATIONS,
                ended,
                |number| {
                    let buffer = tickets.buffer(number, vec![0; LENGTH]);
                    (0, stream.clone().send(buffer))
                },
                || drop(peer.read(&mut room)),
                |(_, id)| stream.cancel(id),
                || stream.cancel_all(),
            );
            assert!((1..OPERATIONS).contains(&brought.len()), "it is a race");
            assert!(brought.iter().all(|&length| length == LENGTH));
        });
        drop(stream);
        tickets.assert_each_returned_once();
    }
}

/// Rules: CP3, CP5, CP42, CP43
#[test]
fn accepts_that_race_with_their_cancels_end_once_and_lose_no_connection() {
    const OPERATIONS: usize = 1200;
    for port in ports(2) as Vec<Port> {
        let (listener, address) = patient_listener();
        let listener = port.listen(listener, 0).unwrap();
        let read = |completion: Claimed| {
            let (listener, result) = accepted(completion);
            let id = (0, listener.operation().unwrap());
            (id, unless_cancelled(result))
        };
        with_handlers(&port, read, |ended| {
            let mut clients = Vec::new();
            let brought = race(
                OPERATIONS,
                ended,
                |_| (0, listener.clone().accept()),
                || clients.push(TcpStream::connect(address).unwrap()),
                |(_, id)| listener.cancel(id),
                || listener.cancel_all(),
            );
            assert!((1..OPERATIONS).contains(&brought.len()), "it is a race");
            let mut connections = brought;
            while connections.len() < clients.len() {
                listener.clone().accept();
                let (_, outcome) = ended.recv_timeout(DEADLINE).expect("it waits on");
                connections.push(outcome.unwrap());
            }
            let taken: HashSet<_> = connections.iter().map(|(_, peer)| *peer).collect();
            let begun = clients.iter().map(|client| client.local_addr().unwrap());
            assert_eq!(taken, begun.collect(), "each is taken once");
        });
    }
}

/// Rules: CP3, CP6, CP42
#[test]
fn connects_that_race_with_their_cancels_end_once_well_or_cancelled() {
    const OPERATIONS: usize = 800;
    for port in ports(2) as Vec<Port> {
        let (_listener, address) = patient_listener();
        let read = |completion: Claimed| {
            let (stream, result) = connected(completion);
            let id = (*stream.key(), stream.operation().unwrap());
            let outcome = unless_cancelled(result);
            (id, outcome.map(|()| stream.peer_addr().unwrap()))
        };
        with_handlers(&port, read, |ended| {
            let streams: Vec<_> = (0..OPERATIONS)
                .map(|number| port.associate(unconnected(), number).unwrap())
                .collect();
            let brought = race(
                OPERATIONS,
                ended,
                |number| (number, streams[number].clone().connect(address)),
                || (),
                |(number, id)| streams[number].cancel(id),
                || streams.iter().map(Stream::cancel_all).sum(),
            );
            assert!(!brought.is_empty());
            assert!(brought.iter().all(|peer| *peer == address));
        });
    }
}
