//! Who performs the operations: a completion port of the library's own, for all sockets of
//! the process, and one thread at it. The thread is started when the first socket is
//! associated, and stays.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::mem;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use socket2::Type;

use super::buffers::Lent;
use crate::completion_port::{self, Completion, CompletionPort, OperationId, Request};

type Port = CompletionPort<Key, Lent, Infallible>;

/// A socket at the port. What kind of socket it is makes no difference there.
pub(super) type PortHandle = completion_port::Stream<Key, Lent, Infallible>;

/// What is to be done when an operation has ended. Runs on the engine's thread, under no
/// lock, unless it is dropped with its operation.
pub(super) type Finish = Box<dyn FnOnce(Ended) + Send>;

/// How an operation ended, and the buffers that were lent to it.
pub(super) struct Ended {
    pub(super) result: io::Result<Answer>,
    pub(super) buffers: Vec<Lent>,
}

/// What an operation that succeeded brought.
pub(super) enum Answer {
    Done,
    Bytes(usize),
    Datagram(usize, SocketAddr),
    Accepted(PortHandle, SocketAddr),
}

/// What is known of a socket beside its operations at the port.
pub(super) struct Key {
    /// The mode of calls without an overlapped; to the kernel the socket is non-blocking.
    nonblocking: AtomicBool,
    /// What to do at the end of each operation under way.
    finishes: Mutex<HashMap<OperationId, Finish>>,
}

impl Key {
    pub(super) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) {
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
    }

    /// What is to be done at the end of an operation, which has come.
    fn finish_of(&self, operation: Option<OperationId>) -> Option<Finish> {
        self.lock().remove(&operation?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OperationId, Finish>> {
        self.finishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has a socket's operations performed from now on, if it is of the kind.
pub(super) fn associate(socket: socket2::Socket, kind: Type) -> io::Result<PortHandle> {
    if socket.r#type()? != kind {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let nonblocking = socket.nonblocking()?;
    associate_in_mode(socket, nonblocking)
}

fn associate_in_mode(socket: socket2::Socket, nonblocking: bool) -> io::Result<PortHandle> {
    socket.set_nonblocking(true)?;
    let key = Key {
        nonblocking: AtomicBool::new(nonblocking),
        finishes: Mutex::default(),
    };
    port()?.associate_any(socket, key)
}

/// Starts an operation; `finish` is called when it has ended.
pub(super) fn start(
    handle: &PortHandle,
    request: Request<Lent>,
    deadline: Option<Instant>,
    finish: Finish,
) -> OperationId {
    // Under the lock, since the operation may end before its name is known here.
    let mut finishes = handle.key().lock();
    let submitting = match deadline {
        Some(deadline) => handle.clone().by(deadline),
        None => handle.clone(),
    };
    let operation = submitting.submit(request);
    finishes.insert(operation, finish);
    operation
}

/// Does what can be done without waiting.
pub(super) fn attempt(handle: &PortHandle, request: Request<Lent>) -> Ended {
    take_apart(handle.clone().attempt(request)).1
}

fn port() -> io::Result<Port> {
    static PORT: Mutex<Option<Port>> = Mutex::new(None);
    let mut port = PORT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(port) = &*port {
        return Ok(port.clone());
    }
    let new = Port::new(1)?;
    let served = new.clone();
    thread::Builder::new()
        .name("overlapped".into())
        .spawn(move || serve(&served))?;
    *port = Some(new.clone());
    Ok(new)
}

/// The engine's thread.
fn serve(port: &Port) {
    let mut completions = port.completions();
    loop {
        // Buffers are the program's: what they do, and panic at, must not end the engine.
        let served = catch_unwind(AssertUnwindSafe(|| {
            let completion = completions.next(None);
            completion.map(|completion| completion.map(finish))
        }));
        match served {
            Ok(Ok(Some(()))) => {}
            // A wait has no error to expect, and nobody closes the port.
            Ok(Ok(None) | Err(_)) => return,
            // What was panicked with may panic in its drop.
            Err(payload) => mem::forget(payload),
        }
    }
}

fn finish(completion: Completion<Key, Lent, Infallible>) {
    let (finish, ended) = take_apart(completion);
    if let Some(finish) = finish {
        finish(ended);
    }
}

/// Lets go of the socket and keeps what came of the operation.
fn take_apart(completion: Completion<Key, Lent, Infallible>) -> (Option<Finish>, Ended) {
    let (finish, result, buffers) = match completion {
        Completion::Accept { listener, result } => {
            let key = listener.key();
            let result = result.and_then(|connection| accepted(connection, key.is_nonblocking()));
            (key.finish_of(listener.operation()), result, Vec::new())
        }
        Completion::Connect { stream, result } | Completion::Disconnect { stream, result } => {
            let finish = stream.key().finish_of(stream.operation());
            (finish, result.map(|()| Answer::Done), Vec::new())
        }
        Completion::ReceiveVectored {
            stream,
            buffers,
            result,
        }
        | Completion::SendVectored {
            stream,
            buffers,
            result,
        } => {
            let finish = stream.key().finish_of(stream.operation());
            (finish, result.map(Answer::Bytes), buffers)
        }
        Completion::ReceiveFromVectored {
            datagram,
            buffers,
            result,
        } => {
            let finish = datagram.key().finish_of(datagram.operation());
            let result = result.map(|(length, peer)| Answer::Datagram(length, peer));
            (finish, result, buffers)
        }
        Completion::SendToVectored {
            datagram,
            buffers,
            result,
        } => {
            let finish = datagram.key().finish_of(datagram.operation());
            (finish, result.map(Answer::Bytes), buffers)
        }
        Completion::Post(never) => match never {},
        _ => unreachable!("the transfers of this module are vectored"),
    };
    (finish, Ended { result, buffers })
}

fn accepted((connection, peer): (TcpStream, SocketAddr), nonblocking: bool) -> io::Result<Answer> {
    let handle = associate_in_mode(connection.into(), nonblocking)?;
    Ok(Answer::Accepted(handle, peer))
}
