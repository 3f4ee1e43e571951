//! The edges of a socket on their way from the thread that polls to the one that acts.
//!
//! The polling thread only leaves a note here, without a lock, and queues the socket; who
//! claims it from the queue takes the note.

use crate::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use crate::sys::poll::Readiness;

const READABLE: u8 = 1;
const READ_INSISTS: u8 = 2;
const WRITABLE: u8 = 4;
const READ_POLLED: u8 = 8;
const WRITE_POLLED: u8 = 16;
const RECEIVE_ENDED: u8 = 32;
const FED: u8 = 64;
const RESTED: u8 = 128;

const READING: u8 = READABLE | READ_INSISTS | READ_POLLED | RECEIVE_ENDED | FED | RESTED;
const WRITING: u8 = WRITABLE | WRITE_POLLED;

/// What an edge said of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge(u8);

impl Edge {
    /// Nothing but that the socket is to be looked at.
    pub(super) const NONE: Self = Self(0);
    /// Something was received into a buffer of a pool.
    pub(super) const RECEIVED: Self = Self(READABLE);
    /// Nothing more is received into buffers of a pool; whatever the reason is, the next
    /// receive is to be tried.
    pub(super) const RECEIVE_ENDED: Self = Self(READABLE | RECEIVE_ENDED);
    /// A pool may have a buffer now.
    pub(super) const FED: Self = Self(READABLE | FED);
    /// What was left alone for a while is to be tried again.
    pub(super) const RESTED: Self = Self(READABLE | RESTED);
    /// What was asked about reading is asked no more.
    pub(super) const READ_POLLED: Self = Self(READ_POLLED);
    /// What was asked about writing is asked no more.
    pub(super) const WRITE_POLLED: Self = Self(WRITE_POLLED);
    /// Whatever there is to read, or to know of it.
    pub(super) const READABLE: Self = Self(READABLE);
    /// There is room to write, or something to know of it.
    pub(super) const WRITABLE: Self = Self(WRITABLE);

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_ready(self) -> bool {
        self.0 & (READABLE | WRITABLE) != 0
    }

    pub(super) fn insists(self) -> bool {
        self.0 & READ_INSISTS != 0
    }

    /// Whether the question for readiness was answered.
    pub(super) fn polled(self) -> bool {
        self.0 & (READ_POLLED | WRITE_POLLED) != 0
    }

    /// Whether a receive into buffers of a pool has ended.
    pub(super) fn receive_ended(self) -> bool {
        self.0 & RECEIVE_ENDED != 0
    }

    /// Whether a rest is over.
    pub(super) fn rested(self) -> bool {
        self.0 & RESTED != 0
    }

    /// Whether a pool may have a buffer now.
    pub(super) fn fed(self) -> bool {
        self.0 & FED != 0
    }
}

impl From<Readiness> for Edge {
    fn from(now: Readiness) -> Self {
        let over = now.error || now.hung_up;
        let mut bits = 0;
        if now.readable || now.read_closed || over {
            bits |= READABLE;
        }
        if now.read_closed || now.priority || over {
            bits |= READ_INSISTS;
        }
        if now.writable || over {
            bits |= WRITABLE;
        }
        Self(bits)
    }
}

#[derive(Debug, Default)]
pub(super) struct Edges {
    bits: AtomicU8,
    queued: AtomicBool,
}

impl Edges {
    /// Notes an edge.
    pub(super) fn note(&self, edge: impl Into<Edge>) {
        self.bits.fetch_or(edge.into().0, Ordering::AcqRel);
    }

    pub(super) fn take_reading(&self) -> Edge {
        self.take(READING)
    }

    pub(super) fn take_writing(&self) -> Edge {
        self.take(WRITING)
    }

    /// Whether the socket is to be queued now; not while it is queued already.
    pub(super) fn enqueue(&self) -> bool {
        !self.queued.swap(true, Ordering::AcqRel)
    }

    /// The socket was claimed from the queue. To be called before the edges are taken: what
    /// is noted after that queues the socket again.
    pub(super) fn dequeue(&self) {
        // A swap, since only that sees what was noted by whoever found the socket queued.
        self.queued.swap(false, Ordering::AcqRel);
    }

    fn take(&self, mask: u8) -> Edge {
        if self.bits.load(Ordering::Acquire) & mask == 0 {
            return Edge(0);
        }
        Edge(self.bits.fetch_and(!mask, Ordering::AcqRel) & mask)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn readiness() -> impl Strategy<Value = Readiness> {
        any::<[bool; 6]>().prop_map(
            |[readable, writable, priority, read_closed, hung_up, error]| Readiness {
                readable,
                writable,
                priority,
                read_closed,
                hung_up,
                error,
            },
        )
    }

    proptest! {
        #[test]
        fn each_edge_is_taken_once_by_the_directions_that_it_concerns(
            noted in prop::collection::vec(readiness(), 0..4),
        ) {
            let edges = Edges::default();
            noted.iter().for_each(|&now| edges.note(now));
            let over = noted.iter().any(|now| now.error || now.hung_up);
            let closed = noted.iter().any(|now| now.read_closed);
            let reading = edges.take_reading();
            let readable = noted.iter().any(|now| now.readable);
            prop_assert_eq!(reading.is_ready(), readable || closed || over);
            let urgent = noted.iter().any(|now| now.priority);
            prop_assert_eq!(reading.insists(), urgent || closed || over);
            let writable = noted.iter().any(|now| now.writable);
            prop_assert_eq!(edges.take_writing().is_ready(), writable || over);
            prop_assert!(!edges.take_reading().is_ready() && !edges.take_reading().insists());
            prop_assert!(!edges.take_writing().is_ready());
        }

        #[test]
        fn a_socket_is_queued_once_until_it_is_claimed(
            claims in prop::collection::vec(any::<bool>(), 0..20),
        ) {
            let edges = Edges::default();
            let mut queued = false;
            for claim in claims {
                if claim && queued {
                    edges.dequeue();
                    queued = false;
                } else {
                    prop_assert_eq!(edges.enqueue(), !queued);
                    queued = true;
                }
            }
        }
    }
}
