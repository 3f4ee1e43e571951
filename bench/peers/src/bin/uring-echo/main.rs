//! An echo server on a bare io_uring, in a loop by hand on one thread, for what the kernel's
//! part of a message costs at the least: multishot accept and receive, a ring of buffers that
//! all connections share and that the answer is sent from, and one call to the kernel that
//! submits a batch of sends and waits for the next receives. On several threads that is
//! several servers at one address.
#![allow(unsafe_code)] // What the kernel reads and writes; each place says why it may.

mod buffers;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};

use clap::Parser;
use io_uring::squeue::Entry;
use io_uring::types::Fd;
use io_uring::{IoUring, cqueue, opcode};
use peers::{Options, Threads};
use slab::Slab;

use crate::buffers::{Buffers, GROUP};

/// Bytes that wait for their client to read before nothing more is received from it.
const WAITING_MAX: usize = 64 << 10;

// The operations, in the upper half of the user data; the lower half is the connection's key.
const ACCEPT: u64 = 0;
const RECEIVE: u64 = 1 << 32;
const SEND: u64 = 2 << 32;
const CANCEL: u64 = 3 << 32;
const OPERATION: u64 = !0 << 32;

/// Echo on a bare io_uring until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    threads: Threads,
}

struct Server {
    options: Options,
    listener: TcpListener,
    ring: IoUring,
    buffers: Buffers,
    connections: Slab<Connection>,
    /// Connections whose receive ended for want of a buffer.
    starved: VecDeque<usize>,
}

/// The socket stays open until neither operation is with the kernel.
struct Connection {
    stream: TcpStream,
    receive: Receiving,
    send: Sending,
    /// What is sent when the buffer was not taken whole, or when `waiting` has its turn.
    bytes: Vec<u8>,
    /// What was received during a send. The kernel does not know of it.
    waiting: Vec<u8>,
    /// A send failed: what is received is of no use.
    broken: bool,
}

#[derive(PartialEq)]
enum Receiving {
    Armed,
    /// To be armed when buffers come back.
    Starved,
    /// To be armed when the client has read.
    Paused,
    /// Being cancelled, to be paused.
    Pausing,
    Ended,
}

enum Sending {
    Idle,
    /// The buffer `id`, which is tried once, so that no client keeps it from the others.
    Buffer {
        id: u16,
        length: usize,
    },
    /// `bytes` from `sent` on, as soon as the socket takes them.
    Bytes {
        sent: usize,
    },
}

fn main() -> anyhow::Result<()> {
    let Args { options, threads } = Args::parse();
    peers::serve_on_threads(options, threads, run)
}

fn run(options: Options, listener: TcpListener) -> anyhow::Result<()> {
    let ring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(8192)
        .build(2048)?;
    ring.submitter().register_ring_fd()?;
    let server = Server {
        listener,
        buffers: Buffers::new(&ring, options.buffer_size())?,
        connections: Slab::new(),
        starved: VecDeque::new(),
        options,
        ring,
    };
    Ok(server.run()?)
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        self.accept()?;
        let mut completions = Vec::new();
        loop {
            // Nothing announces what a starved connection waits for.
            let count = usize::from(self.starved.is_empty());
            match self.ring.submit_and_wait(count) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            completions.extend(self.ring.completion());
            for completion in completions.drain(..) {
                self.complete(&completion)?;
            }
            self.buffers.publish();
            for _ in 0..self.starved.len().min(self.buffers.available()) {
                let key = self.starved.pop_front();
                self.receive(key.expect("as many as there are"))?;
            }
        }
    }

    fn complete(&mut self, completion: &cqueue::Entry) -> io::Result<()> {
        let key = completion.user_data() as u32 as usize;
        let result = match completion.result() {
            error @ ..0 => Err(io::Error::from_raw_os_error(-error)),
            number => Ok(number as u32),
        };
        let more = cqueue::more(completion.flags());
        match completion.user_data() & OPERATION {
            ACCEPT => self.accepted(result?, more),
            RECEIVE => {
                let buffer = cqueue::buffer_select(completion.flags());
                self.received(key, result, buffer, more)
            }
            SEND => self.sent(key, result),
            // The receive's last completion tells more than its cancellation's.
            _ => Ok(()),
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        let listener = Fd(self.listener.as_raw_fd());
        self.push(opcode::AcceptMulti::new(listener).build().user_data(ACCEPT))
    }

    fn accepted(&mut self, socket: u32, more: bool) -> io::Result<()> {
        // SAFETY: the kernel has just opened the socket, and nobody else knows of it.
        let stream = unsafe { TcpStream::from_raw_fd(socket as i32) };
        // A connection's error is the client's business, and ends it.
        if stream.set_nodelay(true).is_ok() {
            let key = self.connections.insert(Connection {
                stream,
                receive: Receiving::Paused,
                send: Sending::Idle,
                bytes: Vec::new(),
                waiting: Vec::new(),
                broken: false,
            });
            self.receive(key)?;
        }
        if more { Ok(()) } else { self.accept() }
    }

    fn receive(&mut self, key: usize) -> io::Result<()> {
        let connection = &mut self.connections[key];
        connection.receive = Receiving::Armed;
        let socket = Fd(connection.stream.as_raw_fd());
        let receive = opcode::RecvMulti::new(socket, GROUP).build();
        self.push(receive.user_data(RECEIVE | key as u64))
    }

    fn received(
        &mut self,
        key: usize,
        result: io::Result<u32>,
        buffer: Option<u16>,
        more: bool,
    ) -> io::Result<()> {
        let connection = &mut self.connections[key];
        if let Some(id) = buffer {
            self.buffers.taken();
            let length = *result.as_ref().unwrap_or(&0) as usize;
            let chunk = self.buffers.bytes(id, length);
            self.options.handle(chunk);
            if connection.broken || length == 0 {
                self.buffers.give_back(id);
            } else if let Sending::Idle = connection.send {
                connection.send = Sending::Buffer { id, length };
                self.send(key)?;
            } else {
                connection.waiting.extend_from_slice(chunk);
                self.buffers.give_back(id);
            }
        }
        let connection = &mut self.connections[key];
        if more {
            if connection.receive == Receiving::Armed && connection.waiting.len() > WAITING_MAX {
                connection.receive = Receiving::Pausing;
                let receive = opcode::AsyncCancel::new(RECEIVE | key as u64).build();
                return self.push(receive.user_data(CANCEL));
            }
            return Ok(());
        }
        connection.receive = match result {
            Ok(1..) => Receiving::Paused,
            Err(error) if error.raw_os_error() == Some(libc::ECANCELED) => Receiving::Paused,
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => Receiving::Starved,
            Ok(0) | Err(_) => Receiving::Ended,
        };
        if connection.receive == Receiving::Starved {
            self.starved.push_back(key);
        }
        self.go_on(key)
    }

    /// Submits what is to be sent.
    fn send(&mut self, key: usize) -> io::Result<()> {
        let connection = &self.connections[key];
        let socket = Fd(connection.stream.as_raw_fd());
        let (bytes, flags) = match connection.send {
            Sending::Idle => return Ok(()),
            Sending::Buffer { id, length } => (self.buffers.bytes(id, length), libc::MSG_DONTWAIT),
            Sending::Bytes { sent } => (&connection.bytes[sent..], 0),
        };
        let send = opcode::Send::new(socket, bytes.as_ptr(), bytes.len() as u32)
            .flags(flags | libc::MSG_NOSIGNAL)
            .build();
        self.push(send.user_data(SEND | key as u64))
    }

    fn sent(&mut self, key: usize, result: io::Result<u32>) -> io::Result<()> {
        let connection = &mut self.connections[key];
        let result = match result {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            result => result,
        };
        let mut sent = *result.as_ref().unwrap_or(&0) as usize;
        match connection.send {
            Sending::Idle => {}
            Sending::Buffer { id, length } => {
                let rest = &self.buffers.bytes(id, length)[sent..];
                connection.bytes.extend_from_slice(rest);
                self.buffers.give_back(id);
                sent = 0;
            }
            Sending::Bytes { sent: before } => sent += before,
        }
        if result.is_err() {
            // The receive, if it is armed, ends as well.
            connection.broken = true;
            connection.bytes.clear();
            connection.waiting.clear();
            let _ = connection.stream.shutdown(Shutdown::Both);
        }
        if sent >= connection.bytes.len() {
            sent = 0;
            connection.bytes.clear();
            mem::swap(&mut connection.bytes, &mut connection.waiting);
        }
        if connection.bytes.is_empty() {
            connection.send = Sending::Idle;
            self.go_on(key)
        } else {
            connection.send = Sending::Bytes { sent };
            self.send(key)
        }
    }

    /// Receives again, or ends the connection, if that is what comes next.
    fn go_on(&mut self, key: usize) -> io::Result<()> {
        let connection = &self.connections[key];
        match (&connection.receive, &connection.send) {
            (Receiving::Ended, Sending::Idle) => drop(self.connections.remove(key)),
            (Receiving::Paused, _) if connection.waiting.len() <= WAITING_MAX => {
                self.receive(key)?
            }
            _ => {}
        }
        Ok(())
    }

    /// Queues an operation, to be submitted with the next wait or when the queue is full.
    fn push(&mut self, operation: Entry) -> io::Result<()> {
        // SAFETY: the sockets, the buffers and the bytes that an operation names stay where they
        // are until it has completed: see `Connection`, `Sending` and `Buffers`.
        while unsafe { self.ring.submission().push(&operation) }.is_err() {
            self.ring.submit()?;
        }
        Ok(())
    }
}
