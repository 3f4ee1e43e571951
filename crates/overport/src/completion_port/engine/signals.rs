//! What the thread that polls leaves for whoever acts on a socket.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;

use super::edge::{Edge, Edges};
use super::inbox::Inbox;
use super::token::Subject;
use crate::sys::uring::Event;

#[derive(Default)]
pub(super) struct Signals {
    pub(super) edges: Edges,
    pub(super) inbox: Inbox,
    /// What the kernel was asked for and has not given its last answer to.
    flights: AtomicUsize,
}

impl Signals {
    /// The kernel is asked for something.
    pub(super) fn depart(&self) {
        self.flights.fetch_add(1, Ordering::AcqRel);
    }

    /// The last answer is there. Whether nothing else is awaited.
    pub(super) fn land(&self) -> bool {
        self.flights.fetch_sub(1, Ordering::AcqRel) == 1
    }

    pub(super) fn is_in_flight(&self) -> bool {
        self.flights.load(Ordering::Acquire) > 0
    }

    /// Takes in an answer, and tells what edge it is, and whether the kernel is to be stopped
    /// since nobody takes what it receives.
    pub(super) fn answer(&self, subject: Subject, event: &Event) -> (Edge, bool) {
        match subject {
            Subject::Reading => {
                let answer = polled(event, Edge::READABLE, Edge::READ_POLLED);
                (answer, false)
            }
            Subject::Writing => {
                let answer = polled(event, Edge::WRITABLE, Edge::WRITE_POLLED);
                (answer, false)
            }
            Subject::Received => self.received(event),
        }
    }

    fn received(&self, event: &Event) -> (Edge, bool) {
        let mut full = false;
        if let Some(id) = event.buffer {
            full = self.inbox.push(id, event.result.unwrap_or(0));
        }
        match event.result {
            Ok(1..) => {}
            Ok(0) => self.inbox.close(Ok(())),
            Err(errno) => self.inbox.close(Err(errno)),
        }
        if event.more {
            (Edge::RECEIVED, full)
        } else {
            (Edge::RECEIVE_ENDED, false)
        }
    }
}

/// The edge that an answer to a poll is, which is `ready` at the least. A poll that was not
/// answered was lost with the thread that had asked.
fn polled(event: &Event, ready: Edge, over: Edge) -> Edge {
    let answer = match event.result {
        Err(Errno::CANCELED | Errno::FAULT) => Edge::NONE,
        // What is wrong with the socket the call itself will tell.
        Err(_) => ready,
        Ok(_) => ready.and(event.readiness().into()),
    };
    if event.more { answer } else { answer.and(over) }
}
