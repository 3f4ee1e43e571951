//! The completion port: operations are begun, and their completions are handled by whichever
//! thread asks the port next.
//!
//! A client's handle goes into each operation and comes back with its completion, and so
//! does its buffer; the account of the client is the key of its socket. An operation that
//! is done at once needs no packet. As many threads run as there are processors, or as
//! `--concurrency` has it. For handlers that block more of them wait: eight with `--stall-ms`,
//! or as `--threads` has it. There is no limit to meet.
//!
//! The port rests on io_uring where that works, and on epoll elsewhere ([`backend`]); what is done
//! here is the same on both.

mod backend;
mod setup;

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use overport::Socket;
use overport::buffer::{Buffer, Either};
use overport::completion_port::{self as port, BufferPool, PoolBuffer};
use overport::error::is_cancelled;
use slab::Slab;

pub(crate) use self::backend::{NoPort, RestsOn, rests_on};
pub(super) use self::setup::{Opened, Setup};
use super::backoff::Backoff;
use super::server::Server;
use super::session::{Departure, Session};
use super::threads;
use crate::sys::receiving::{self, Receiving};

type CompletionPort = port::CompletionPort<Key, Bytes>;
type Completion = port::Completion<Key, Bytes>;
type Listener = port::Listener<Key, Bytes>;
type Stream = port::Stream<Key, Bytes>;

/// A message, in a buffer of the pool as it came, or in memory of its own.
type Bytes = Either<PoolBuffer, Vec<u8>>;

/// What belongs to each socket: to the listener nothing.
type Key = Option<Client>;

struct Client {
    session: Session,
    /// Where it is among the clients.
    place: usize,
    /// For receives to be cancelled by themselves.
    receiving: Receiving,
}

struct Serving {
    server: Arc<Server>,
    port: CompletionPort,
    pool: BufferPool,
    /// To end their streams when the server is stopped.
    clients: Mutex<Slab<Stream>>,
    backoff: Mutex<Backoff>,
}

pub(super) fn serve(server: &Arc<Server>, listener: Socket, opened: Opened) -> io::Result<()> {
    server.log.event(format_args!("{opened}"));
    let Opened { port, threads, .. } = opened;
    let pool = port.buffer_pool(buffers(server.buffer_size()), server.buffer_size())?;
    let listener = port.listen(TcpListener::try_from(listener)?, None)?;
    let serving = Arc::new(Serving {
        server: Arc::clone(server),
        port,
        pool,
        clients: Mutex::default(),
        backoff: Mutex::default(),
    });
    serving.accept(listener.clone());
    let stopping = Arc::clone(&serving);
    let _registration = server.stop.on_stop(move || {
        listener.close();
        stopping.finish();
    });

    threads::run(
        "port",
        threads,
        || serving.handle_completions(),
        || serving.port.close(),
    )
}

/// How many buffers of `size` bytes the clients share.
fn buffers(size: usize) -> usize {
    (POOL_BYTES / size).clamp(BUFFERS_MIN, BUFFERS_MAX)
}

const POOL_BYTES: usize = 4 << 20;
const BUFFERS_MIN: usize = 16;
const BUFFERS_MAX: usize = 4096;

impl Serving {
    fn handle_completions(&self) -> io::Result<()> {
        let log = &self.server.log;
        let mut completions = self.port.completions();
        loop {
            log.step(format_args!("waits at the port"));
            let Some(packet) = completions.next(None)? else {
                return Ok(());
            };
            let mut next = self.handle(packet, "packet");
            while let Some(completion) = next {
                next = self.handle(completion, "at once");
            }
        }
    }

    /// Handles a completion, and begins what follows. If that is done at once its completion
    /// comes back, and no packet does.
    fn handle(&self, completion: Completion, how: &str) -> Option<Completion> {
        match completion {
            Completion::Accept { listener, result } => self.accepted(listener, result),
            Completion::Receive {
                stream,
                buffer,
                result: Ok(length @ 1..),
            } => {
                let session = session(&stream);
                session.step(format_args!("{how}: recv: {length} bytes"));
                let message = buffer.filled();
                session.received(message);
                self.handle_message(session, message);
                session.step(format_args!("send begins: {length} bytes"));
                client(&stream).receiving.ended();
                return timed(stream).send_now(self.to_send(buffer));
            }
            Completion::Send {
                stream,
                buffer,
                result: Ok(length),
            } => {
                let session = session(&stream);
                session.step(format_args!("{how}: send: {length} bytes"));
                session.sent(length);
                drop(buffer);
                session.step(format_args!("recv begins"));
                return receive(stream, |stream| stream.receive_pooled_now(&self.pool));
            }
            Completion::Receive { stream, result, .. } => self.leave(stream, how, "recv", result),
            Completion::Send { stream, result, .. } => self.leave(stream, how, "send", result),
            _ => {}
        }
        None
    }

    /// If the handler is to block the port is told, and another thread runs meanwhile; unless the
    /// port is to find that out.
    fn handle_message(&self, session: &Session, message: &[u8]) {
        match session.stall(message) {
            Some(_) if !self.server.args.untold => {
                self.port.blocking(|| session.handle(message));
            }
            _ => session.handle(message),
        }
    }

    /// The message as it came, while there are plenty of buffers. Clients that do not read keep
    /// theirs for as long as they please, and must not keep those of the others.
    fn to_send(&self, message: Bytes) -> Bytes {
        match message {
            Either::Left(buffer) if self.pool.in_use() > self.pool.count() / 2 => {
                Either::Right(buffer.to_vec())
            }
            message => message,
        }
    }

    fn accept(&self, listener: Listener) {
        self.server.log.step(format_args!("accept begins"));
        listener.accept();
    }

    fn accepted(&self, listener: Listener, result: io::Result<(TcpStream, SocketAddr)>) {
        let log = &self.server.log;
        match result {
            Ok((socket, peer)) => {
                self.backoff().succeeded(log);
                log.step(format_args!("packet: accept: {peer}"));
                self.accept(listener);
                if let Err(error) = self.welcome(socket, peer) {
                    self.server.refuse(peer, error);
                }
            }
            Err(_) if self.server.stop.is_stopping() => {}
            Err(error) => {
                self.backoff().failed(Instant::now(), &error, log);
                // The port makes the listener rest, so this does not spin.
                self.accept(listener);
            }
        }
    }

    fn welcome(&self, socket: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let Some(account) = self.server.admit(peer) else {
            return Ok(());
        };
        let stream = self.enter(socket, account)?;
        if self.server.stop.is_stopping() {
            finish(&stream);
        }
        session(&stream).step(format_args!("recv begins"));
        receive(stream, |stream| stream.receive_pooled(&self.pool));
        Ok(())
    }

    /// Puts a client among the others.
    fn enter(&self, socket: TcpStream, account: Session) -> io::Result<Stream> {
        let mut clients = self.clients();
        let entry = clients.vacant_entry();
        let client = Client {
            session: account,
            place: entry.key(),
            receiving: Receiving::new(),
        };
        let stream = self.port.associate(socket, Some(client))?;
        entry.insert(stream.clone());
        Ok(stream)
    }

    /// Lets a client go: with its last handle its socket is closed.
    fn leave(&self, stream: Stream, how: &str, call: &str, result: io::Result<usize>) {
        let Client { session, place, .. } = client(&stream);
        match &result {
            Ok(length) => session.step(format_args!("{how}: {call}: {length} bytes")),
            Err(error) => session.step(format_args!("{how}: {call}: {error}")),
        }
        session.leave(match result {
            Ok(_) => Departure::Ended,
            Err(error) if is_cancelled(&error) && session.is_drained() => Departure::Ended,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Departure::Idle,
            Err(error) => error.into(),
        });
        let other_handle = self.clients().remove(*place);
        drop(other_handle);
        drop(stream);
        self.close_if_done();
    }

    /// Ends the clients' streams behind what has come already.
    fn finish(&self) {
        self.clients().iter().for_each(|(_, stream)| finish(stream));
        self.close_if_done();
    }

    fn close_if_done(&self) {
        if self.server.stop.is_stopping() && self.clients().is_empty() {
            self.port.close();
        }
    }

    fn backoff(&self) -> MutexGuard<'_, Backoff> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clients(&self) -> MutexGuard<'_, Slab<Stream>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn session(stream: &Stream) -> &Session {
    &client(stream).session
}

fn client(stream: &Stream) -> &Client {
    stream.key().as_ref().expect("every stream is a client's")
}

/// The handle for an operation that ends when the client has been idle for too long.
fn timed(stream: Stream) -> Stream {
    match session(&stream).idle_deadline() {
        Some(deadline) => stream.by(deadline),
        None => stream,
    }
}

/// Begins to receive; at a client that is drained only what has come already.
fn receive<T>(stream: Stream, begin: impl FnOnce(Stream) -> T) -> T {
    if receiving::ENDS_BY_SHUTDOWN {
        return begin(timed(stream));
    }
    let handle = stream.clone();
    let client = client(&handle);
    client.receiving.begin(|| {
        let begun = begin(timed(stream));
        if client.session.is_drained() {
            handle.cancel_all();
        }
        begun
    })
}

/// Ends a client's stream behind what has come already.
fn finish(stream: &Stream) {
    if receiving::ENDS_BY_SHUTDOWN {
        // After a reset the stream has ended anyhow.
        let _ = stream.shutdown(Shutdown::Read);
        return;
    }
    client(stream).receiving.cancel(|| {
        stream.cancel_all();
    });
}

// Linux only: elsewhere it also has to be known whether a client receives.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// With what the port itself has for it, and a handle in the table of clients, an idle client
    /// is to take 512 bytes at most.
    #[test]
    fn an_idle_client_takes_few_bytes() {
        assert!(size_of::<Key>() <= 80, "{}", size_of::<Key>());
        assert!(size_of::<Stream>() <= 24, "{}", size_of::<Stream>());
    }
}
