//! Cancelling at the completion port, and closing its sockets and the port itself.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, accepted, associated, disconnected, fill, listener, next, nothing,
    pattern, ports, posted, received, sent, thread_id, wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort};
use overport::error::is_cancelled;

type Port = CompletionPort<u32, Vec<u8>, u32>;

#[track_caller]
fn assert_cancelled<T: std::fmt::Debug>(result: io::Result<T>) {
    assert!(is_cancelled(&result.unwrap_err()));
}

#[track_caller]
fn assert_aborted<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
}

fn room(mark: u8) -> Vec<u8> {
    let mut room = Vec::with_capacity(64);
    room.push(mark);
    room
}

/// Rules: CP42, CP43, CP45
#[test]
fn cancelling_one_receive_leaves_the_others_and_takes_no_data() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let ids = [1, 2, 3].map(|mark| stream.clone().receive(room(mark)));
        assert!(stream.cancel(ids[0]));
        assert!(!stream.cancel(ids[0]));
        assert!(stream.cancel(ids[2]));
        for mark in [1, 3] {
            let (_, buffer, result) = received(next(&mut completions));
            assert_cancelled(result);
            assert_eq!(buffer, [mark]);
        }
        nothing(&mut completions);
        peer.write_all(b"x").unwrap();
        let (_, buffer, result) = received(next(&mut completions));
        assert_eq!(result.unwrap(), 1);
        assert_eq!(buffer, [2, b'x']);
    }
}

/// Rules: CP42, CP43
#[test]
fn cancelling_all_of_a_socket_leaves_the_other_sockets() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_peer, stream) = associated(&port, 1);
        let (mut other_peer, other) = associated(&port, 2);
        fill(&stream);
        stream.clone().receive(room(1));
        stream.clone().send(pattern(1 << 20));
        stream.clone().send(pattern(1 << 20));
        other.receive(room(2));
        assert_eq!(stream.cancel_all(), 3);
        assert_eq!(stream.cancel_all(), 0);
        for _ in 0..3 {
            match next(&mut completions) {
                Completion::Receive { result, .. } | Completion::Send { result, .. } => {
                    assert_cancelled(result);
                }
                completion => panic!("{completion:?}"),
            }
        }
        nothing(&mut completions);
        other_peer.write_all(b"x").unwrap();
        assert_eq!(*received(next(&mut completions)).0.key(), 2);
    }
}

/// Rules: CP43
#[test]
fn a_send_behind_a_cancelled_one_goes_out() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        fill(&stream);
        let first = stream.clone().send(pattern(1 << 20));
        stream.clone().send(b"end".to_vec());
        stream.clone().disconnect();
        assert!(stream.cancel(first));
        assert_cancelled(sent(next(&mut completions)).2);
        nothing(&mut completions);
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all
        });
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 3);
        disconnected(next(&mut completions)).1.unwrap();
        assert!(reader.join().unwrap().ends_with(b"end"));
    }
}

/// Rules: CP44
#[test]
fn cancelling_where_nothing_is_under_way_says_so_and_changes_nothing() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        assert_eq!(stream.cancel_all(), 0);
        peer.write_all(b"x").unwrap();
        let id = stream.clone().receive(room(1));
        let (stream, ..) = received(next(&mut completions));
        assert!(!stream.cancel(id));
        stream.close();
        assert!(!stream.cancel(id));
        assert_eq!(stream.cancel_all(), 0);
        nothing(&mut completions);
    }
}

/// Rules: CP42
#[test]
fn an_accept_can_be_cancelled_and_the_connection_waits_for_the_next() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (socket, address) = listener();
        let listener = port.listen(socket, 0).unwrap();
        let id = listener.clone().accept();
        assert!(listener.cancel(id));
        assert_cancelled(accepted(next(&mut completions)).1);
        let client = std::net::TcpStream::connect(address).unwrap();
        nothing(&mut completions);
        listener.accept();
        let (_, peer) = accepted(next(&mut completions)).1.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
    }
}

/// Rules: CP3, CP42, CP45
#[test]
fn cancels_race_with_completions_and_each_operation_ends_once_with_nothing_lost() {
    for port in ports(2) as Vec<Port> {
        const ROUNDS: u32 = 500;
        let (mut peer, stream) = associated(&port, 0);
        let (sender, ended) = mpsc::channel();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            for _ in 0..2 {
                let (port, sender) = (&port, sender.clone());
                scope.spawn(move || {
                    let mut completions = port.completions();
                    while let Some(completion) = completions.next(None).unwrap() {
                        let (_, buffer, result) = received(completion);
                        sender.send((buffer, result)).unwrap();
                    }
                });
            }
            let canceller = stream.clone();
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    canceller.cancel_all();
                    thread::yield_now();
                }
            });
            let mut cancelled = 0;
            for round in 0..ROUNDS {
                peer.write_all(&[u8::try_from(round % 256).unwrap()])
                    .unwrap();
                loop {
                    stream.clone().receive(Vec::with_capacity(64));
                    let (buffer, result) = ended.recv_timeout(DEADLINE).unwrap();
                    match result {
                        Ok(length) => {
                            assert_eq!(length, 1);
                            assert_eq!(u32::from(buffer[0]), round % 256);
                            break;
                        }
                        Err(error) => {
                            assert!(is_cancelled(&error) && buffer.is_empty());
                            cancelled += 1;
                        }
                    }
                }
            }
            stop.store(true, Ordering::SeqCst);
            assert!(ended.try_recv().is_err(), "after {cancelled} cancels");
        });
    }
}

/// Rules: CP2, CP46
#[test]
fn closing_a_socket_ends_its_transfers_as_aborted_and_refuses_later_ones() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        stream.clone().send(b"last".to_vec());
        fill(&stream);
        stream.clone().receive(room(1));
        stream.clone().send(pattern(1 << 20));
        assert!(!stream.is_closed());
        stream.close();
        stream.close();
        assert!(stream.is_closed());
        // What was there before stays.
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 4);
        assert_aborted(received(next(&mut completions)).2);
        assert_aborted(sent(next(&mut completions)).2);
        stream.clone().receive(room(2));
        let (_, buffer, result) = received(next(&mut completions));
        assert_eq!(overport::error::wsa_code(&result.unwrap_err()), Some(10038));
        assert_eq!(buffer, [2]);
        assert!(stream.local_addr().is_err());
        nothing(&mut completions);
        peer.read_to_end(&mut Vec::new()).unwrap();
    }
}

/// Rules: CP46
#[test]
fn closing_a_listener_ends_its_accepts_as_cancelled() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (socket, address) = listener();
        let listener = port.listen(socket, 0).unwrap();
        listener.clone().accept();
        listener.clone().accept();
        listener.close();
        for _ in 0..2 {
            assert_cancelled(accepted(next(&mut completions)).1);
        }
        let refused = std::net::TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        nothing(&mut completions);
    }
}

/// Rules: CP47
#[test]
fn an_operation_keeps_its_socket_open_and_the_last_handle_closes_it_without_a_packet() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive(room(1));
        nothing(&mut completions);
        peer.write_all(b"x").unwrap();
        let (stream, ..) = received(next(&mut completions));
        let clone = stream.clone();
        drop(stream);
        clone.clone().send(b"y".to_vec());
        peer.read_exact(&mut [0]).unwrap();
        drop(clone);
        drop(next(&mut completions));
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        nothing(&mut completions);
    }
}

/// Rules: CP48
#[test]
fn closing_the_port_ends_every_wait_now_and_later() {
    for port in ports(2) as Vec<Port> {
        let (id_sender, ids) = mpsc::channel();
        thread::scope(|scope| {
            let waiters: Vec<_> = (0..5)
                .map(|_| {
                    let (port, id_sender) = (&port, id_sender.clone());
                    scope.spawn(move || {
                        let mut completions = port.completions();
                        id_sender.send(thread_id()).unwrap();
                        let first = completions.next(None).unwrap().is_none();
                        first && completions.next(None).unwrap().is_none()
                    })
                })
                .collect();
            for _ in &waiters {
                wait_until_asleep(ids.recv_timeout(DEADLINE).unwrap());
            }
            port.close();
            for waiter in waiters {
                assert!(waiter.join().unwrap());
            }
        });
        assert!(port.is_closed());
        assert!(port.completions().next(None).unwrap().is_none());
        port.close();
    }
}

/// Rules: CP48
#[test]
fn a_handler_may_close_the_port() {
    for port in ports(1) as Vec<Port> {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut completions = port.completions();
                    while let Some(completion) = completions.next(None).unwrap() {
                        assert_eq!(posted(completion), 1);
                        port.close();
                    }
                });
            }
            port.post(1);
        });
    }
}

/// Rules: CP50
#[test]
fn what_comes_after_the_close_of_the_port_is_dropped() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        port.close();
        port.post(1);
        port.post_at(2, Instant::now());
        stream.clone().receive(room(1));
        stream.clone().send(b"x".to_vec());
        assert!(stream.clone().send_now(b"x".to_vec()).is_none());
        assert!(completions.next(Some(Duration::ZERO)).unwrap().is_none());
        assert_eq!(stream.cancel_all(), 0);
        // The socket is closed, though a handle is left.
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    }
}

/// Rules: CP48
#[test]
fn the_last_handle_of_a_port_closes_it() {
    for port in ports(1) as Vec<Port> {
        let (mut peer, stream) = associated(&port, 0);
        stream.clone().receive(room(1));
        drop(port.clone());
        stream.local_addr().unwrap();
        drop(port);
        assert!(stream.local_addr().is_err());
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    }
}
