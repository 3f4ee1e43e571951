//! What was reported of a socket and has not reached the program yet.

use std::mem;
use std::sync::Arc;

use super::Registration;
use super::target::{Delivery, Errnos, Notice, Target};
use crate::network_events::{NetworkEvent, NetworkEvents};
use crate::socket::SocketId;

#[derive(Debug, Default)]
pub(super) struct Untold {
    /// Counts the selections whose notices are told from those of earlier ones.
    selection: u64,
    pub(super) events: NetworkEvents,
    errnos: Errnos,
}

impl Untold {
    /// Adds an event, and posts a notice of it where the target is an outbox.
    pub(super) fn add(
        &mut self,
        target: &Target,
        registration: Arc<Registration>,
        event: NetworkEvent,
        errno: Option<i32>,
    ) {
        self.errnos[event as usize] = errno;
        match target {
            Target::Event(_) => {}
            // One notice waits already, and brings the newer error.
            Target::Outbox(_) if self.events.contains(event) => {}
            Target::Outbox(outbox) => outbox.post(Notice {
                registration,
                selection: self.selection,
                event,
            }),
        }
        self.events |= event.into();
    }

    /// Takes all of it.
    pub(super) fn take(&mut self) -> (NetworkEvents, Errnos) {
        (mem::take(&mut self.events), mem::take(&mut self.errnos))
    }

    /// Takes what a notice brings, unless the selection that it is for has ended.
    pub(super) fn deliver(
        &mut self,
        socket: SocketId,
        selection: u64,
        event: NetworkEvent,
    ) -> Option<Delivery> {
        if self.selection != selection || !self.events.contains(event) {
            return None;
        }
        self.events = self.events.without(event.into());
        Some(Delivery {
            socket,
            event,
            errno: self.errnos[event as usize].take(),
        })
    }

    /// Nothing of it, nor a notice that waits, is for the selections to come. What it was.
    pub(super) fn end(&mut self) -> NetworkEvents {
        self.selection += 1;
        mem::take(&mut self.events)
    }
}
