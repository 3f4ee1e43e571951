//! What the thread that polls leaves for whoever acts on a socket, and what both directions go by.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, Ordering};

use rustix::io::Errno;

use super::direction::Reset;
use super::edge::{Edge, Edges};
use super::inbox::{Arrival, Inbox};
use super::lent::Lent;
use super::token::Subject;
use crate::completion_port::pool::Shelf;
use crate::sys::uring::Event;

#[derive(Default)]
pub(super) struct Signals {
    pub(super) edges: Edges,
    pub(super) inbox: Inbox,
    /// The group of the buffers that the kernel receives into.
    group: AtomicU16,
    /// What the kernel was asked for and has not given its last answer to, a bit each.
    flights: AtomicU8,
    /// A receive waits for what the kernel receives. Only what is done with that depends on it.
    wanted: AtomicBool,
    pub(super) reset: Reset,
    /// Whose turn it is when both directions may be ready. Writing comes first after reading,
    /// and reading after writing, so that neither keeps the other waiting.
    pub(super) reading_is_next: AtomicBool,
}

impl Signals {
    /// The kernel is asked for something.
    pub(super) fn depart(&self, subject: Subject) {
        self.flights.fetch_or(bit(subject), Ordering::AcqRel);
    }

    /// The last answer is there. Whether nothing else is awaited.
    pub(super) fn land(&self, subject: Subject) -> bool {
        let bit = bit(subject);
        self.flights.fetch_and(!bit, Ordering::AcqRel) & !bit == 0
    }

    /// Whether anything is awaited.
    pub(super) fn is_in_flight(&self) -> bool {
        self.flights.load(Ordering::Acquire) != 0
    }

    /// Whether this is awaited.
    pub(super) fn awaits(&self, subject: Subject) -> bool {
        self.flights.load(Ordering::Acquire) & bit(subject) != 0
    }

    /// The kernel is asked to receive into buffers of the group. Whether it is to receive
    /// [once](Inbox::open) only.
    pub(super) fn depart_into(&self, group: u16) -> bool {
        self.depart(Subject::Received);
        self.group.store(group, Ordering::Release);
        self.want();
        self.inbox.open()
    }

    /// A receive waits for what comes next.
    pub(super) fn want(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// What the kernel has received first. If there is nothing the caller waits for it.
    pub(super) fn take_received(&self) -> Arrival {
        // Before the look, so that what comes behind that is wanted.
        self.want();
        let arrival = self.inbox.take();
        if !matches!(arrival, Arrival::Nothing) {
            self.wanted.store(false, Ordering::Relaxed);
        }
        arrival
    }

    /// Takes in an answer, and tells what edge it is, and whether the kernel is to be stopped
    /// since nobody takes what it receives.
    pub(super) fn answer(&self, subject: Subject, event: &Event, lent: &Lent) -> (Edge, bool) {
        match subject {
            Subject::Reading => {
                let answer = polled(event, Edge::READABLE, Edge::READ_POLLED);
                (answer, false)
            }
            Subject::Writing => {
                let answer = polled(event, Edge::WRITABLE, Edge::WRITE_POLLED);
                (answer, false)
            }
            Subject::Received => {
                let shelf = lent.shelf(self.group.load(Ordering::Acquire));
                self.received(event, shelf)
            }
        }
    }

    fn received(&self, event: &Event, shelf: Option<&Arc<Shelf>>) -> (Edge, bool) {
        let mut full = false;
        if let (Some(id), Some(shelf)) = (event.buffer, shelf) {
            let wanted = self.wanted.load(Ordering::Relaxed);
            full = self
                .inbox
                .push(shelf, id, event.result.unwrap_or(0), wanted);
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

fn bit(subject: Subject) -> u8 {
    1 << subject as u8
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
