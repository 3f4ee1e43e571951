//! Closes of sockets, and the end of the port, that race with completions: each operation ends
//! once, or is dropped with the port, and its buffer comes back.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
    pub(crate) mod tickets;
}

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread;

use common::port::{CloseAtEnd, DEADLINE, Tagged, narrow_pair, pattern, ports};
use common::tickets::{Ticket, Tickets};
use overport::completion_port::{Completion, CompletionPort, OperationId, Stream};
use overport::error::wsa_code;

/// The key of a socket is the number of its round.
type Port = CompletionPort<usize, Tagged<Ticket>, Ticket>;
type PortStream = Stream<usize, Tagged<Ticket>, Ticket>;
type Claimed = Completion<usize, Tagged<Ticket>, Ticket>;

const ROUNDS: usize = 250;

/// How many operations of a round are on one socket.
const OPERATIONS: usize = 64;

/// Every so many operations there is a send, of more than the buffers take.
const SENDS_EVERY: usize = 8;
const SEND_LENGTH: usize = 32 * 1024;

/// A connection whose peer never waits.
fn connection(port: &Port, round: usize) -> (TcpStream, PortStream) {
    let (peer, socket) = narrow_pair();
    peer.set_nonblocking(true).unwrap();
    (peer, port.associate(socket, round).unwrap())
}

/// Begins an operation, and does what lets some complete: the peer sends a byte for every
/// second one, and reads some of what was sent for the others.
fn begin(number: usize, stream: &PortStream, peer: &mut TcpStream, tickets: &Tickets) {
    if number % SENDS_EVERY == 0 {
        stream
            .clone()
            .send(tickets.buffer(number, vec![0; SEND_LENGTH]));
    } else {
        stream
            .clone()
            .receive(tickets.buffer(number, Vec::with_capacity(1)));
    }
    // The other end may be closed by now.
    if number % 2 == 0 {
        let _ = peer.write(&pattern(OPERATIONS)[number / 2..=number / 2]);
    } else {
        let _ = peer.read(&mut [0; SEND_LENGTH / SENDS_EVERY]);
    }
}

/// Runs `test` beside a thread that ends at once what it is sent.
fn beside_one_that_ends<T: Send>(end: impl Fn(T) + Send, test: impl FnOnce(&Sender<T>)) {
    let (to_end, ends) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || ends.into_iter().for_each(end));
        test(&to_end);
        drop(to_end);
    });
}

/// What an operation of a socket that may have been closed has brought, unless it was.
struct Ended {
    round: usize,
    id: OperationId,
    sends: bool,
    brought: Option<Vec<u8>>,
}

impl Ended {
    fn new(completion: Claimed) -> Self {
        let (stream, sends, buffer, result) = match completion {
            Completion::Receive {
                stream,
                buffer,
                result,
            } => (stream, false, buffer, result),
            Completion::Send {
                stream,
                buffer,
                result,
            } => (stream, true, buffer, result),
            other => panic!("{other:?}"),
        };
        let length = unless_closed(result);
        assert!(length.is_none_or(|length| length == if sends { SEND_LENGTH } else { 1 }));
        Self {
            round: *stream.key(),
            id: stream.operation().unwrap(),
            sends,
            brought: length.map(|_| buffer.bytes),
        }
    }
}

/// What an operation yielded, unless its socket was closed.
#[track_caller]
fn unless_closed(result: io::Result<usize>) -> Option<usize> {
    const WSAENOTSOCK: i32 = 10038;
    match result {
        Ok(length) => Some(length),
        Err(error) => {
            let aborted = error.kind() == io::ErrorKind::ConnectionAborted;
            assert!(aborted || wsa_code(&error) == Some(WSAENOTSOCK), "{error}");
            None
        }
    }
}

/// Those of one direction that were done came before those that were not, and received the
/// bytes in their order.
#[track_caller]
fn assert_in_order<'e>(operations: impl Iterator<Item = &'e Ended>) {
    let mut received = Vec::new();
    let mut closed = false;
    for operation in operations {
        match &operation.brought {
            Some(bytes) => {
                assert!(!closed, "what is done was before what is aborted");
                received.extend_from_slice(bytes);
            }
            None => closed = true,
        }
    }
    assert_eq!(received, pattern(received.len()));
}

/// Rules: CP3, CP4, CP11, CP46
#[test]
fn operations_that_race_with_the_close_of_their_socket_end_once_in_order() {
    for port in &(ports(2) as Vec<Port>) {
        let (sender, ended) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            for _ in 0..3 {
                let sender = sender.clone();
                scope.spawn(move || {
                    let mut completions = port.completions();
                    while let Some(completion) = completions.next(None).unwrap() {
                        // Nobody hears it when the test has failed.
                        let _ = sender.send(Ended::new(completion));
                    }
                });
            }
            let close = |stream: PortStream| stream.close();
            beside_one_that_ends(close, |to_close| {
                for round in 0..ROUNDS {
                    let tickets = Tickets::new(OPERATIONS);
                    let (mut peer, stream) = connection(port, round);
                    for number in 0..OPERATIONS {
                        begin(number, &stream, &mut peer, &tickets);
                        if number == round % OPERATIONS {
                            to_close.send(stream.clone()).unwrap();
                        }
                    }
                    let mut operations = BTreeMap::new();
                    while operations.len() < OPERATIONS {
                        let one = ended.recv_timeout(DEADLINE).expect("every operation ends");
                        assert_eq!(one.round, round, "an operation ends once");
                        let before = operations.insert(one.id, one);
                        assert!(before.is_none(), "an operation ends once");
                    }
                    assert_in_order(operations.values().filter(|one| !one.sends));
                    let sends = || operations.values().filter(|one| one.sends);
                    let done = sends().take_while(|one| one.brought.is_some()).count();
                    assert!(sends().skip(done).all(|one| one.brought.is_none()));
                    drop(operations);
                    tickets.assert_each_returned_once();
                }
            });
        });
        assert!(ended.try_recv().is_err(), "an operation ends once");
    }
}

/// Rules: CP3, CP48, CP49, CP50
#[test]
fn operations_and_posts_that_race_with_the_close_of_their_port_come_back_once() {
    let (sender, closed) = mpsc::channel();
    let close = move |port: Port| {
        port.close();
        sender.send(()).unwrap();
    };
    beside_one_that_ends(close, |to_close| {
        for round in 0..ROUNDS {
            for port in &(ports(2) as Vec<Port>) {
                let tickets = Tickets::new(2 * OPERATIONS);
                let (mut peer, stream) = connection(port, round);
                let claimed = Mutex::default();
                thread::scope(|scope| {
                    let _close = CloseAtEnd(port);
                    for _ in 0..2 {
                        scope.spawn(|| claim_all(port, &claimed));
                    }
                    for number in 0..OPERATIONS {
                        begin(number, &stream, &mut peer, &tickets);
                        port.post(tickets.ticket(OPERATIONS + number));
                        if number == round % OPERATIONS {
                            to_close.send(port.clone()).unwrap();
                        }
                    }
                    closed.recv_timeout(DEADLINE).unwrap();
                });
                // What nobody has claimed is gone, though all handles are still there.
                tickets.assert_each_returned_once();
                let mut claimed = claimed.into_inner().unwrap();
                claimed.sort_unstable();
                assert!(claimed.is_sorted_by(|one, next| one < next), "each once");
            }
        }
    });
}

/// Claims packets until the port is closed, and keeps the numbers of their tickets.
fn claim_all(port: &Port, claimed: &Mutex<Vec<usize>>) {
    let mut completions = port.completions();
    while let Some(completion) = completions.next(None).unwrap() {
        let number = match completion {
            Completion::Receive { buffer, .. } | Completion::Send { buffer, .. } => {
                buffer.tag.number
            }
            Completion::Post(ticket) => ticket.number,
            other => panic!("{other:?}"),
        };
        claimed.lock().unwrap().push(number);
    }
}

/// Rules: CP48, CP49, CP50
#[test]
fn operations_that_race_with_the_drop_of_their_port_come_back_once() {
    let (sender, dropped) = mpsc::channel();
    let drop_port = move |port: Port| {
        drop(port);
        sender.send(()).unwrap();
    };
    beside_one_that_ends(drop_port, |to_drop| {
        for round in 0..ROUNDS {
            for port in ports(2) as Vec<Port> {
                let tickets = Tickets::new(OPERATIONS);
                let (mut peer, stream) = connection(&port, round);
                let mut last = Some(port);
                for number in 0..OPERATIONS {
                    begin(number, &stream, &mut peer, &tickets);
                    if number == round % OPERATIONS {
                        to_drop.send(last.take().unwrap()).unwrap();
                    }
                }
                dropped.recv_timeout(DEADLINE).unwrap();
                tickets.assert_each_returned_once();
                assert!(stream.is_closed());
            }
        }
    });
}
