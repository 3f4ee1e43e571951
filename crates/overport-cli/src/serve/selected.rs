//! A client of the models that are told of events: which calls answer which event.
//!
//! Every event is told once, and again only after the call that answers it, if there is cause
//! then. So one receive for each READ will do: where it leaves data, READ comes again.

use std::io;
use std::ops::ControlFlow;

use overport::{NetworkEvent, NetworkEvents};

use super::client::{Client, Outcome};

/// What is selected on a client's socket.
pub(super) fn events() -> NetworkEvents {
    NetworkEvents::READ | NetworkEvents::WRITE | NetworkEvents::CLOSE
}

/// A client whose socket is selected for [`events`].
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) client: Client,
    /// Whether CLOSE has come. It comes once, and READ not for the end of the stream alone.
    has_ended: bool,
}

impl Selected {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            has_ended: false,
        }
    }

    /// Makes the calls that answer an event.
    pub(super) fn answer(&mut self, event: NetworkEvent, result: io::Result<()>) -> Outcome {
        self.client.trace(format_args!("event: {event:?}"));
        if let Err(error) = result {
            return ControlFlow::Break(error.into());
        }
        if event == NetworkEvent::Write && !self.client.wants_to_send() {
            return ControlFlow::Continue(false);
        }
        self.has_ended |= event == NetworkEvent::Close;
        // A READ that came while there was something to send is answered after that.
        while self.send_all()? && self.client.receive()? {
            if !self.has_ended && !self.client.is_drained() {
                return self.send_all();
            }
        }
        ControlFlow::Continue(true)
    }

    /// Sends until nothing is left, or there is no room: WRITE comes when there is again.
    fn send_all(&mut self) -> Outcome {
        while self.client.wants_to_send() {
            if !self.client.send()? {
                return ControlFlow::Continue(false);
            }
        }
        ControlFlow::Continue(true)
    }
}
