//! The operations that can be put into a ring. None of them is with the kernel before the
//! next [`Ring::submit`] or [`Ring::wait`], and the descriptor, which the kernel looks up
//! then, has to be open until it is.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use io_uring::types::{CancelBuilder, Fd};
use io_uring::{opcode, squeue};
use rustix::event::PollFlags;

use super::ring::Ring;

/// What a poll is for. Errors and hang-ups are always reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PollInterest {
    /// Data, a connection to accept, or an end of what the peer sends.
    pub(crate) readable: bool,
    /// Room to send, or a connect that ended.
    pub(crate) writable: bool,
}

impl PollInterest {
    pub(crate) const READABLE: Self = Self {
        readable: true,
        writable: false,
    };
    pub(crate) const WRITABLE: Self = Self {
        readable: false,
        writable: true,
    };

    fn mask(self) -> u32 {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN | PollFlags::RDHUP, self.readable);
        flags.set(PollFlags::OUT, self.writable);
        u32::from(flags.bits())
    }
}

impl Ring {
    /// One event when the descriptor is ready; at once if it is. What the peer has ended counts
    /// as ready, whatever the interest.
    pub(crate) fn poll(&self, fd: BorrowedFd<'_>, interest: PollInterest, token: u64) {
        let poll = opcode::PollAdd::new(Fd(fd.as_raw_fd()), interest.mask());
        self.push(poll.build(), token);
    }

    /// An event now if the descriptor is ready, and whenever something about it changes.
    pub(crate) fn poll_multishot(&self, fd: BorrowedFd<'_>, interest: PollInterest, token: u64) {
        let poll = opcode::PollAdd::new(Fd(fd.as_raw_fd()), interest.mask());
        self.push(poll.multi(true).build(), token);
    }

    /// An event for each chunk of a stream, in a buffer of the group, until the stream ends
    /// (0), fails, or the group is out of buffers: ENOBUFS, which takes none of the data. That
    /// comes when data does, but for an empty group at once, so it is not to be repeated before
    /// a buffer was given. Any chunk may come with the last event: where there is no multishot
    /// receive the first one does, and elsewhere one for which the completion queue was full.
    pub(crate) fn receive_multishot(&self, fd: BorrowedFd<'_>, group: u16, token: u64) {
        if self.features().multishot_receive {
            self.push(
                opcode::RecvMulti::new(Fd(fd.as_raw_fd()), group).build(),
                token,
            );
        } else {
            self.receive(fd, group, token);
        }
    }

    /// One event for the next chunk of a stream, in a buffer of the group.
    pub(crate) fn receive(&self, fd: BorrowedFd<'_>, group: u16, token: u64) {
        // As long as the buffer is. Linux 5.19 takes 0 at its word.
        const LENGTH: u32 = i32::MAX as u32;
        let receive = opcode::Recv::new(Fd(fd.as_raw_fd()), ptr::null_mut(), LENGTH);
        let entry = receive.buf_group(group).build();
        self.push(entry.flags(squeue::Flags::BUFFER_SELECT), token);
    }

    /// Asks for the end of an operation: its last event still comes, with ECANCELED or with
    /// what it was quick enough to do. Of several with the same token it ends one. There is
    /// no event for the request itself, but what it has [missed](super::event::Drained::Missed) is drained.
    pub(crate) fn cancel(&self, token: u64) {
        let cancel = opcode::AsyncCancel::new(token).build();
        self.push_cancel(cancel.flags(squeue::Flags::SKIP_SUCCESS), token);
    }

    /// [`Ring::cancel`] for everything in the ring.
    pub(super) fn cancel_all(&self) {
        let cancel = opcode::AsyncCancel2::new(CancelBuilder::any().all()).build();
        self.push_own(cancel.flags(squeue::Flags::SKIP_SUCCESS));
    }

    /// An operation that completes at once, which ends a wait, and has no event.
    pub(super) fn nothing(&self) {
        self.push_own(opcode::Nop::new().build());
    }
}
