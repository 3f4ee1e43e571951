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
