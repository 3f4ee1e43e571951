//! One operation under way: the record that the system has of it, and what comes of that.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::begin::{Kind, Tail, begin, check, fail, fill};
use super::inner::Inner;
use super::socket::Socket;
use crate::error::is_cancelled;
use crate::operation_id::OperationId;
use crate::overlapped::call::{Answer, Call, Ended};
use crate::socket::internet_address;
use crate::sys::codes::cancelled;
use crate::sys::overlapped::{self, Lent, Notify, Outcome, Record, complete_accept};

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
        let begun = match socket.and_then(|socket| check(&call).map(|()| socket)) {
            Ok(socket) => begin(socket, call, notify),
            Err(error) => Err(fail(call, error)),
        };
        Self {
            id,
            is_sending,
            socket: Arc::clone(inner),
            state: Mutex::new(State {
                stage: begun.map_or_else(Stage::AtOnce, Stage::UnderWay),
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
