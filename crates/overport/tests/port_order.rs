//! The order of packets at the completion port.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::port::{
    CloseAtEnd, DEADLINE, associated, compute_until, fill, keeps_the_concurrency_value, next,
    nothing, pattern, ports, posted, received, sent, thread_id, wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort};

type Port = CompletionPort<u32, Vec<u8>, u32>;

/// Rules: CP11, CP21
#[test]
fn receives_of_a_stream_fill_and_complete_in_the_order_of_their_calls() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        for number in 0..10_u8 {
            let mut buffer = Vec::with_capacity(3);
            buffer.push(number);
            stream.clone().receive(buffer);
        }
        nothing(&mut completions);
        peer.write_all(&pattern(100)).unwrap();
        let mut all = Vec::new();
        for number in 0..10 {
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!(buffer[0], number);
            assert_eq!(result.unwrap(), buffer.len() - 1);
            all.extend_from_slice(&buffer[1..]);
        }
        assert_eq!(all, pattern(all.len()));
        nothing(&mut completions);
    }
}

/// Rules: CP10, CP21
#[test]
fn sends_of_a_stream_go_out_whole_in_the_order_of_their_calls() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let filled = fill(&stream);
        for number in 0..20_u8 {
            stream.clone().send(vec![number; 100_000]);
        }
        nothing(&mut completions);
        let reader = thread::spawn(move || {
            let mut all = vec![0; filled + 20 * 100_000];
            peer.read_exact(&mut all).unwrap();
            all.split_off(filled)
        });
        for number in 0..20 {
            let (_, buffer, result) = sent(next(&mut completions));
            assert_eq!((buffer[0], result.unwrap()), (number, 100_000));
        }
        let all = reader.join().unwrap();
        for (number, part) in (0..20).zip(all.chunks(100_000)) {
            assert!(part.iter().all(|&byte| byte == number));
        }
    }
}

/// Rules: CP10
#[test]
fn sends_of_many_threads_on_one_stream_do_not_mix() {
    for port in ports(2) as Vec<Port> {
        let (mut peer, stream) = associated(&port, 0);
        const LENGTH: usize = 50_000;
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            scope.spawn(|| {
                let mut completions = port.completions();
                while completions.next(None).unwrap().is_some() {}
            });
            for letter in b'a'..b'e' {
                let stream = &stream;
                scope.spawn(move || {
                    for _ in 0..10 {
                        stream.clone().send(vec![letter; LENGTH]);
                    }
                });
            }
            for _ in 0..40 {
                let mut part = vec![0; LENGTH];
                peer.read_exact(&mut part).unwrap();
                assert!(part.iter().all(|&byte| byte == part[0]), "sends are mixed");
            }
        });
    }
}

/// Rules: CP22, CP39
#[test]
fn posts_of_each_thread_come_once_and_in_the_order_of_its_posts() {
    for port in ports::<(), Vec<u8>, (usize, u32)>(2) {
        const POSTS: u32 = 2000;
        let mut completions = port.completions();
        thread::scope(|scope| {
            for poster in 0..3 {
                let port = &port;
                scope.spawn(move || (0..POSTS).for_each(|number| port.post((poster, number))));
            }
            let mut expected = [0; 3];
            for _ in 0..3 * POSTS {
                let (poster, number) = posted(next(&mut completions));
                assert_eq!(number, expected[poster]);
                expected[poster] += 1;
            }
        });
        nothing(&mut completions);
    }
}

/// Rules: CP23
#[test]
fn at_concurrency_1_all_packets_are_handled_strictly_in_the_order_of_the_queue() {
    if !keeps_the_concurrency_value() {
        return;
    }
    for port in ports(1) as Vec<Port> {
        const PACKETS: u32 = 2000;
        let (_peer, stream) = associated(&port, 0);
        let (handled_sender, handled) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            for _ in 0..3 {
                let (port, handled_sender) = (&port, handled_sender.clone());
                scope.spawn(move || {
                    let mut completions = port.completions();
                    while let Some(completion) = completions.next(None).unwrap() {
                        let number = match completion {
                            Completion::Post(number) => number,
                            Completion::Send { buffer, .. } => {
                                u32::from_be_bytes(buffer.try_into().unwrap())
                            }
                            other => panic!("{other:?}"),
                        };
                        handled_sender.send(number).unwrap();
                    }
                });
            }
            for number in 0..PACKETS {
                if number % 5 == 0 {
                    stream.clone().send(number.to_be_bytes().to_vec());
                } else {
                    port.post(number);
                }
            }
            for number in 0..PACKETS {
                assert_eq!(handled.recv_timeout(DEADLINE), Ok(number));
            }
        });
    }
}

/// Rules: CP25
// Windows does not tell how often another thread was woken.
#[cfg(target_os = "linux")]
#[test]
fn a_thread_goes_on_while_packets_wait_and_the_others_are_not_woken_for_them() {
    for port in ports(1) as Vec<Port> {
        use common::port::{state, switches};

        const PACKETS: u32 = 20_000;
        let (id_sender, id) = mpsc::channel();
        let handled_by_other = AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            let mut completions = port.completions();
            port.post(0);
            next(&mut completions);
            for number in 0..PACKETS {
                port.post(number);
            }
            scope.spawn(|| {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                while let Some(completion) = completions.next(None).unwrap() {
                    drop(completion);
                    handled_by_other.store(true, Ordering::SeqCst);
                }
            });
            // Asleep or not, it can't run: this thread has a packet, and computes.
            let other = id.recv_timeout(DEADLINE).unwrap();
            common::port::wait_until("the other waits", || {
                state(other) == 'S' || handled_by_other.load(Ordering::SeqCst)
            });
            let before = switches(other);
            for _ in 0..PACKETS {
                if posted(next(&mut completions)) == PACKETS - 1 {
                    break;
                }
            }
            // It looks after this thread from time to time, but not once a packet.
            assert!(switches(other) - before < u64::from(PACKETS) / 10);
        });
    }
}

/// Rules: CP26
#[test]
fn what_a_thread_has_not_asked_for_is_there_for_the_others() {
    for port in ports(2) as Vec<Port> {
        let mut first = port.completions();
        (0..3).for_each(|number| port.post(number));
        assert_eq!(posted(next(&mut first)), 0);
        let other = || {
            let mut second = port.completions();
            assert_eq!(posted(next(&mut second)), 1);
            assert_eq!(posted(next(&mut second)), 2);
            nothing(&mut second);
        };
        thread::scope(|scope| scope.spawn(other).join().unwrap());
        nothing(&mut first);
    }
}

/// Rules: CP26, CP33
#[test]
fn socket_events_that_came_together_can_be_handled_while_the_first_waits_for_the_second() {
    for port in ports(2) as Vec<Port> {
        let (id_sender, id) = mpsc::channel();
        let (done_sender, done) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            let peers: Vec<_> = (0..2)
                .map(|key| {
                    let (mut peer, stream) = associated(&port, key);
                    peer.write_all(b"x").unwrap();
                    stream.receive(Vec::with_capacity(64));
                    peer
                })
                .collect();
            let mut completions = port.completions();
            // One wait brings both; this thread has the first.
            received(next(&mut completions)).2.unwrap();
            scope.spawn(|| {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                received(next(&mut completions)).2.unwrap();
                done_sender.send(()).unwrap();
            });
            id.recv_timeout(DEADLINE).unwrap();
            done.recv_timeout(DEADLINE).expect("the second is handled");
            drop(peers);
        });
    }
}

/// Rules: CP27
#[test]
fn a_wait_for_many_takes_what_is_there_in_order_up_to_its_limit() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        (0..5).for_each(|number| port.post(number));
        let mut many = Vec::new();
        assert_eq!(completions.next_many(&mut many, 3, None).unwrap(), 3);
        assert_eq!(completions.next_many(&mut many, 8, None).unwrap(), 2);
        let numbers: Vec<_> = many.drain(..).map(posted).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        let zero = Some(Duration::ZERO);
        assert_eq!(completions.next_many(&mut many, 8, zero).unwrap(), 0);
        assert_eq!(completions.next_many(&mut many, 0, None).unwrap(), 0);

        let peers: Vec<_> = (0..3)
            .map(|key| {
                let (mut peer, stream) = associated(&port, key);
                stream.receive(Vec::with_capacity(64));
                peer.write_all(b"x").unwrap();
                peer
            })
            .collect();
        let count = completions.next_many(&mut many, 8, Some(DEADLINE));
        assert_eq!(count.unwrap(), 3);
        drop(peers);
    }
}

/// Rules: CP27, CP28
#[test]
fn a_thread_that_took_many_runs_until_it_asks_again() {
    if !keeps_the_concurrency_value() {
        return;
    }
    for port in ports(1) as Vec<Port> {
        let (id_sender, id) = mpsc::channel();
        let handled = AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            let mut completions = port.completions();
            (0..2).for_each(|number| port.post(number));
            let mut many = Vec::new();
            assert_eq!(completions.next_many(&mut many, 8, None).unwrap(), 2);
            let other = scope.spawn(|| {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                let number = completions.next(None).unwrap().map(posted);
                handled.store(true, Ordering::SeqCst);
                number
            });
            let other_id = id.recv_timeout(DEADLINE).unwrap();
            port.post(9);
            wait_until_asleep(other_id);
            assert!(!handled.load(Ordering::SeqCst));
            drop(completions);
            compute_until(&handled);
            assert_eq!(other.join().unwrap(), Some(9));
        });
    }
}
