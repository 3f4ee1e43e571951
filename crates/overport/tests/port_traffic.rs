//! Many operations, sockets and threads at the completion port, and what is fair among them.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use common::port::{
    CloseAtEnd, DEADLINE, associated, echo, listener, next, nothing, pair, pattern, ports,
    received, reset, sent,
};
use overport::completion_port::{Completion, CompletionPort};

type Port = CompletionPort<u32, Vec<u8>, &'static str>;

/// Rules: CP17
#[test]
fn what_is_done_at_once_well_or_badly_is_returned_and_yields_no_packet() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let sent_at_once = stream.clone().send_now(b"x".to_vec()).unwrap();
        assert_eq!(sent(sent_at_once).2.unwrap(), 1);
        nothing(&mut completions);

        peer.write_all(b"abc").unwrap();
        stream.clone().receive(Vec::with_capacity(1));
        received(next(&mut completions)).2.unwrap();
        let rest = stream.clone().receive_now(Vec::with_capacity(64)).unwrap();
        assert_eq!(received(rest).1, b"bc");
        nothing(&mut completions);

        stream.shutdown(Shutdown::Write).unwrap();
        let failed = sent(stream.clone().send_now(b"y".to_vec()).unwrap());
        assert_eq!(failed.2.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(failed.1, b"y");
        nothing(&mut completions);

        assert!(stream.receive_now(Vec::with_capacity(64)).is_none());
        nothing(&mut completions);
        peer.write_all(b"later").unwrap();
        assert_eq!(received(next(&mut completions)).1, b"later");
    }
}

/// Rules: CP18
#[test]
fn skip_on_success_has_an_end_so_that_one_peer_does_not_keep_a_thread() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let (mut other, waiting) = associated(&port, 1);
        peer.write_all(&pattern(4096)).unwrap();
        waiting.receive(Vec::with_capacity(64));
        stream.receive(Vec::with_capacity(1));
        let (mut stream, ..) = received(next(&mut completions));
        other.write_all(b"x").unwrap();
        let mut at_once = 0;
        while let Some(completion) = stream.clone().receive_now(Vec::with_capacity(1)) {
            stream = received(completion).0;
            at_once += 1;
            assert!(at_once < 4000, "the budget has no end");
        }
        assert!(at_once > 0);
        let both = [
            received(next(&mut completions)),
            received(next(&mut completions)),
        ];
        assert!(both.iter().any(|(stream, ..)| *stream.key() == 1));
    }
}

/// Rules: CP54
#[test]
fn a_socket_that_is_always_ready_does_not_hold_up_the_others() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut busy_peer, busy) = associated(&port, 0);
        let (mut peer, stream) = associated(&port, 1);
        busy_peer.write_all(&pattern(30_000)).unwrap();
        busy.receive(Vec::with_capacity(1));
        stream.receive(Vec::with_capacity(64));
        peer.write_all(b"x").unwrap();
        for claims in 1.. {
            let (stream, _, result) = received(next(&mut completions));
            assert_eq!(result.unwrap(), 1);
            if *stream.key() == 1 {
                break;
            }
            assert!(claims < 1000, "the busy socket has the port for itself");
            stream.receive(Vec::with_capacity(1));
        }
    }
}

/// Rules: CP54
#[test]
fn packets_that_beget_packets_do_not_hold_up_the_sockets() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive(Vec::with_capacity(64));
        port.post("again");
        next(&mut completions);
        peer.write_all(b"x").unwrap();
        for claims in 1.. {
            port.post("again");
            if let Completion::Receive { .. } = next(&mut completions) {
                break;
            }
            assert!(claims < 1000, "the posts have the port for themselves");
        }
    }
}

/// Rules: CP8, CP9, CP52
#[test]
fn a_thousand_connections_are_served_and_their_peers_may_leave_at_any_moment() {
    for port in ports(2) as Vec<CompletionPort> {
        let (listener, address) = listener();
        let listener = port.listen(listener, ()).unwrap();
        for _ in 0..16 {
            listener.clone().accept();
        }
        let serve = || {
            let mut completions = port.completions();
            while let Some(completion) = completions.next(None).unwrap() {
                match completion {
                    Completion::Accept { listener, result } => {
                        listener.accept();
                        let stream = port.associate(result.unwrap().0, ()).unwrap();
                        stream.receive(Vec::with_capacity(256));
                    }
                    completion => echo(completion),
                }
            }
        };
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            scope.spawn(serve);
            scope.spawn(serve);
            let mut clients = Vec::new();
            while clients.len() < 1000 {
                // No more at a time than the listener's queue holds.
                clients.extend((0..100).map(|_| TcpStream::connect(address).unwrap()));
                let last = clients.last_mut().unwrap();
                last.set_read_timeout(Some(DEADLINE)).unwrap();
                last.write_all(b"x").unwrap();
                last.read_exact(&mut [0]).unwrap();
            }
            for (number, client) in clients.iter_mut().enumerate() {
                client.set_read_timeout(Some(DEADLINE)).unwrap();
                client.write_all(&number.to_be_bytes()).unwrap();
            }
            // Every third leaves in the midst of it, with and without a word.
            let mut stayed = Vec::new();
            for (number, client) in clients.into_iter().enumerate() {
                match number % 6 {
                    0 => drop(client),
                    3 => reset(client),
                    _ => stayed.push((number, client)),
                }
            }
            for (number, client) in &mut stayed {
                let mut echoed = [0; size_of::<usize>()];
                client.read_exact(&mut echoed).unwrap();
                assert_eq!(usize::from_be_bytes(echoed), *number);
            }
        });
    }
}

/// Rules: CP8, CP41
#[test]
fn threads_come_and_go_while_traffic_runs() {
    for port in ports(2) as Vec<CompletionPort> {
        let peers: Vec<_> = (0..4)
            .map(|_| {
                let (peer, stream) = associated(&port, ());
                stream.receive(Vec::with_capacity(256));
                peer
            })
            .collect();
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            for stay in [3, 5, 7] {
                let port = &port;
                scope.spawn(move || {
                    while !port.is_closed() {
                        // A thread of its own for a few packets each.
                        let visit = || {
                            let mut completions = port.completions();
                            for _ in 0..stay {
                                match completions.next(None).unwrap() {
                                    Some(completion) => echo(completion),
                                    None => break,
                                }
                            }
                        };
                        thread::scope(|scope| scope.spawn(visit).join().unwrap());
                    }
                });
            }
            let clients: Vec<_> = peers
                .into_iter()
                .map(|mut peer| {
                    scope.spawn(move || {
                        for round in 0..100_u32 {
                            peer.write_all(&round.to_be_bytes()).unwrap();
                            let mut echoed = [0; 4];
                            peer.read_exact(&mut echoed).unwrap();
                            assert_eq!(u32::from_be_bytes(echoed), round);
                        }
                    })
                })
                .collect();
            for client in clients {
                client.join().unwrap();
            }
        });
    }
}

/// Rules: CP41
#[test]
fn what_a_thread_submitted_goes_on_after_its_exit() {
    for port in ports(1) as Vec<Port> {
        let (mut peer, socket) = pair();
        let submitter = || {
            let stream = port.associate(socket, 5).unwrap();
            let mut completions = port.completions();
            stream.receive(Vec::with_capacity(64));
            nothing(&mut completions);
        };
        thread::scope(|scope| scope.spawn(submitter).join().unwrap());
        peer.write_all(b"x").unwrap();
        let mut completions = port.completions();
        assert_eq!(received(next(&mut completions)).2.unwrap(), 1);
        assert!(completions.next(Some(Duration::ZERO)).unwrap().is_none());
    }
}
