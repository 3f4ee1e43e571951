//! Memory that has come back from the port is the program's again: nothing writes into it,
//! whatever the peers send.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{self, Write};
use std::mem::{self, MaybeUninit};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};

use common::port::{DEADLINE, associated, next, nothing, ports, received};
use overport::buffer::Buffer;
use overport::completion_port::{CompletionPort, PoolBuffer, Stream};
use overport::error::is_cancelled;

type Port = CompletionPort<(), Recycled>;

const SOCKETS: usize = 2;
const RECEIVES: usize = 3;
const SENDS: usize = 3;
const LENGTH: usize = 4096;

/// What the program writes into memory that has come back to it.
const MARK: u8 = 0xa5;

/// A buffer whose memory goes to a free list, as it is, when the buffer is dropped.
struct Recycled {
    memory: Vec<u8>,
    free: Sender<Vec<u8>>,
}

impl Drop for Recycled {
    fn drop(&mut self) {
        // Nobody takes it any more when the test has failed.
        let _ = self.free.send(mem::take(&mut self.memory));
    }
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: all is left to the vector, which keeps the conditions; its memory is given away only
// when the buffer is dropped.
unsafe impl Buffer for Recycled {
    fn filled(&self) -> &[u8] {
        self.memory.filled()
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.memory.spare()
    }

    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.memory.advance(length) }
    }
}

/// The memory of the buffers of a round.
struct Memory {
    free: Sender<Vec<u8>>,
    freed: Receiver<Vec<u8>>,
}

impl Memory {
    fn new() -> Self {
        let (free, freed) = mpsc::channel();
        Self { free, freed }
    }

    fn buffer(&self) -> Recycled {
        Recycled {
            memory: Vec::with_capacity(LENGTH),
            free: self.free.clone(),
        }
    }

    /// Puts all memory that has come back to another use; it must be of as many buffers.
    fn reuse(&self, count: usize) -> Vec<Vec<u8>> {
        let mut reused: Vec<_> = self.freed.try_iter().collect();
        assert_eq!(reused.len(), count, "every buffer comes back");
        for memory in &mut reused {
            assert_eq!(memory.capacity(), LENGTH);
            memory.clear();
            memory.resize(LENGTH, MARK);
        }
        reused
    }
}

/// A thread that makes a few sends to each of the sockets that it is given, in turn.
struct Peers {
    sockets: Sender<TcpStream>,
    done: Receiver<()>,
}

impl Peers {
    fn spawn<'scope>(scope: &'scope Scope<'scope, '_>) -> Self {
        let (sockets, to_serve) = mpsc::channel::<TcpStream>();
        let (done_sender, done) = mpsc::channel();
        scope.spawn(move || {
            for mut socket in to_serve {
                // The other end may be closed, and may not be read from any more.
                socket.set_nonblocking(true).unwrap();
                for _ in 0..SENDS {
                    let _ = socket.write(&[0x5a; LENGTH]);
                }
                let _ = done_sender.send(());
            }
        });
        Self { sockets, done }
    }

    /// Has it send to the socket.
    fn send_to(&self, socket: &TcpStream) {
        self.sockets.send(socket.try_clone().unwrap()).unwrap();
    }

    /// Returns when it has sent to so many sockets.
    fn wait_for(&self, count: usize) {
        for _ in 0..count {
            self.done.recv_timeout(DEADLINE).unwrap();
        }
    }
}

/// The peers, and the sockets with receives under way, which have been waited for once.
fn receiving(port: &Port, memory: &Memory) -> (Vec<TcpStream>, Vec<Stream<(), Recycled>>) {
    let (connections, streams): (Vec<_>, Vec<Stream<(), Recycled>>) =
        (0..SOCKETS).map(|_| associated(port, ())).unzip();
    for stream in &streams {
        for _ in 0..RECEIVES {
            stream.clone().receive(memory.buffer());
        }
    }
    nothing(&mut port.completions());
    (connections, streams)
}

/// Has the receives come back while their peers send, and sees that the memory does not change
/// when they send more.
#[track_caller]
fn assert_no_late_write(
    peers: &Peers,
    connections: &[TcpStream],
    memory: &Memory,
    take_back: impl FnOnce(),
) {
    connections.iter().for_each(|peer| peers.send_to(peer));
    take_back();
    let reused = memory.reuse(SOCKETS * RECEIVES);
    connections.iter().for_each(|peer| peers.send_to(peer));
    peers.wait_for(2 * SOCKETS);
    for memory in reused {
        assert!(
            memory == [MARK; LENGTH],
            "memory changed after it came back"
        );
    }
}

/// Claims the packets of all receives, which succeed or end as they should.
fn claim_all(port: &Port, ends_well: impl Fn(&io::Error) -> bool) {
    let mut completions = port.completions();
    for _ in 0..SOCKETS * RECEIVES {
        let (_, buffer, result) = received(next(&mut completions));
        match result {
            Ok(length) => assert_eq!(length, buffer.filled().len()),
            Err(error) => assert!(ends_well(&error), "{error}"),
        }
    }
}

fn close_while_another_claims(port: &Port) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut completions = port.completions();
            while completions.next(None).unwrap().is_some() {}
        });
        port.close();
    });
}

/// Rules: CP48, CP49
#[test]
fn memory_of_receives_does_not_change_after_the_end_of_their_port() {
    const ROUNDS: usize = 1000;
    thread::scope(|scope| {
        let peers = Peers::spawn(scope);
        for round in 0..ROUNDS {
            for port in ports(1) as Vec<Port> {
                let memory = Memory::new();
                let (connections, streams) = receiving(&port, &memory);
                assert_no_late_write(&peers, &connections, &memory, || match round % 3 {
                    0 => drop(port),
                    1 => drop((streams, port)),
                    _ => close_while_another_claims(&port),
                });
            }
        }
    });
}

/// Rules: CP4, CP42, CP45
#[test]
fn memory_of_receives_does_not_change_after_their_cancel() {
    assert_no_late_write_after(|port, streams| {
        for stream in streams {
            stream.cancel_all();
        }
        claim_all(port, is_cancelled);
    });
}

/// Rules: CP4, CP46
#[test]
fn memory_of_receives_does_not_change_after_the_close_of_their_socket() {
    assert_no_late_write_after(|port, streams| {
        streams.iter().for_each(Stream::close);
        claim_all(port, |error| {
            error.kind() == io::ErrorKind::ConnectionAborted
        });
    });
}

/// Ends receives that are under way in some way, 300 times.
#[track_caller]
fn assert_no_late_write_after(end: impl Fn(&Port, &[Stream<(), Recycled>])) {
    const ROUNDS: usize = 300;
    thread::scope(|scope| {
        let peers = Peers::spawn(scope);
        for _ in 0..ROUNDS {
            for port in ports(1) as Vec<Port> {
                let memory = Memory::new();
                let (connections, streams) = receiving(&port, &memory);
                assert_no_late_write(&peers, &connections, &memory, || end(&port, &streams));
            }
        }
    });
}

/// Rules: CP48, CP49
#[test]
fn buffers_of_a_pool_that_the_program_holds_do_not_change_after_the_end_of_their_port() {
    const ROUNDS: usize = 300;
    thread::scope(|scope| {
        let peers = Peers::spawn(scope);
        for round in 0..ROUNDS {
            for port in ports(1) as Vec<CompletionPort<(), PoolBuffer>> {
                let pool = port.buffer_pool(2 * SOCKETS, LENGTH).unwrap();
                let (connections, streams): (Vec<_>, Vec<Stream<(), PoolBuffer>>) =
                    (0..SOCKETS).map(|_| associated(&port, ())).unzip();
                let receive = || {
                    for stream in &streams {
                        stream.clone().receive_pooled(&pool);
                    }
                };
                let send = || connections.iter().for_each(|peer| peers.send_to(peer));
                receive();
                send();
                let mut completions = port.completions();
                let held: Vec<_> = (0..SOCKETS)
                    .map(|_| {
                        let (_, mut buffer, result) = received(next(&mut completions));
                        result.unwrap();
                        buffer.fill(MARK);
                        buffer
                    })
                    .collect();
                receive();
                send();
                drop(completions);
                match round % 2 {
                    0 => drop((pool, streams, port)),
                    _ => port.close(),
                }
                send();
                peers.wait_for(3 * SOCKETS);
                for buffer in held {
                    assert!(!buffer.is_empty() && buffer.iter().all(|&byte| byte == MARK));
                }
            }
        }
    });
}
