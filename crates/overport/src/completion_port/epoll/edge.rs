//! The edges of a socket on their way from the thread that polls to the one that acts.
//!
//! The polling thread only leaves a note here, without a lock, and queues the socket; who
//! claims it from the queue takes the note.

use crate::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use crate::sys::poll::Readiness;

const READABLE: u8 = 1;
const READ_INSISTS: u8 = 2;
const WRITABLE: u8 = 4;

/// What an edge said of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge(u8);

impl Edge {
    pub(super) fn is_ready(self) -> bool {
        self.0 & (READABLE | WRITABLE) != 0
    }

    pub(super) fn insists(self) -> bool {
        self.0 & READ_INSISTS != 0
    }
}

#[derive(Debug, Default)]
pub(super) struct Edges {
    bits: AtomicU8,
    queued: AtomicBool,
}

impl Edges {
    /// Notes an edge.
    pub(super) fn note(&self, now: Readiness) {
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
        self.bits.fetch_or(bits, Ordering::AcqRel);
    }

    pub(super) fn take_reading(&self) -> Edge {
        self.take(READABLE | READ_INSISTS)
    }

    pub(super) fn take_writing(&self) -> Edge {
        self.take(WRITABLE)
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
