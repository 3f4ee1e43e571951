//! An echo server on mio, in a loop by hand on one thread: edge-triggered, one buffer for all
//! connections, TCP_NODELAY. A connection holds memory only while its client does not read.

use std::io::{self, ErrorKind, Read, Write};

use clap::Parser;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};
use peers::Options;
use slab::Slab;

const LISTENER: Token = Token(usize::MAX);

/// Echo on mio until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

struct Connection {
    stream: TcpStream,
    /// What the socket did not take. Nothing is read until it did.
    unsent: Vec<u8>,
}

fn main() -> anyhow::Result<()> {
    let options = Args::parse().options;
    let listener = options.listener()?;
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut connections = Slab::new();
    let mut buffer = vec![0; options.buffer_size()];
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, poll.registry(), &mut connections)?;
                continue;
            }
            // An event may still be there of a connection that this batch has closed.
            let Some(connection) = connections.get_mut(event.token().0) else {
                continue;
            };
            let open = connection.go_on(event, poll.registry(), &mut buffer, options);
            // A connection's error is the client's business, and ends it.
            if !open.unwrap_or(false) {
                connections.remove(event.token().0);
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    registry: &Registry,
    connections: &mut Slab<Connection>,
) -> io::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        let entry = connections.vacant_entry();
        let token = Token(entry.key());
        stream.set_nodelay(true)?;
        registry.register(&mut stream, token, Interest::READABLE)?;
        let unsent = Vec::new();
        entry.insert(Connection { stream, unsent });
    }
}

impl Connection {
    /// Sends what is unsent, then reads and echoes what there is. False when the client has
    /// finished.
    fn go_on(
        &mut self,
        event: &Event,
        registry: &Registry,
        buffer: &mut [u8],
        options: Options,
    ) -> io::Result<bool> {
        if !self.unsent.is_empty() {
            let sent = send(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..sent);
            if !self.unsent.is_empty() {
                return Ok(true);
            }
            self.unsent = Vec::new();
            registry.reregister(&mut self.stream, event.token(), Interest::READABLE)?;
        }
        loop {
            let length = match self.stream.read(buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            };
            options.handle(&buffer[..length]);
            let sent = send(&mut self.stream, &buffer[..length])?;
            if sent < length {
                self.unsent.extend_from_slice(&buffer[sent..length]);
                registry.reregister(&mut self.stream, event.token(), Interest::WRITABLE)?;
                return Ok(true);
            }
            // What comes after a short read is told by a new event; but an end that this event
            // told already is not told again.
            if length < buffer.len() && !event.is_read_closed() {
                return Ok(true);
            }
        }
    }
}

/// Sends as much as the socket takes, and returns how much that was.
fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match stream.write(bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}
