//! What a completion says.

use io_uring::cqueue;
use rustix::event::PollFlags;
use rustix::io::Errno;

use crate::sys::linux::poll::{Readiness, readiness};

/// The bit of the tokens that are the ring's own; nothing else may have it.
pub(super) const RESERVED: u64 = 1 << 63;

/// The token of an operation that has no event.
pub(super) const OWN: u64 = u64::MAX;

/// What a ring is drained of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    Event(Event),
    /// A cancellation did not find the operation of this token. Its last event is there or about
    /// to come, or it is just being continued, and then it goes on.
    Missed(u64),
}

/// What became of an operation, or what a multishot one has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The operation.
    pub(crate) token: u64,
    /// A poll: the levels, as [`Event::readiness`] reads them. A receive or a send: the bytes.
    /// An accept: the descriptor of the connection, which is the caller's to close.
    pub(crate) result: Result<u32, Errno>,
    /// More will follow: the operation is still in the ring.
    pub(crate) more: bool,
    /// The buffer that a receive has taken from its group; it is the caller's until it is
    /// given again. It may come with an end of the stream too.
    pub(crate) buffer: Option<u16>,
}

impl Event {
    /// The levels that a poll has seen; none of them for a poll that failed.
    pub(crate) fn readiness(&self) -> Readiness {
        // The flags of poll(2) are in the lower half.
        readiness(PollFlags::from_bits_truncate(self.result.unwrap_or(0) as _))
    }
}

impl From<cqueue::Entry> for Event {
    fn from(entry: cqueue::Entry) -> Self {
        let flags = entry.flags();
        let result = match u32::try_from(entry.result()) {
            Ok(value) => Ok(value),
            Err(_) => Err(Errno::from_raw_os_error(-entry.result())),
        };
        Self {
            token: entry.user_data(),
            result,
            more: cqueue::more(flags),
            buffer: cqueue::buffer_select(flags),
        }
    }
}
