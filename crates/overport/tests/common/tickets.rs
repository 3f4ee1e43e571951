//! Tickets that go along with buffers and packets, and tell how often each has come back.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::port::Tagged;

/// Numbered tickets, and how often each has been dropped.
pub(crate) struct Tickets {
    returned: Arc<[AtomicU32]>,
}

/// One of the tickets. What it is dropped with has come back.
pub(crate) struct Ticket {
    pub(crate) number: usize,
    returned: Arc<[AtomicU32]>,
}

impl Tickets {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            returned: (0..count).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    pub(crate) fn ticket(&self, number: usize) -> Ticket {
        Ticket {
            number,
            returned: Arc::clone(&self.returned),
        }
    }

    /// A buffer that the ticket goes along with.
    pub(crate) fn buffer(&self, number: usize, bytes: Vec<u8>) -> Tagged<Ticket> {
        Tagged {
            bytes,
            tag: self.ticket(number),
        }
    }

    /// Fails if one has not come back, or twice.
    #[track_caller]
    pub(crate) fn assert_each_returned_once(&self) {
        for (number, returned) in self.returned.iter().enumerate() {
            let count = returned.load(Ordering::SeqCst);
            assert_eq!(count, 1, "of number {number}");
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.returned[self.number].fetch_add(1, Ordering::SeqCst);
    }
}
