//! What a completion says.

use io_uring::cqueue;
use rustix::event::PollFlags;
use rustix::io::Errno;

use crate::sys::linux::poll::{Readiness, readiness};

/// The token of an operation that is the ring's own; nothing else may have it.
pub(super) const OWN: u64 = u64::MAX;

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
