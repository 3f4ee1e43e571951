//! An operation before it is started, and the three ways to start it.

use std::fmt;

use super::OperationId;
use super::call::{Call, Ended};
use super::event::Operation;
use super::routine;
use super::system::Socket;
use crate::event::EventObject;

/// An operation that has yet to be started, in one of three ways: with an
/// [event](Self::signal), with a completion [routine](Self::then), or without either as a
/// synchronous [call](Self::wait).
///
/// `T` is what comes of it: the result, and the buffers whatever the result. Starting never
/// fails; an error is a result. Dropping the request starts nothing and drops the buffers.
#[must_use = "nothing happens before it is started: with an event, with a routine, or by waiting"]
pub struct Request<T> {
    pub(super) socket: Socket,
    pub(super) call: Call,
    pub(super) output: fn(Ended) -> T,
}

impl<T> Request<T> {
    /// Starts the operation and returns without waiting for it. The event is reset now, and
    /// set once the operation has ended, also if that is so at once.
    ///
    /// An event that several operations share is reset by each that starts, so give every
    /// operation under way one of its own.
    #[doc(alias = "WSAOVERLAPPED")]
    #[doc(alias = "hEvent")]
    pub fn signal(self, event: &EventObject) -> Operation<T> {
        event.reset();
        Operation::start(self, event)
    }

    /// Starts the operation and returns without waiting for it. Once it has ended, `routine`
    /// runs on this thread, in its next alertable wait: [`sleep`](super::sleep),
    /// [`wait_any`](super::wait_any) or [`wait_all`](super::wait_all). It may start further
    /// operations.
    ///
    /// When the thread exits before that, the operation is cancelled, and the routine is
    /// dropped without being run, on this thread. The buffers are dropped when the operation
    /// has ended.
    #[doc(alias = "WSAOVERLAPPED_COMPLETION_ROUTINE")]
    pub fn then(self, routine: impl FnOnce(T) + 'static) -> OperationId
    where
        T: 'static,
    {
        let output = self.output;
        let routine = Box::new(move |ended| routine(output(ended)));
        routine::start(&self.socket, self.call, routine)
    }

    /// Performs the operation as the plain call does that it is named after: on a socket in
    /// blocking mode it waits, within the socket's timeouts, else it does what can be done
    /// at once. It takes its turn after operations of the same direction that are under way.
    ///
    /// The wait is not alertable: no routine runs in it.
    ///
    /// In the result are `TimedOut` after the socket's timeout, and `WouldBlock` for a socket
    /// in non-blocking mode where nothing can be done; a connect always fails with that and
    /// goes on.
    pub fn wait(self) -> T {
        (self.output)(self.socket.perform(self.call))
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}
