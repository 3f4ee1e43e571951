//! The echo: one thread, edge-triggered, so that its cost is small and steady.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::fault::Fault;
use crate::work::Work;

const BUFFER_SIZE: usize = 4096;
const LISTENER: Token = Token(0);

/// A server that listens.
pub(crate) struct Server {
    poll: Poll,
    listener: TcpListener,
    connections: HashMap<Token, Connection>,
    /// The last token that a connection was given.
    last: Token,
    handler: Handler,
}

/// What is done with what was received.
struct Handler {
    buffer: Box<[u8]>,
    fault: Fault,
    work: Work,
}

struct Connection {
    stream: TcpStream,
    /// What the socket did not take yet. Nothing is read until it did.
    unsent: Vec<u8>,
}

impl Server {
    pub(crate) fn new(listener: net::TcpListener, fault: Fault, work: Work) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new()?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            connections: HashMap::new(),
            last: LISTENER,
            handler: Handler {
                buffer: vec![0; BUFFER_SIZE].into(),
                fault,
                work,
            },
        })
    }

    /// Serves until a signal ends the process.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &events {
                if event.token() == LISTENER {
                    self.accept()?;
                } else {
                    self.serve(event.token());
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if self.handler.fault.refuses() {
                continue;
            }
            self.last = Token(self.last.0 + 1);
            stream.set_nodelay(true)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll
                .registry()
                .register(&mut stream, self.last, interest)?;
            let unsent = Vec::with_capacity(BUFFER_SIZE + 1);
            self.connections
                .insert(self.last, Connection { stream, unsent });
        }
    }

    fn serve(&mut self, token: Token) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        // A connection's error is the client's business, and ends it.
        if !connection.echo(&mut self.handler).unwrap_or(false) {
            self.connections.remove(&token);
        }
    }
}

impl Connection {
    /// Echoes what there is, as far as the socket takes it. False when the client has finished,
    /// or is refused.
    fn echo(&mut self, handler: &mut Handler) -> io::Result<bool> {
        loop {
            while !self.unsent.is_empty() {
                let Some(sent) = unless_blocked(self.stream.write(&self.unsent))? else {
                    return Ok(true);
                };
                self.unsent.drain(..sent);
            }
            if handler.fault.refuses() {
                return Ok(false);
            }
            match unless_blocked(self.stream.read(&mut handler.buffer))? {
                None => return Ok(true),
                Some(0) => return Ok(false),
                Some(length) => self.unsent.extend_from_slice(&handler.buffer[..length]),
            }
            handler.work.run();
            handler.fault.spoil(&mut self.unsent);
        }
    }
}

/// None when the call would block.
fn unless_blocked(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some),
    }
}
