//! One operation under way: the record that the system has of it, and what comes of that.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use socket2::Type;

use super::inner::Inner;
use super::socket::Socket;
use crate::buffer::Buffer;
use crate::error::is_cancelled;
use crate::operation_id::OperationId;
use crate::overlapped::buffers;
use crate::overlapped::call::{Answer, Call, Ended};
use crate::socket::internet_address;
use crate::sys::codes::{cancelled, normalised};
use crate::sys::overlapped::{self, Begun, Lent, Notify, Outcome, Record, complete_accept};

/// An operation, shared by its socket and by whoever asks for its result.
pub(super) struct Flight {
    id: OperationId,
    is_sending: bool,
    socket: Arc<Inner>,
    state: Mutex<State>,
}

struct State {
    stage: Stage,
    is_cancelled: bool,
    /// Whether nobody asks for the result any more.
    is_left: bool,
}

enum Stage {
    /// The system has the record, or has done with it and nobody has asked yet.
    UnderWay(Lent<Tail>),
    /// It ended in the call that started it, and the system tells nobody.
    AtOnce(Ended),
    Taken,
}

/// What is in a record beside what the system needs.
struct Tail {
    kind: Kind,
    buffers: Vec<buffers::Lent>,
    /// The socket for the connection that is to be accepted.
    accepted: Option<Arc<socket2::Socket>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Accept,
    Connect,
    Receive,
    ReceiveFrom,
    Send,
}

impl Flight {
    /// Starts an operation of the socket, or ends it with the error that there is no socket.
    pub(super) fn start(
        id: OperationId,
        inner: &Arc<Inner>,
        socket: io::Result<&socket2::Socket>,
        call: Call,
        notify: Notify<'_>,
    ) -> Self {
        let is_sending = matches!(call, Call::Send(_) | Call::SendTo(..));
        let stage = match socket.and_then(|socket| check(&call).map(|()| socket)) {
            Ok(socket) => begin(socket, call, notify),
            Err(error) => Stage::AtOnce(fail(call, error)),
        };
        Self {
            id,
            is_sending,
            socket: Arc::clone(inner),
            state: Mutex::new(State {
                stage,
                is_cancelled: false,
                is_left: false,
            }),
        }
    }

    pub(super) fn id(&self) -> OperationId {
        self.id
    }

    pub(super) fn socket(&self) -> &Arc<Inner> {
        &self.socket
    }

    /// Whether it is under way and sends.
    pub(super) fn is_pending_send(&self) -> bool {
        self.is_sending && self.is_pending()
    }

    /// Whether the system has the record.
    pub(super) fn is_pending(&self) -> bool {
        self.lock().is_pending()
    }

    /// The address by which the system tells of the end, unless it does not tell of it.
    pub(super) fn address(&self) -> Option<usize> {
        match &self.lock().stage {
            Stage::UnderWay(lent) => Some(lent.address()),
            Stage::AtOnce(_) | Stage::Taken => None,
        }
    }

    /// Asks for it to be cancelled; whether it was under way and nobody had asked before.
    pub(super) fn cancel(&self, socket: &socket2::Socket) -> bool {
        let mut state = self.lock();
        match &state.stage {
            Stage::UnderWay(lent) if lent.is_pending() && !state.is_cancelled => {
                let was_in_time = overlapped::cancel(socket, lent);
                state.is_cancelled = was_in_time;
                was_in_time
            }
            _ => false,
        }
    }

    /// Nobody will ask for the result.
    pub(super) fn leave(&self) {
        self.lock().is_left = true;
    }

    /// Whether nobody asks for the result, and it is there.
    pub(super) fn is_to_be_cleared(&self) -> bool {
        let state = self.lock();
        state.is_left && !state.is_pending()
    }

    /// Whether nobody asks for the result.
    pub(super) fn is_left(&self) -> bool {
        self.lock().is_left
    }

    /// What came of it, if it has ended and this was not asked before.
    pub(super) fn take(&self) -> Option<Ended> {
        let mut state = self.lock();
        if state.is_pending() {
            return None;
        }
        let stage = mem::replace(&mut state.stage, Stage::Taken);
        drop(state);
        let ended = match stage {
            Stage::UnderWay(lent) => self.conclude(lent.take_back()),
            Stage::AtOnce(ended) => ended,
            Stage::Taken => return None,
        };
        self.socket.has_ended(self.id);
        Some(ended)
    }

    /// What came of an operation whose record the system has done with.
    fn conclude(&self, mut record: Box<Record<Tail>>) -> Ended {
        let socket = self.socket.open();
        let Outcome { bytes, result } = record.outcome(socket.as_deref());
        let kind = record.tail.kind;
        fill(&mut record);
        let answer = result.and_then(|()| match kind {
            Kind::Accept => self.accepted(&mut record),
            Kind::Connect => {
                self.socket.complete_connect();
                Ok(Answer::Done)
            }
            Kind::Receive | Kind::Send => Ok(Answer::Bytes(bytes)),
            Kind::ReceiveFrom => {
                internet_address(&record.sender()).map(|sender| Answer::Datagram(bytes, sender))
            }
        });
        Ended {
            result: answer.map_err(|error| self.explained(error, kind)),
            buffers: mem::take(&mut record.tail.buffers),
        }
    }

    fn accepted(&self, record: &mut Record<Tail>) -> io::Result<Answer> {
        let listener = self.socket.open().ok_or_else(cancelled)?;
        let accepted = record.tail.accepted.take().and_then(Arc::into_inner);
        let accepted = accepted.ok_or_else(cancelled)?;
        complete_accept(&accepted, &listener)?;
        let peer = internet_address(&record.peer(&listener)?)?;
        let socket = Socket::in_mode(accepted, self.socket.is_nonblocking())?;
        Ok(Answer::Accepted(socket, peer))
    }

    /// The system says cancelled of what a close has ended.
    fn explained(&self, error: io::Error, kind: Kind) -> io::Error {
        let is_transfer = !matches!(kind, Kind::Accept);
        match is_transfer && is_cancelled(&error) && self.socket.is_closed() {
            true => io::ErrorKind::ConnectionAborted.into(),
            false => error,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_pending(&self) -> bool {
        matches!(&self.stage, Stage::UnderWay(lent) if lent.is_pending())
    }
}

/// Refuses what has no buffers, and what the system could not count the bytes of.
pub(super) fn check(call: &Call) -> io::Result<()> {
    let is_allowed = match call {
        Call::Accept | Call::Connect(_) | Call::Disconnect => true,
        Call::Receive(buffers) | Call::ReceiveFrom(buffers) => !buffers.is_empty(),
        Call::Send(buffers) | Call::SendTo(buffers, _) => {
            let bytes = buffers.iter().map(|buffer| buffer.filled().len());
            !buffers.is_empty() && bytes.sum::<usize>() <= u32::MAX as usize
        }
    };
    match is_allowed {
        true => Ok(()),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// What comes of an operation that is not started.
pub(super) fn fail(call: Call, error: io::Error) -> Ended {
    let buffers = match call {
        Call::Accept | Call::Connect(_) | Call::Disconnect => Vec::new(),
        Call::Receive(buffers)
        | Call::ReceiveFrom(buffers)
        | Call::Send(buffers)
        | Call::SendTo(buffers, _) => buffers,
    };
    Ended {
        result: Err(error),
        buffers,
    }
}

/// Has the system perform an operation.
fn begin(socket: &socket2::Socket, call: Call, notify: Notify<'_>) -> Stage {
    let begun = match call {
        Call::Accept => match acceptor(socket) {
            Ok(acceptor) => {
                let mut record = record(Kind::Accept, Vec::new());
                record.tail.accepted = Some(Arc::clone(&acceptor));
                record.accept(socket, notify, &acceptor)
            }
            Err(error) => return Stage::AtOnce(Ended::failed(error)),
        },
        Call::Connect(peer) => match bind_if_unbound(socket, &peer) {
            Ok(()) => record(Kind::Connect, Vec::new()).connect(socket, notify, &peer.into()),
            Err(error) => return Stage::AtOnce(Ended::failed(error)),
        },
        Call::Disconnect => {
            let result = socket.shutdown(Shutdown::Write).map_err(normalised);
            return Stage::AtOnce(Ended {
                result: result.map(|()| Answer::Done),
                buffers: Vec::new(),
            });
        }
        Call::Receive(buffers) => {
            let record = record(Kind::Receive, buffers);
            record.receive(socket, notify, usize::MAX, |tail| &mut tail.buffers)
        }
        Call::ReceiveFrom(buffers) => {
            let record = record(Kind::ReceiveFrom, buffers);
            record.receive_from(socket, notify, |tail| &mut tail.buffers)
        }
        Call::Send(buffers) => {
            let record = record(Kind::Send, buffers);
            record.send(socket, notify, 0, usize::MAX, |tail| &tail.buffers)
        }
        Call::SendTo(buffers, peer) => {
            let record = record(Kind::Send, buffers);
            record.send_to(socket, notify, &peer.into(), |tail| &tail.buffers)
        }
    };
    match begun {
        Begun::UnderWay(lent) => Stage::UnderWay(lent),
        Begun::Failed(mut record, error) => {
            fill(&mut record);
            Stage::AtOnce(Ended {
                result: Err(error),
                buffers: record.tail.buffers,
            })
        }
    }
}

fn record(kind: Kind, buffers: Vec<buffers::Lent>) -> Box<Record<Tail>> {
    Record::new(Tail {
        kind,
        buffers,
        accepted: None,
    })
}

/// Gives the buffers of a receive what has come, of a datagram that was too long as well.
fn fill(record: &mut Record<Tail>) {
    if matches!(record.tail.kind, Kind::Receive | Kind::ReceiveFrom) {
        record.fill(|tail| &mut tail.buffers);
    }
}

/// A socket for a connection of the listener's.
fn acceptor(listener: &socket2::Socket) -> io::Result<Arc<socket2::Socket>> {
    let domain = listener.local_addr()?.domain();
    socket2::Socket::new(domain, Type::STREAM, None).map(Arc::new)
}

/// ConnectEx takes only a socket that is bound.
fn bind_if_unbound(socket: &socket2::Socket, peer: &SocketAddr) -> io::Result<()> {
    if socket.local_addr().is_ok() {
        return Ok(());
    }
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    socket.bind(&any.into())
}
