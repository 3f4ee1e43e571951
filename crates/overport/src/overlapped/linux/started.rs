//! Operations whose end is waited for, or asked after.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Socket;
use crate::completion_port::OperationId;
use crate::event::EventObject;
use crate::overlapped::call::{Call, Ended};

/// An operation that was started; it goes on when this is dropped.
pub(in crate::overlapped) struct Started(Arc<Shared>);

/// What the operation's holder and the engine share.
struct Shared {
    state: Mutex<State>,
    has_ended: Condvar,
    event: Option<EventObject>,
}

enum State {
    /// Under way; by what it can be cancelled, once that is known.
    Pending(Option<(Socket, OperationId)>),
    Ended(Ended),
    Taken,
}

impl Started {
    /// Starts an operation that sets the event when it has ended.
    pub(in crate::overlapped) fn signalling(
        socket: &Socket,
        call: Call,
        event: &EventObject,
    ) -> Self {
        Self::new(socket, call, Some(event.clone()), None)
    }

    /// Starts an operation that ends as timed out at the deadline.
    pub(super) fn by_deadline(socket: &Socket, call: Call, deadline: Option<Instant>) -> Self {
        Self::new(socket, call, None, deadline)
    }

    fn new(
        socket: &Socket,
        call: Call,
        event: Option<EventObject>,
        deadline: Option<Instant>,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Pending(None)),
            has_ended: Condvar::new(),
            event,
        });
        let finishing = Arc::clone(&shared);
        let finish = Box::new(move |ended| finishing.end(ended));
        let id = socket.start(call, deadline, finish);
        shared.started(socket, id);
        Self(shared)
    }

    /// Whether the operation has ended.
    pub(in crate::overlapped) fn is_complete(&self) -> bool {
        !matches!(*self.0.lock(), State::Pending(_))
    }

    /// What came of the operation, if it has ended and this was not asked before.
    pub(in crate::overlapped) fn take(&mut self) -> Option<Ended> {
        self.0.lock().take()
    }

    /// Waits for the end of the operation.
    pub(in crate::overlapped) fn wait(self) -> Ended {
        let mut state = self.0.lock();
        loop {
            match state.take() {
                Some(ended) => return ended,
                None => state = self.0.wait(state),
            }
        }
    }

    /// Asks for the operation to be cancelled; whether it was still under way.
    pub(in crate::overlapped) fn cancel(&self) -> bool {
        let pending = match &*self.0.lock() {
            State::Pending(Some((socket, id))) => Some((socket.clone(), *id)),
            _ => None,
        };
        pending.is_some_and(|(socket, id)| socket.cancel(id))
    }
}

impl Shared {
    /// Keeps by what the operation can be cancelled, unless it has ended by now.
    fn started(&self, socket: &Socket, id: OperationId) {
        if let State::Pending(pending) = &mut *self.lock() {
            *pending = Some((socket.clone(), id));
        }
    }

    fn end(&self, ended: Ended) {
        let mut state = self.lock();
        let before = mem::replace(&mut *state, State::Ended(ended));
        // Under the lock: who sees the end finds the event set, and who finds the event set
        // sees the end.
        if let Some(event) = &self.event {
            event.set();
        }
        drop(state);
        self.has_ended.notify_all();
        drop(before);
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.has_ended
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What came of the operation, if it has ended.
    fn take(&mut self) -> Option<Ended> {
        match mem::replace(self, Self::Taken) {
            Self::Ended(ended) => Some(ended),
            before => {
                *self = before;
                None
            }
        }
    }
}
