//! Operations whose end is waited for, or asked after.

use std::sync::Arc;
use std::time::Duration;

use super::flight::Flight;
use super::socket::Socket;
use super::sweep;
use crate::event::EventObject;
use crate::overlapped::call::{Call, Ended};
use crate::sys::overlapped::Notify;

/// An operation that was started; it goes on when this is dropped.
pub(in crate::overlapped) struct Started {
    flight: Arc<Flight>,
    event: EventObject,
}

/// How long a wait relies on the event, which somebody else may have taken or reset.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long it rests where the event is set by somebody else.
const REST: Duration = Duration::from_millis(1);

impl Started {
    /// Starts an operation that sets the event when it has ended.
    pub(in crate::overlapped) fn signalling(
        socket: &Socket,
        call: Call,
        event: &EventObject,
    ) -> Self {
        let flight = socket.start(call, Notify::Event(event.handle()));
        if flight.address().is_none() {
            event.set();
        }
        Self {
            flight,
            event: event.clone(),
        }
    }

    /// Whether the operation has ended.
    pub(in crate::overlapped) fn is_complete(&self) -> bool {
        !self.flight.is_pending()
    }

    /// What came of the operation, if it has ended and this was not asked before.
    pub(in crate::overlapped) fn take(&mut self) -> Option<Ended> {
        self.flight.take()
    }

    /// Waits for the end of the operation.
    pub(in crate::overlapped) fn wait(self) -> Ended {
        let mut was_set = false;
        let ended = loop {
            if let Some(ended) = self.flight.take() {
                break ended;
            }
            if was_set {
                std::thread::sleep(REST);
            } else {
                was_set = self.event.wait(Some(LOOK_AGAIN)).unwrap_or(true);
            }
        };
        if was_set {
            self.event.set();
        }
        ended
    }

    /// Asks for the operation to be cancelled; whether it was still under way.
    pub(in crate::overlapped) fn cancel(&self) -> bool {
        self.flight.socket().cancel(self.flight.id())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // What has ended is dropped here.
        if self.flight.take().is_none() && self.flight.is_pending() {
            self.flight.leave();
            sweep::add(Arc::clone(self.flight.socket()));
        }
    }
}
