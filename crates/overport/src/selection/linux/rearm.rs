//! The re-arm rules of WSAAsyncSelect and WSAEventSelect, without I/O.
//!
//! An event is *armed* while it may be reported. Reporting it disarms it, and the call that
//! answers it arms it again: accept, a receive, a send that found no room. So an event that
//! the program does not answer is not repeated, and one that it does answer is reported
//! again for as long as there is cause. Whoever keeps a [`Rearm`] must look at the socket
//! after each call that arms something, since the edge for it may have come before, and at
//! each edge.

use crate::network_events::NetworkEvents;
use crate::socket::Call;

/// Which events of one socket may be reported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rearm {
    selected: NetworkEvents,
    armed: NetworkEvents,
    /// Whether ACCEPT is to be armed when the while of [`Next::Later`] is over.
    resting: bool,
}

/// What to do after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing was armed that is selected.
    Rest,
    /// Look at the socket now.
    Look,
    /// Call [`Rearm::rested`] after a while, and look then.
    Later,
}

/// How a call ended, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    WouldBlock,
    Failed,
}

impl Rearm {
    /// A selection on a socket that had none. `connecting` tells of a connect that was begun
    /// and of whose end the program does not know.
    pub(crate) fn new(selected: NetworkEvents, connecting: bool) -> Self {
        let mut armed = CONDITIONS;
        if connecting {
            armed |= NetworkEvents::CONNECT;
        }
        Self {
            selected,
            armed,
            resting: false,
        }
    }

    /// A selection in place of the one before that does not repeat what was reported.
    /// `untold` was reported, but the program will not learn of it.
    pub(crate) fn select_again(&mut self, selected: NetworkEvents, untold: NetworkEvents) {
        self.selected = selected;
        self.armed |= untold;
        self.rested();
    }

    /// A selection in place of the one before that reports anew what holds.
    pub(crate) fn start_again(&mut self, selected: NetworkEvents, untold: NetworkEvents) {
        self.select_again(selected, untold | CONDITIONS);
    }

    pub(crate) fn selected(&self) -> NetworkEvents {
        self.selected
    }

    /// What would be reported if it held.
    pub(crate) fn awaited(&self) -> NetworkEvents {
        self.selected & self.armed
    }

    /// The program made a call.
    pub(crate) fn called(&mut self, call: Call, outcome: Outcome) -> Next {
        let armed = match (call, outcome) {
            (Call::Accept, _) => return self.accepted(outcome),
            (Call::Receive, _) => NetworkEvents::READ,
            (Call::ReceiveOutOfBand, _) => NetworkEvents::OUT_OF_BAND,
            (Call::Send, Outcome::WouldBlock) => NetworkEvents::WRITE,
            (Call::Connect, Outcome::Done | Outcome::WouldBlock) => CONNECTION,
            (Call::Send | Call::Connect, _) => NetworkEvents::NONE,
        };
        self.armed |= armed;
        self.next_for(armed, Next::Look)
    }

    /// The while of [`Next::Later`] is over, if there was one.
    pub(crate) fn rested(&mut self) {
        if std::mem::take(&mut self.resting) {
            self.armed |= NetworkEvents::ACCEPT;
        }
    }

    /// What to report when `holding` is what holds at this moment.
    pub(crate) fn look(&mut self, holding: NetworkEvents) -> NetworkEvents {
        let reported = holding & self.awaited();
        self.armed = self.armed.without(reported);
        reported
    }

    fn accepted(&mut self, outcome: Outcome) -> Next {
        // No descriptor was left, in most cases. Armed now, the event would be reported at
        // once, the next accept would fail at once, and so on.
        self.resting = outcome == Outcome::Failed;
        if self.resting {
            return self.next_for(NetworkEvents::ACCEPT, Next::Later);
        }
        self.armed |= NetworkEvents::ACCEPT;
        self.next_for(NetworkEvents::ACCEPT, Next::Look)
    }

    fn next_for(&self, armed: NetworkEvents, next: Next) -> Next {
        if (armed & self.selected).is_empty() {
            return Next::Rest;
        }
        next
    }
}

/// What is so at a moment, unlike a connect that ends.
const CONDITIONS: NetworkEvents = NetworkEvents::ALL.without(NetworkEvents::CONNECT);

/// What a new connection brings.
const CONNECTION: NetworkEvents = NetworkEvents::ALL.without(NetworkEvents::ACCEPT);

#[cfg(test)]
mod tests;
