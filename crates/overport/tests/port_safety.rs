//! What safe code may do to the completion port at any moment.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, Tagged, associated, fill, listener, next, nothing, pair, ports, posted, received,
    sent,
};
use overport::completion_port::{Completion, CompletionPort, Stream};

/// What is dropped under no lock: its drop uses the port and the stream as the program may.
struct Guest {
    host: Arc<Host>,
}

/// The port that the guests' drops call, for as long as it is there, and their count.
#[derive(Default)]
struct Host {
    alive: AtomicUsize,
    dropped: AtomicUsize,
    port: Mutex<Option<GuestPort>>,
    stream: Mutex<Option<GuestStream>>,
}

type GuestPort = CompletionPort<Guest, GuestBuffer, Guest>;
type GuestStream = Stream<Guest, GuestBuffer, Guest>;

/// A buffer with a guest in it.
type GuestBuffer = Tagged<Guest>;

impl Host {
    fn guest(self: &Arc<Self>) -> Guest {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Guest {
            host: Arc::clone(self),
        }
    }

    fn buffer(self: &Arc<Self>, bytes: &[u8]) -> GuestBuffer {
        let mut room = Vec::with_capacity(16);
        room.extend_from_slice(bytes);
        Tagged {
            bytes: room,
            tag: self.guest(),
        }
    }

    /// Every call that could meet a lock.
    fn call_the_port(&self) {
        let port = self.port.lock().unwrap().clone();
        let stream = self.stream.lock().unwrap().clone();
        let Some(port) = port else { return };
        let _ = port.is_closed();
        if let Some(stream) = stream {
            let _ = stream.local_addr();
            stream.cancel(stream.clone().receive(Self::quiet_buffer()));
            stream.send(Self::quiet_buffer());
        }
        port.blocking(|| ());
        port.post(Self::quiet());
        port.post_at(Self::quiet(), Instant::now());
        let place = port.completions();
        drop(place);
    }

    /// A guest of nobody's, so that guests don't beget guests for ever.
    fn quiet() -> Guest {
        Arc::new(Self::default()).guest()
    }

    fn quiet_buffer() -> GuestBuffer {
        Tagged {
            bytes: vec![b'q'],
            tag: Self::quiet(),
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.host.call_the_port();
        self.host.alive.fetch_sub(1, Ordering::SeqCst);
        self.host.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// Fails instead of hanging if the code meets a lock that its thread holds.
fn without_a_deadlock(code: impl FnOnce() + Send) {
    let (sender, ended) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            code();
            sender.send(()).unwrap();
        });
        if ended.recv_timeout(common::port::DEADLINE).is_err() && !thread.is_finished() {
            eprintln!("a drop of the program's waits for a lock that is held over it");
            std::process::abort();
        }
    });
}

/// Rules: CP51
#[test]
fn drops_of_keys_buffers_and_packets_may_call_the_port() {
    without_a_deadlock(|| {
        for port in ports::<Guest, GuestBuffer, Guest>(1) {
            let host = Arc::new(Host::default());
            let (mut peer, stream) = associated(&port, host.guest());
            *host.port.lock().unwrap() = Some(port.clone());
            *host.stream.lock().unwrap() = Some(stream.clone());
            let mut completions = port.completions();

            // Completions that are dropped by their handler.
            port.post(host.guest());
            stream.clone().send(host.buffer(b"x"));
            stream.clone().receive(host.buffer(b""));
            peer.write_all(b"y").unwrap();
            for _ in 0..3 {
                drop(next(&mut completions));
            }
            while completions.next(Some(Duration::ZERO)).unwrap().is_some() {}

            // What is cancelled, expires, or is submitted to a closed socket.
            stream.clone().receive(host.buffer(b""));
            stream.cancel_all();
            stream.clone().by(Instant::now()).receive(host.buffer(b""));
            stream.clone().receive_vectored(vec![host.buffer(b"")]);
            stream.close();
            stream.clone().receive(host.buffer(b""));
            while completions.next(Some(Duration::ZERO)).unwrap().is_some() {}

            // A key, with its last handle.
            let (_peer, other) = associated(&port, host.guest());
            drop(other);
            let refused = port.listen(listener().0, host.guest()).unwrap();
            drop(refused);
            host.port.lock().unwrap().take();
            host.stream.lock().unwrap().take();
        }
    });
}

/// Rules: CP49, CP50, CP51
#[test]
fn the_ports_close_drops_everything_once_and_those_drops_may_call_it() {
    without_a_deadlock(|| {
        for port in ports::<Guest, GuestBuffer, Guest>(1) {
            let host = Arc::new(Host::default());
            let (mut peer, stream) = associated(&port, host.guest());
            *host.port.lock().unwrap() = Some(port.clone());
            fill(&stream);
            // Under way, queued, to fall due, and a socket that nobody has claimed.
            stream.clone().receive(host.buffer(b""));
            stream
                .clone()
                .receive_vectored(vec![host.buffer(b""), host.buffer(b"")]);
            stream.clone().send(host.buffer(b"x"));
            stream.clone().send_vectored(vec![host.buffer(b"x")]);
            port.post(host.guest());
            port.post_at(host.guest(), Instant::now() + Duration::from_secs(1000));
            stream.cancel_all();
            stream.clone().receive(host.buffer(b""));
            peer.write_all(b"y").unwrap();
            let before = host.alive.load(Ordering::SeqCst);
            port.close();
            // After it.
            port.post(host.guest());
            port.post_at(host.guest(), Instant::now());
            stream.clone().receive(host.buffer(b""));
            stream.clone().send(host.buffer(b"x"));
            drop(port.associate(pair().1, host.guest()));
            assert_eq!(host.alive.load(Ordering::SeqCst), 1, "of {before}");
            drop(stream);
            assert_eq!(host.alive.load(Ordering::SeqCst), 0);
            assert_eq!(host.dropped.load(Ordering::SeqCst), before + 5);
            host.port.lock().unwrap().take();
        }
    });
}

/// Rules: CP49
#[test]
fn a_port_and_its_sockets_are_gone_when_all_handles_are() {
    for port in ports::<Arc<()>, Vec<u8>, Arc<()>>(1) {
        let witness = Arc::new(());
        let seen = Arc::downgrade(&witness);
        let mut peers = Vec::new();
        for _ in 0..3 {
            let (peer, stream) = associated(&port, Arc::clone(&witness));
            stream.clone().receive(Vec::with_capacity(8));
            stream.send(b"x".to_vec());
            peers.push(peer);
        }
        port.post(Arc::clone(&witness));
        port.post_at(witness, Instant::now() + Duration::from_secs(1000));
        assert!(seen.upgrade().is_some());
        drop(port);
        assert!(seen.upgrade().is_none());
        for mut peer in peers {
            peer.read_to_end(&mut Vec::new()).unwrap();
        }
    }
}

/// Rules: CP52
#[test]
fn forgotten_completions_and_handles_keep_nothing_else_from_going_on() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        std::mem::forget(stream.clone());
        stream.clone().receive(Vec::with_capacity(8));
        peer.write_all(b"x").unwrap();
        std::mem::forget(next(&mut completions));
        stream.clone().receive(Vec::with_capacity(8));
        peer.write_all(b"y").unwrap();
        assert_eq!(received(next(&mut completions)).1, b"y");
        stream.send(b"z".to_vec());
        peer.read_exact(&mut [0]).unwrap();
        std::mem::forget(completions);
        // The forgotten place had a packet; its thread asks again from another place.
        let mut completions = port.completions();
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 1);
        nothing(&mut completions);
    }
}

/// Rules: CP52
#[test]
fn a_place_may_be_given_up_while_its_thread_blocks() {
    for port in ports::<(), Vec<u8>, u32>(1) {
        let mut completions = port.completions();
        port.post(1);
        assert_eq!(posted(next(&mut completions)), 1);
        port.blocking(|| drop(completions));
        let mut completions = port.completions();
        port.post(2);
        assert_eq!(posted(next(&mut completions)), 2);
        port.blocking(|| {
            port.post(3);
            assert_eq!(posted(next(&mut completions)), 3);
        });
        port.post(4);
        assert_eq!(posted(next(&mut completions)), 4);
    }
}

/// Rules: CP52
#[test]
fn handles_and_completions_are_handled_on_any_thread() {
    for port in ports(1) as Vec<CompletionPort> {
        let mut completions = port.completions();
        let (mut peer, stream) = associated(&port, ());
        stream.receive(Vec::with_capacity(8));
        peer.write_all(b"x").unwrap();
        let completion = next(&mut completions);
        let elsewhere = thread::spawn(move || match completion {
            Completion::Receive { stream, buffer, .. } => stream.send(buffer),
            other => panic!("{other:?}"),
        });
        elsewhere.join().unwrap();
        assert_eq!(sent(next(&mut completions)).2.unwrap(), 1);
    }
}

/// Rules: CP48, CP52
#[test]
fn the_last_handle_of_a_port_may_go_with_one_of_its_own_packets() {
    struct Packet(
        #[expect(dead_code, reason = "it is there to be dropped")]
        CompletionPort<(), Vec<u8>, Self>,
    );
    without_a_deadlock(|| {
        for port in ports::<(), Vec<u8>, Packet>(1) {
            let (mut peer, stream) = associated(&port, ());
            let mut completions = port.completions();
            port.post(Packet(port.clone()));
            let last = posted(next(&mut completions));
            drop(completions);
            drop(port);
            stream.local_addr().unwrap();
            drop(last);
            assert!(stream.local_addr().is_err());
            assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        }
    });
}

/// Rules: CP1
#[test]
fn a_socket_belongs_to_one_port_once() {
    for port in ports::<u32, Vec<u8>, ()>(1) {
        let mut completions = port.completions();
        // Many sockets that come and go get the same descriptors and places again; none
        // gets what belongs to another.
        for round in 0..200 {
            let (mut peer, stream) = associated(&port, round);
            stream.clone().receive(Vec::with_capacity(8));
            peer.write_all(&round.to_be_bytes()).unwrap();
            let (stream, buffer, _) = received(next(&mut completions));
            assert_eq!(
                (*stream.key(), buffer),
                (round, round.to_be_bytes().to_vec())
            );
            if round % 2 == 0 {
                stream.close();
            }
        }
        nothing(&mut completions);
    }
}

/// Rules: CP28, CP52
#[test]
fn places_that_are_taken_and_given_up_at_random_leave_the_port_in_order() {
    for port in ports::<(), Vec<u8>, u32>(1) {
        const PACKETS: u32 = 600;
        let handled = AtomicUsize::new(0);
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            for seed in 1..5_u32 {
                let (port, handled) = (&port, &handled);
                scope.spawn(move || {
                    let mut state = seed;
                    while !port.is_closed() {
                        let mut completions = port.completions();
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let timeout = Duration::from_micros(u64::from(state >> 20) / 8);
                        for _ in 0..state >> 30 {
                            match completions.next(Some(timeout)).unwrap() {
                                Some(_) => handled.fetch_add(1, Ordering::SeqCst),
                                None => break,
                            };
                            match state >> 28 & 3 {
                                0 => port.blocking(thread::yield_now),
                                1 => thread::yield_now(),
                                _ => {}
                            }
                        }
                    }
                });
            }
            for number in 0..PACKETS {
                port.post(number);
                if number % 50 == 0 {
                    thread::yield_now();
                }
            }
            common::port::wait_until("all packets are handled", || {
                handled.load(Ordering::SeqCst) == PACKETS as usize
            });
        });
    }
}
