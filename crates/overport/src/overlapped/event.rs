//! Operations that signal an event when they have ended.

use std::fmt;

use super::Request;
use super::call::Ended;
use super::system::Started;
use crate::event::EventObject;

/// An operation that was started with an event. `T` is what comes of it.
///
/// Dropping or forgetting it leaves the operation under way: what was to be sent is sent,
/// what is received is lost, the event is set at its end, and only then are the buffers
/// dropped. [`cancel`](Self::cancel) it first where that is not what is wanted.
#[must_use = "what comes of the operation is lost with this"]
#[doc(alias = "WSAOVERLAPPED")]
pub struct Operation<T> {
    started: Started,
    output: fn(Ended) -> T,
}

impl<T> Operation<T> {
    pub(super) fn start(request: Request<T>, event: &EventObject) -> Self {
        Self {
            started: Started::signalling(&request.socket, request.call, event),
            output: request.output,
        }
    }

    /// Whether the operation has ended.
    #[doc(alias = "HasOverlappedIoCompleted")]
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.started.is_complete()
    }

    /// What came of the operation; while it is under way, the operation itself.
    ///
    /// # Errors
    /// The operation is under way (`WSA_IO_INCOMPLETE`); nothing was taken.
    #[doc(alias = "WSAGetOverlappedResult")]
    #[doc(alias = "WSA_IO_INCOMPLETE")]
    pub fn result(mut self) -> Result<T, Self> {
        match self.started.take() {
            Some(ended) => Ok((self.output)(ended)),
            None => Err(self),
        }
    }

    /// Waits for the end of the operation; no routine runs meanwhile. The event stays set,
    /// also one that resets itself.
    #[doc(alias = "WSAGetOverlappedResult")]
    pub fn wait(self) -> T {
        (self.output)(self.started.wait())
    }

    /// Asks for the operation to be cancelled; whether it was still under way. It ends in any
    /// case, and signals its event: with an error for which
    /// [`is_cancelled`](crate::error::is_cancelled) holds if this call was in time.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel(&self) -> bool {
        self.started.cancel()
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
