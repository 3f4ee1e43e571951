//! Time at the completion port: waits, deadlines and posts at a time.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::net::UdpSocket;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, accepted, associated, fill, listener, loopback, next, nothing, pattern,
    ports, posted, received, received_from, sent, thread_id, wait_until, wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort};

type Port = CompletionPort<u32, Vec<u8>, u32>;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[track_caller]
fn assert_timed_out<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

/// Rules: CP36
#[test]
fn a_wait_whose_time_is_over_delivers_nothing_and_not_before_the_time() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        stream.receive(Vec::with_capacity(64));
        let start = Instant::now();
        assert!(completions.next(Some(ms(20))).unwrap().is_none());
        assert!(start.elapsed() >= ms(20));
        assert!(!port.is_closed());
        peer.write_all(b"x").unwrap();
        assert_eq!(received(next(&mut completions)).2.unwrap(), 1);
    }
}

/// Rules: CP36
#[test]
fn a_wait_whose_time_is_over_takes_nothing_from_the_others() {
    for port in ports(2) as Vec<Port> {
        let (id_sender, id) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            let (sender, receiver) = mpsc::channel();
            scope.spawn(|| {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                let sender = sender;
                while let Some(completion) = completions.next(None).unwrap() {
                    sender.send(posted(completion)).unwrap();
                }
            });
            wait_until_asleep(id.recv_timeout(DEADLINE).unwrap());
            let mut completions = port.completions();
            for number in 0..50 {
                assert!(completions.next(Some(ms(1))).unwrap().is_none());
                port.post(number);
                assert_eq!(receiver.recv_timeout(DEADLINE), Ok(number));
            }
        });
    }
}

/// Rules: CP36
#[test]
fn a_timeout_of_zero_sees_what_is_there() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        nothing(&mut completions);
        port.post(1);
        let zero = Some(Duration::ZERO);
        assert_eq!(completions.next(zero).unwrap().map(posted), Some(1));
        let (mut peer, stream) = associated(&port, 0);
        stream.receive(Vec::with_capacity(64));
        peer.write_all(b"x").unwrap();
        // The system may take a moment to complete the receive.
        wait_until("the packet is there", || {
            completions.next(zero).unwrap().is_some()
        });
        nothing(&mut completions);
    }
}

/// Rules: CP35, CP36, CP40
#[test]
fn times_far_in_the_future_are_as_good_as_none() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        for timeout in [
            Duration::MAX,
            Duration::from_secs(1 << 62),
            Duration::from_secs(60 * 86_400),
        ] {
            let later = thread::scope(|scope| {
                scope.spawn(|| port.post(1));
                completions.next(Some(timeout)).unwrap()
            });
            assert_eq!(later.map(posted), Some(1));
        }
        port.post_at(2, Instant::now() + Duration::from_secs(400 * 86_400));
        port.post(3);
        assert_eq!(posted(next(&mut completions)), 3);
        nothing(&mut completions);
    }
}

/// Rules: CP37
#[test]
fn a_receive_with_a_deadline_ends_timed_out_took_nothing_and_the_stream_goes_on() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let start = Instant::now();
        stream.by(start + ms(20)).receive(Vec::with_capacity(64));
        let (stream, buffer, result) = received(next(&mut completions));
        assert_timed_out(result);
        assert!(start.elapsed() >= ms(20));
        assert!(buffer.is_empty());
        peer.write_all(b"late").unwrap();
        // The handle that came back has no deadline.
        stream.receive(Vec::with_capacity(64));
        let (stream, buffer, _) = received(next(&mut completions));
        assert_eq!(buffer, b"late");
        stream.send(b"answer".to_vec());
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 6);
        peer.read_exact(&mut [0; 6]).unwrap();
    }
}

/// Rules: CP37
#[test]
fn of_several_receives_only_the_one_whose_deadline_has_passed_ends() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let now = Instant::now();
        let room = |mark: u8| {
            let mut room = Vec::with_capacity(8);
            room.push(mark);
            room
        };
        stream.clone().receive(room(1));
        stream.clone().by(now + ms(30)).receive(room(2));
        stream.clone().by(now + ms(10)).receive(room(3));
        stream.clone().by(now + DEADLINE).receive(room(4));
        let mut expired = [(); 2].map(|()| {
            let (_, buffer, result) = received(next(&mut completions));
            assert_timed_out(result);
            buffer
        });
        expired.sort_unstable();
        assert_eq!(expired, [[2], [3]]);
        nothing(&mut completions);
        for mark in [1, 4] {
            peer.write_all(b"x").unwrap();
            let (_, buffer, result) = received(next(&mut completions));
            assert_eq!(result.unwrap(), 1);
            assert_eq!(buffer, [mark, b'x']);
        }
    }
}

/// Rules: CP37
#[test]
fn sends_accepts_and_datagrams_have_deadlines_too() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let soon = || Instant::now() + ms(5);

        let (_peer, stream) = associated(&port, 0);
        fill(&stream);
        stream.clone().by(soon()).send(pattern(1 << 20));
        assert_timed_out(sent(next(&mut completions)).2);

        let (socket, address) = listener();
        let listener = port.listen(socket, 0).unwrap();
        listener.clone().by(soon()).accept();
        assert_timed_out(accepted(next(&mut completions)).1);
        listener.accept();
        let _client = std::net::TcpStream::connect(address).unwrap();
        accepted(next(&mut completions)).1.unwrap();

        let datagram = port
            .datagram(UdpSocket::bind(loopback()).unwrap(), 0)
            .unwrap();
        datagram.by(soon()).receive_from(Vec::with_capacity(8));
        assert_timed_out(received_from(next(&mut completions)).2);
        nothing(&mut completions);
    }
}

/// Rules: CP37
#[test]
fn a_deadline_in_the_past_ends_an_operation_that_cannot_be_done_now() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_peer, stream) = associated(&port, 0);
        stream.by(Instant::now()).receive(Vec::with_capacity(64));
        assert_timed_out(received(next(&mut completions)).2);
        nothing(&mut completions);
    }
}

/// Rules: CP38
#[test]
fn a_deadline_does_not_touch_what_completed_before() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        peer.write_all(b"x").unwrap();
        let deadline = Instant::now() + ms(10);
        stream.by(deadline).receive(Vec::with_capacity(64));
        let (stream, ..) = received(next(&mut completions));
        stream.receive(Vec::with_capacity(64));
        // The old deadline passes, and is nobody's.
        assert!(completions.next(Some(ms(20))).unwrap().is_none());
        peer.write_all(b"y").unwrap();
        assert_eq!(received(next(&mut completions)).1, b"y");
        nothing(&mut completions);
    }
}

/// Rules: CP37
#[test]
fn thousands_of_deadlines_pass_once_each() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_peer, stream) = associated(&port, 0);
        let now = Instant::now();
        for number in 0..2000_u64 {
            let deadline = now + Duration::from_micros(number * 7919 % 20_000);
            stream.clone().by(deadline).receive(Vec::with_capacity(1));
        }
        for _ in 0..2000 {
            assert_timed_out(received(next(&mut completions)).2);
        }
        nothing(&mut completions);
        stream.clone().receive(Vec::with_capacity(1));
        nothing(&mut completions);
    }
}

/// Rules: CP40
#[test]
fn posts_at_times_come_in_the_order_of_their_times_and_not_before() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let start = Instant::now();
        let times = [30, 10, 20, 10, 0];
        for (number, time) in (0..).zip(times) {
            port.post_at(number, start + ms(time));
        }
        for number in [4, 1, 3, 2, 0] {
            assert_eq!(posted(next(&mut completions)), number);
            assert!(start.elapsed() >= ms(times[number as usize]));
        }
        nothing(&mut completions);
    }
}

/// Rules: CP40
#[test]
fn a_post_at_a_time_reaches_a_thread_that_waits_already() {
    for port in ports(2) as Vec<Port> {
        let (id_sender, id) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            scope.spawn(|| {
                let (mut completions, sender) = (port.completions(), sender);
                id_sender.send(thread_id()).unwrap();
                while let Some(Completion::Post(number)) = completions.next(None).unwrap() {
                    sender.send(number).unwrap();
                }
            });
            let waiter = id.recv_timeout(DEADLINE).unwrap();
            for number in 0..5 {
                wait_until_asleep(waiter);
                let far = Instant::now() + DEADLINE * 100;
                port.post_at(100, far);
                port.post_at(number, Instant::now() + ms(2));
                assert_eq!(receiver.recv_timeout(DEADLINE), Ok(number));
            }
        });
    }
}

/// Rules: CP40
#[test]
fn a_post_at_a_time_is_not_held_up_by_packets_that_beget_packets() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        port.post_at(1, Instant::now() + ms(1));
        let start = Instant::now();
        loop {
            port.post(0);
            if posted(next(&mut completions)) == 1 {
                break;
            }
            assert!(start.elapsed() < DEADLINE);
        }
    }
}
