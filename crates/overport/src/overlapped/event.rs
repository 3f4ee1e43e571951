//! Operations that signal an event when they have ended.

use std::fmt;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Request;
use super::engine::{self, Ended, PortHandle};
use crate::completion_port::OperationId;
use crate::event::EventObject;

/// An operation that was started with an event. `T` is what comes of it.
///
/// Dropping or forgetting it leaves the operation under way: what was to be sent is sent,
/// what is received is lost, the event is set at its end, and only then are the buffers
/// dropped. [`cancel`](Self::cancel) it first where that is not what is wanted.
#[must_use = "what comes of the operation is lost with this"]
#[doc(alias = "WSAOVERLAPPED")]
pub struct Operation<T> {
    shared: Arc<Shared>,
    output: fn(Ended) -> T,
}

/// What the operation's holder and the engine share.
struct Shared {
    state: Mutex<State>,
    has_ended: Condvar,
    event: Option<EventObject>,
}

enum State {
    /// Under way; by what it can be cancelled, once that is known.
    Pending(Option<(PortHandle, OperationId)>),
    Ended(Ended),
    Taken,
}

impl<T> Operation<T> {
    pub(super) fn start(
        request: Request<T>,
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
        let id = engine::start(&request.handle, request.request, deadline, finish);
        shared.started(request.handle, id);
        Self {
            shared,
            output: request.output,
        }
    }

    /// Whether the operation has ended.
    #[doc(alias = "HasOverlappedIoCompleted")]
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !matches!(*self.shared.lock(), State::Pending(_))
    }

    /// What came of the operation; while it is under way, the operation itself.
    ///
    /// # Errors
    /// The operation is under way (`WSA_IO_INCOMPLETE`); nothing was taken.
    #[doc(alias = "WSAGetOverlappedResult")]
    #[doc(alias = "WSA_IO_INCOMPLETE")]
    pub fn result(self) -> Result<T, Self> {
        let ended = self.shared.lock().take();
        match ended {
            Some(ended) => Ok((self.output)(ended)),
            None => Err(self),
        }
    }

    /// Waits for the end of the operation; no routine runs meanwhile. The event stays set,
    /// also one that resets itself.
    #[doc(alias = "WSAGetOverlappedResult")]
    pub fn wait(self) -> T {
        let mut state = self.shared.lock();
        let ended = loop {
            match state.take() {
                Some(ended) => break ended,
                None => state = self.shared.wait(state),
            }
        };
        drop(state);
        (self.output)(ended)
    }

    /// Asks for the operation to be cancelled; whether it was still under way. It ends in any
    /// case, and signals its event: with an error for which
    /// [`is_cancelled`](crate::error::is_cancelled) holds if this call was in time.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel(&self) -> bool {
        let pending = match &*self.shared.lock() {
            State::Pending(Some((handle, id))) => Some((handle.clone(), *id)),
            _ => None,
        };
        pending.is_some_and(|(handle, id)| handle.cancel(id))
    }
}

impl Shared {
    /// Keeps by what the operation can be cancelled, unless it has ended by now.
    fn started(&self, handle: PortHandle, id: OperationId) {
        if let State::Pending(pending) = &mut *self.lock() {
            *pending = Some((handle, id));
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

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Operation")
            .field("is_complete", &self.is_complete())
            .finish_non_exhaustive()
    }
}
