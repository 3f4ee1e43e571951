//! The bell of a queue on Linux: the descriptor of the epoll instance that watches the sockets
//! which post to the queue.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::queue::Queue;
use super::sink::SinkOutbox;
use super::{Item, MessageQueue};
use crate::driver::Driver;
use crate::selection::Source;
use crate::sys::poll::{self, Interest};

/// What the handler of a queue waits for.
#[derive(Debug)]
pub(super) struct Bell(Driver);

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Driver::new()?))
    }

    pub(super) fn ring(&self) {
        self.0.wake().set();
    }

    pub(super) fn silence(&self) {
        self.0.wake().clear();
    }

    /// Waits until the bell rings or a socket may have something to post, or until the
    /// deadline.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        let interest = Interest::readable(self.0.as_fd());
        poll::wait_for_one(interest, deadline).map(|_| ())
    }

    /// Has the sockets post what they have.
    pub(super) fn collect(&self) -> io::Result<()> {
        self.0.drive()
    }
}

impl<M: Send> Source for Queue<Item<M>> {
    fn driver(&self) -> &Driver {
        &self.bell().0
    }
}

impl Source for SinkOutbox {
    fn driver(&self) -> &Driver {
        &self.queue.bell().0
    }
}

impl<M> MessageQueue<M> {
    pub(crate) fn as_borrowed(&self) -> BorrowedFd<'_> {
        self.queue.bell().0.as_fd()
    }
}
