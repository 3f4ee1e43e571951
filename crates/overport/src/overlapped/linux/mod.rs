//! Who performs the operations on Linux: a completion port of the library's own, for all
//! sockets of the process, and one thread at it. The thread is started when the first socket
//! is associated, and stays.

mod bell;
mod started;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::mem;
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use socket2::Type;

pub(super) use bell::{Bell, wait};
pub(super) use started::Started;

use super::buffers::Lent;
use super::call::{Answer, Call, Ended};
use super::routine::Arrivals;
use crate::completion_port::{self, Completion, CompletionPort, OperationId, Request};

type Port = CompletionPort<Key, Lent, Infallible>;

/// A socket at the port. What kind of socket it is makes no difference there.
type PortHandle = completion_port::Stream<Key, Lent, Infallible>;

/// What is to be done when an operation has ended. Runs on the engine's thread, under no
/// lock, unless it is dropped with its operation.
type Finish = Box<dyn FnOnce(Ended) + Send>;

/// Does nothing, since operations that are cancelled because their thread ends need no more of
/// it here.
pub(super) fn settle(_arrivals: &Arc<Arrivals>) {}

/// A socket whose operations are performed.
#[derive(Clone, Debug)]
pub(super) struct Socket(PortHandle);

impl Socket {
    /// Has a socket's operations performed from now on, if it is of the kind.
    pub(super) fn new(socket: socket2::Socket, kind: Type) -> io::Result<Self> {
        if socket.r#type()? != kind {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let nonblocking = socket.nonblocking()?;
        Self::in_mode(socket, nonblocking)
    }

    fn in_mode(socket: socket2::Socket, nonblocking: bool) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let key = Key {
            nonblocking: AtomicBool::new(nonblocking),
            finishes: Mutex::default(),
        };
        port()?.associate_any(socket, key).map(Self)
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        self.key().is_nonblocking()
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) {
        self.key().nonblocking.store(nonblocking, Ordering::Relaxed);
    }

    /// Starts an operation of this thread; when it has ended, that arrives at its place.
    pub(super) fn start_routine(
        &self,
        call: Call,
        arrivals: Arc<Arrivals>,
        place: usize,
    ) -> OperationId {
        self.start(
            call,
            None,
            Box::new(move |ended| arrivals.put(place, ended)),
        )
    }

    /// Performs an operation as the plain call does, in the socket's mode.
    pub(super) fn perform(&self, call: Call) -> Ended {
        if !self.is_nonblocking() {
            let deadline = call.deadline(self);
            return Started::by_deadline(self, call, deadline).wait();
        }
        if !matches!(call, Call::Connect(_)) {
            return take_apart(self.0.clone().attempt(call.into())).1;
        }
        self.start(call, None, Box::new(drop));
        Ended::failed(io::ErrorKind::WouldBlock.into())
    }

    /// Starts an operation; `finish` is called when it has ended.
    fn start(&self, call: Call, deadline: Option<Instant>, finish: Finish) -> OperationId {
        // Under the lock, since the operation may end before its name is known here.
        let mut finishes = self.key().lock();
        let submitting = match deadline {
            Some(deadline) => self.0.clone().by(deadline),
            None => self.0.clone(),
        };
        let operation = submitting.submit(call.into());
        finishes.insert(operation, finish);
        operation
    }
}

impl Deref for Socket {
    type Target = PortHandle;

    fn deref(&self) -> &PortHandle {
        &self.0
    }
}

/// What is known of a socket beside its operations at the port.
pub(super) struct Key {
    /// The mode of calls without an overlapped; to the kernel the socket is non-blocking.
    nonblocking: AtomicBool,
    /// What to do at the end of each operation under way.
    finishes: Mutex<HashMap<OperationId, Finish>>,
}

impl Key {
    fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    /// What is to be done at the end of an operation, which has come.
    fn finish_of(&self, operation: Option<OperationId>) -> Option<Finish> {
        self.lock().remove(&operation?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OperationId, Finish>> {
        self.finishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Call> for Request<Lent> {
    fn from(call: Call) -> Self {
        match call {
            Call::Accept => Self::Accept { accepted: None },
            Call::Receive(buffers) => Self::ReceiveVectored {
                buffers,
                received: 0,
            },
            Call::ReceiveFrom(buffers) => Self::ReceiveFromVectored {
                buffers,
                received: None,
            },
            Call::Connect(peer) => Self::Connect { peer, begun: false },
            Call::Disconnect => Self::Disconnect,
            Call::Send(buffers) => Self::SendVectored { buffers, sent: 0 },
            Call::SendTo(buffers, peer) => Self::SendToVectored {
                buffers,
                peer,
                sent: 0,
            },
        }
    }
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
    let socket = Socket::in_mode(connection.into(), nonblocking)?;
    Ok(Answer::Accepted(socket, peer))
}
