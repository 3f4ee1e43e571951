//! What was wrong once, each by the behaviour that shows it is right.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, associated, connected, ends, fill, handles, listener, loopback, next,
    nothing, pinned_ports, ports, posted, received, refusing, skip, stalling, unconnected,
    wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort, PoolBuffer, Stream};
use overport::overlapped;

type Port = CompletionPort<u32, Vec<u8>, u32>;

/// The wake-up for the deadline was taken for the one for the data.
/// Rules: CP37
#[test]
fn a_deadline_that_passes_as_data_comes_for_another_receive_ends_its_own() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        nothing(&mut completions);
        let deadline = Instant::now() + Duration::from_millis(5);
        stream.clone().receive(Vec::with_capacity(64));
        stream.clone().by(deadline).receive(Vec::with_capacity(64));
        peer.write_all(b"x").unwrap();
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        assert_eq!(received(next(&mut completions)).2.unwrap(), 1);
        let error = received(next(&mut completions)).2.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}

/// The kernel tells the error once, and the connect went on waiting for it.
/// Rules: CP6
#[test]
fn a_connect_ends_though_a_receive_has_taken_its_error() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (_bound, address) = refusing();
        let stream = port.associate(unconnected(), 0).unwrap();
        // The first edge of an unconnected socket leads the receive to try.
        nothing(&mut completions);
        stream.clone().connect(address);
        drop(stream.clone().receive_now(Vec::with_capacity(64)));
        assert!(connected(next(&mut completions)).1.is_err());
    }
}

/// The thread in epoll_wait had begun its wait when nobody ran, and looked after nobody.
/// Rules: CP31, CP33
#[test]
fn a_thread_that_blocks_without_a_word_after_it_resumed_is_found() {
    for port in &(ports(1) as Vec<Port>) {
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            assert_eq!(posted(next(&mut completions)), 0);
            let handled = port.blocking(|| {
                let (id, handled) = handles(scope, port, 1);
                wait_until_asleep(id);
                handled
            });
            port.post(1);
            handled
                .recv_timeout(DEADLINE)
                .expect("the packet is handled meanwhile");
        });
    }
}

/// The queue of the port kept a socket open that nobody had a handle of.
/// Rules: CP47
#[test]
fn a_socket_closes_with_its_last_handle_though_nobody_asks_the_port() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        fill(&stream);
        stream.send(vec![0; 1 << 20]);
        nothing(&mut completions);
        let reader = thread::spawn(move || peer.read_to_end(&mut Vec::new()).unwrap());
        drop(next(&mut completions));
        reader.join().unwrap();
    }
}

/// The panic ended the close before it came to the sockets, which stayed open for ever.
/// Rules: CP49
#[test]
fn a_packet_that_panics_as_it_is_dropped_leaves_no_socket_open() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a panic that belongs to the test");
        }
    }
    for at_a_time in [false, true] {
        for port in ports(1) as Vec<CompletionPort<(), Vec<u8>, Panics>> {
            let (mut peer, stream) = associated(&port, ());
            stream.receive(Vec::with_capacity(8));
            match at_a_time {
                false => port.post(Panics),
                true => port.post_at(Panics, Instant::now() + DEADLINE),
            }
            let dropped = panic::catch_unwind(AssertUnwindSafe(|| drop(port)));
            assert!(dropped.is_err(), "the panic is the program's");
            assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        }
    }
}

/// The kernel went on with the first connect and took the second for a question about it.
/// Rules: CP37, CP42
#[test]
fn a_connect_after_one_that_was_given_up_reaches_its_own_peer() {
    for given_up_by_deadline in [false, true] {
        for port in ports(1) as Vec<Port> {
            let mut completions = port.completions();
            let (_full, stalled) = stalling();
            let stream = port.associate(unconnected(), 0).unwrap();
            if given_up_by_deadline {
                let deadline = Instant::now() + Duration::from_millis(10);
                stream.clone().by(deadline).connect(stalled);
            } else {
                let id = stream.clone().connect(stalled);
                nothing(&mut completions);
                assert!(stream.cancel(id));
            }
            connected(next(&mut completions)).1.unwrap_err();
            let (listener, address) = listener();
            stream.clone().connect(address);
            match connected(next(&mut completions)).1 {
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    skip("a socket whose connect was cancelled can't be connected any more");
                    continue;
                }
                result => result.unwrap(),
            }
            assert_eq!(stream.peer_addr().unwrap(), address);
            let (mut peer, _) = listener.accept().unwrap();
            stream.clone().receive(Vec::with_capacity(8));
            peer.write_all(b"x").unwrap();
            assert_eq!(received(next(&mut completions)).2.unwrap(), 1);
        }
    }
}

/// Sends that waited always came first, and a program that keeps some waiting never got to
/// what its peer had sent.
/// Rules: CP54
#[test]
fn a_stream_of_sends_does_not_hold_up_the_receive_of_their_socket() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, 0);
        let filled = fill(&stream);
        for _ in 0..3 {
            stream.clone().send(vec![0; 512]);
        }
        stream.receive(Vec::with_capacity(8));
        peer.write_all(b"enough").unwrap();
        peer.read_exact(&mut vec![0; filled]).unwrap();
        let mut sends = 0;
        while let Completion::Send { stream, buffer, .. } = next(&mut completions) {
            assert!(sends < 100, "the receive has its turn");
            sends += 1;
            stream.send(buffer);
        }
    }
}

/// The edge that told of the end had come and gone by the time there was a buffer.
/// Rules: CP8
#[test]
fn the_end_of_a_stream_that_comes_while_its_pool_is_empty_is_received() {
    for port in ports(1) as Vec<CompletionPort<u32, PoolBuffer>> {
        let pool = port.buffer_pool(1, 64).unwrap();
        let mut completions = port.completions();
        let (mut other_peer, other) = associated(&port, 0);
        other.receive_pooled(&pool);
        other_peer.write_all(b"x").unwrap();
        let (_, only_buffer, _) = received(next(&mut completions));
        let (mut peer, stream) = associated(&port, 1);
        stream.receive_pooled(&pool);
        peer.write_all(b"y").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        nothing(&mut completions);
        drop(only_buffer);
        let (stream, buffer, _) = received(next(&mut completions));
        assert_eq!(*buffer, *b"y");
        drop(buffer);
        stream.receive_pooled(&pool);
        assert_eq!(received(next(&mut completions)).2.unwrap(), 0);
    }
}

/// A short datagram was taken for the last one there, and those behind it waited for the next
/// to come.
#[test]
fn datagrams_are_not_received_as_a_stream() {
    let datagrams = || UdpSocket::bind(loopback()).unwrap();
    for port in ports(1) as Vec<Port> {
        let refused = port.associate(datagrams(), 0).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }
    let datagrams = || socket2::Socket::from(datagrams());
    let refused = overlapped::Stream::try_from(datagrams()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    let refused = overlapped::Listener::try_from(datagrams()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    let refused = overlapped::Datagram::try_from(unconnected()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
}

/// The kernel takes the end of what the peer sends for an answer to any question, and the one
/// about room to write was asked again each time.
/// Rules: CP10, CP55
// Windows does not tell how often another thread was woken.
#[cfg(target_os = "linux")]
#[test]
fn a_send_without_room_does_not_spin_when_the_peer_has_ended_its_sending() {
    use std::sync::mpsc;

    use common::port::{pattern, sent, switches, thread_id};

    for port in &(ports(1) as Vec<Port>) {
        let (mut peer, stream) = associated(port, 0);
        let filled = fill(&stream);
        peer.shutdown(Shutdown::Write).unwrap();
        stream.clone().receive(Vec::with_capacity(8));
        stream.send(pattern(1 << 20));
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let (id_sender, id) = mpsc::channel();
            let waits = scope.spawn(move || {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                assert_eq!(received(next(&mut completions)).2.unwrap(), 0);
                assert_eq!(sent(next(&mut completions)).2.unwrap(), 1 << 20);
            });
            let id = id.recv_timeout(DEADLINE).unwrap();
            wait_until_asleep(id);
            let before = switches(id);
            thread::sleep(Duration::from_millis(20));
            assert_eq!(switches(id), before, "it sleeps on");
            peer.read_exact(&mut vec![0; filled + (1 << 20)]).unwrap();
            waits.join().unwrap();
        });
    }
}

/// What a pinned ring was told to end it ended only when its thread waited again.
/// Rules: CP47, CP70
#[test]
fn the_thread_of_a_pinned_port_closes_a_stream_at_once() {
    for port in pinned_ports() as Vec<CompletionPort<u32, PoolBuffer, u32>> {
        let pool = port.buffer_pool(2, 16).unwrap();
        let mut completions = port.completions();
        for closes in [true, false] {
            let (mut peer, stream) = associated(&port, 0);
            stream.clone().receive_pooled(&pool);
            nothing(&mut completions);
            if closes {
                stream.close();
            } else {
                stream.cancel_all();
                drop(received(next(&mut completions)));
                drop(stream);
            }
            ends(&mut peer);
            while completions.next(Some(Duration::ZERO)).unwrap().is_some() {}
        }
    }
}

/// A receive that waited already was taken for none, and what came for it was copied.
/// Rules: CP61, CP65
#[test]
fn what_comes_for_a_receive_is_in_the_pools_memory_though_the_pool_is_short() {
    for port in ports(1) as Vec<CompletionPort<u32, PoolBuffer, u32>> {
        let pool = port.buffer_pool(4, 16).unwrap();
        let mut completions = port.completions();
        let mut take = |stream: Stream<u32, PoolBuffer, u32>, peer: &mut TcpStream| {
            stream.receive_pooled(&pool);
            nothing(&mut completions);
            peer.write_all(b"text").unwrap();
            let (stream, buffer, result) = received(next(&mut completions));
            assert_eq!((result.unwrap(), buffer.capacity()), (4, 16));
            (stream, buffer)
        };
        let (mut first_peer, first) = associated(&port, 0);
        let (mut peer, stream) = associated(&port, 1);
        let (first, one) = take(first, &mut first_peer);
        let (first, two) = take(first, &mut first_peer);
        let (stream, _) = take(stream, &mut peer);
        let (_, three) = take(first, &mut first_peer);
        let (stream, _) = take(stream, &mut peer);
        drop(take(stream, &mut peer));
        drop([one, two, three]);
    }
}
