//! Ports for one thread.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use common::port::{
    CloseAtEnd, DEADLINE, ThreadId, accepted, associated, echo, ends, listener, next, nothing,
    pinned_ports, posted, received, thread_id, wait_until_asleep,
};
use overport::buffer::Either;
use overport::completion_port::{BufferPool, Completion, CompletionPort, Completions, PoolBuffer};

type Port = CompletionPort<u32, Vec<u8>, u32>;
type Pooled = CompletionPort<u32, PoolBuffer, u32>;
type Place<'p> = Completions<'p, u32, Vec<u8>, u32>;

/// Runs `f` at the port's thread, which sleeps in the port when this returns; and its name.
fn asleep<'scope, 'env, R: Send + 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    port: &'env Port,
    f: impl FnOnce(&mut Place<'env>) -> R + Send + 'scope,
) -> (ScopedJoinHandle<'scope, R>, ThreadId) {
    let (id_sender, id) = mpsc::channel();
    let owner = scope.spawn(move || {
        let mut completions = port.completions();
        id_sender.send(thread_id()).unwrap();
        f(&mut completions)
    });
    let id = id.recv_timeout(DEADLINE).unwrap();
    wait_until_asleep(id);
    (owner, id)
}

/// Rules: CP70
#[test]
fn a_pinned_port_takes_connections_and_echoes() {
    for port in &(pinned_ports() as Vec<Port>) {
        let (listener, address) = listener();
        port.listen(listener, 0).unwrap().accept();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            scope.spawn(|| {
                let mut completions = port.completions();
                while let Some(completion) = completions.next(None).unwrap() {
                    match completion {
                        Completion::Accept { listener, result } => {
                            listener.accept();
                            let stream = port.associate(result.unwrap().0, 1).unwrap();
                            stream.receive(Vec::with_capacity(4096));
                        }
                        other => echo(other),
                    }
                }
            });
            let mut clients: Vec<_> = (0..20)
                .map(|_| TcpStream::connect(address).unwrap())
                .collect();
            for round in 0..20_u32 {
                for client in &mut clients {
                    client.set_read_timeout(Some(DEADLINE)).unwrap();
                    client.write_all(&round.to_be_bytes()).unwrap();
                }
                for client in &mut clients {
                    let mut echoed = [0; 4];
                    client.read_exact(&mut echoed).unwrap();
                    assert_eq!(u32::from_be_bytes(echoed), round);
                }
            }
        });
    }
}

/// Rules: CP61, CP70
#[test]
fn a_pinned_port_receives_into_buffers_of_a_pool() {
    for port in &(pinned_ports() as Vec<Pooled>) {
        let pool = port.buffer_pool(2, 64).unwrap();
        let mut peers: Vec<_> = (0..5)
            .map(|key| {
                let (peer, stream) = associated(port, key);
                stream.receive_pooled(&pool);
                peer
            })
            .collect();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            scope.spawn(|| echo_pooled(port, &pool));
            for round in 0..50_u32 {
                for peer in &mut peers {
                    peer.write_all(&round.to_be_bytes()).unwrap();
                }
                for peer in &mut peers {
                    let mut echoed = [0; 4];
                    peer.read_exact(&mut echoed).unwrap();
                    assert_eq!(u32::from_be_bytes(echoed), round);
                }
            }
        });
        assert_eq!(pool.in_use(), 0);
    }
}

fn echo_pooled(port: &Pooled, pool: &BufferPool) {
    let mut completions = port.completions();
    while let Some(completion) = completions.next(Some(DEADLINE)).unwrap() {
        match completion {
            Completion::Receive { stream, buffer, .. } => drop(stream.send(buffer)),
            Completion::Send { stream, buffer, .. } => {
                drop(buffer);
                stream.receive_pooled(pool);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Rules: CP70
#[test]
fn other_threads_post_and_begin_operations_before_its_thread_asks_and_while_it_sleeps() {
    for port in &(pinned_ports() as Vec<Port>) {
        let (mut before, stream) = associated(port, 1);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let begins = || {
                port.post(7);
                stream.receive(Vec::with_capacity(8));
            };
            scope.spawn(begins).join().unwrap();
            let (owner, _) = asleep(scope, port, |completions| {
                [0; 4].map(|_| match next(completions) {
                    Completion::Post(packet) => packet,
                    other => *received(other).0.key(),
                })
            });
            before.write_all(b"x").unwrap();
            let begins = || {
                let (mut peer, stream) = associated(port, 2);
                stream.receive(Vec::with_capacity(8));
                peer.write_all(b"x").unwrap();
                peer
            };
            let _peer = scope.spawn(begins).join().unwrap();
            port.post(8);
            let mut came = owner.join().unwrap();
            came.sort_unstable();
            assert_eq!(came, [1, 2, 7, 8]);
        });
    }
}

/// Rules: CP71
#[test]
fn another_thread_that_asks_is_refused_and_the_first_goes_on() {
    for port in &(pinned_ports() as Vec<Port>) {
        assert_eq!(port.concurrency(), 1);
        let mut completions = port.completions();
        nothing(&mut completions);
        port.post(1);
        let asks = || {
            let mut completions = port.completions();
            for timeout in [Some(Duration::ZERO), Some(DEADLINE), None] {
                let error = completions.next(timeout).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
                let error = completions
                    .next_many(&mut Vec::new(), 2, timeout)
                    .unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            }
        };
        thread::scope(|scope| scope.spawn(asks).join().unwrap());
        assert_eq!(posted(next(&mut completions)), 1);
    }
}

/// Rules: CP71
#[test]
fn its_thread_may_have_a_second_place_and_give_up_the_first() {
    for port in &(pinned_ports() as Vec<Port>) {
        let mut first = port.completions();
        port.post(1);
        port.post(2);
        assert_eq!(posted(next(&mut first)), 1);
        let mut second = port.completions();
        drop(first);
        assert_eq!(posted(next(&mut second)), 2);
        let (mut peer, stream) = associated(port, 0);
        stream.receive(Vec::with_capacity(8));
        peer.write_all(b"x").unwrap();
        assert_eq!(received(next(&mut second)).2.unwrap(), 1);
    }
}

/// Rules: CP47, CP72
#[test]
fn handles_that_other_threads_drop_or_close_close_their_sockets_though_its_thread_sleeps() {
    for port in &(pinned_ports() as Vec<Port>) {
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let (mut dropped, unused) = associated(port, 1);
            let (mut closed, pending) = associated(port, 2);
            pending.clone().receive(Vec::with_capacity(8));
            let (mut cancelled, cancels) = associated(port, 3);
            cancels.clone().receive(Vec::with_capacity(8));
            let (owner, id) = asleep(scope, port, |completions| {
                let keys = [0, 0].map(|_| {
                    let (stream, _, result) = received(next(completions));
                    result.unwrap_err();
                    *stream.key()
                });
                assert_eq!(posted(next(completions)), 7);
                keys
            });
            drop(unused);
            ends(&mut dropped);
            pending.close();
            ends(&mut closed);
            assert_eq!(cancels.cancel_all(), 1);
            wait_until_asleep(id);
            drop(cancels);
            ends(&mut cancelled);
            port.post(7);
            assert_eq!(owner.join().unwrap(), [2, 3]);
        });
    }
}

/// Rules: CP48, CP72
#[test]
fn another_thread_may_close_it_which_ends_the_wait_and_the_connections() {
    for port in &(pinned_ports() as Vec<Port>) {
        let (mut peer, stream) = associated(port, 0);
        stream.receive(Vec::with_capacity(8));
        let (mut full, stream) = associated(port, 1);
        common::port::fill(&stream);
        stream.send(vec![0; 1 << 20]);
        thread::scope(|scope| {
            let (owner, _) = asleep(scope, port, |completions| {
                assert!(completions.next(None).unwrap().is_none());
                assert!(completions.next(None).unwrap().is_none());
            });
            port.close();
            owner.join().unwrap();
            ends(&mut peer);
            // A reset is an end too: what was in the way of it was not sent.
            drop(full.read_to_end(&mut Vec::new()));
        });
    }
}

/// Rules: CP72
#[test]
fn a_port_that_is_closed_by_another_thread_ends_connections_as_its_thread_asks_or_it_is_dropped() {
    for asks in [true, false] {
        for port in pinned_ports() as Vec<Port> {
            let (mut peer, stream) = associated(&port, 0);
            stream.receive(Vec::with_capacity(8));
            nothing(&mut port.completions());
            thread::scope(|scope| scope.spawn(|| port.close()).join().unwrap());
            if asks {
                assert!(port.completions().next(None).unwrap().is_none());
                ends(&mut peer);
            } else {
                drop(port);
                ends(&mut peer);
            }
        }
    }
}

/// Rules: CP69, CP72
#[test]
fn buffers_of_its_pool_outlive_it_wherever_it_ends() {
    type Mixed = CompletionPort<u32, Either<PoolBuffer, Vec<u8>>, u32>;
    for elsewhere in [false, true] {
        for asked in [false, true] {
            for port in pinned_ports() as Vec<Mixed> {
                let pool = port.buffer_pool(2, 64).unwrap();
                let (mut waiting, waits) = associated(&port, 0);
                waits.receive_pooled(&pool);
                let mut held = None;
                if asked {
                    let mut completions = port.completions();
                    let (mut peer, stream) = associated(&port, 1);
                    stream.receive_pooled(&pool);
                    peer.write_all(b"hello").unwrap();
                    held = Some(received(next(&mut completions)).1);
                }
                match elsewhere {
                    true => thread::spawn(move || drop(port)).join().unwrap(),
                    false => drop(port),
                }
                ends(&mut waiting);
                if let Some(Either::Left(buffer)) = held {
                    assert_eq!(&*buffer, b"hello");
                }
                assert_eq!(pool.in_use(), 0);
            }
        }
    }
}

/// Rules: CP5, CP70
#[test]
fn a_pinned_port_of_each_thread_is_a_thread_per_core() {
    let ports = [pinned_ports() as Vec<Port>, pinned_ports()].concat();
    let (senders, addresses) = mpsc::channel();
    thread::scope(|scope| {
        for port in ports {
            let senders = senders.clone();
            scope.spawn(move || {
                let (listener, address) = listener();
                port.listen(listener, 0).unwrap().accept();
                senders.send(address).unwrap();
                let mut completions = port.completions();
                accepted(next(&mut completions)).1.unwrap();
            });
        }
        drop(senders);
        let _clients: Vec<_> = addresses
            .iter()
            .map(|at| TcpStream::connect(at).unwrap())
            .collect();
    });
}
