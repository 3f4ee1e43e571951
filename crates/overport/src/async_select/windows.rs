//! The bell of a queue on Windows: an event object. The thread of the window posts what the
//! sockets have.

use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::time::Instant;

use super::MessageQueue;
use crate::sys::event::{self, Event};

/// What the handler of a queue waits for.
#[derive(Debug)]
pub(super) struct Bell(Event);

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        let auto_reset = false;
        Ok(Self(Event::new(auto_reset)?))
    }

    pub(super) fn ring(&self) {
        self.0.set();
    }

    pub(super) fn silence(&self) {
        self.0.reset();
    }

    /// Waits until the bell rings, or until the deadline.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        let (all, alertable) = (false, false);
        event::wait(&[self.0.as_handle()], all, alertable, deadline).map(|_| ())
    }

    /// What the sockets have is posted without being asked for.
    pub(super) fn collect(&self) -> io::Result<()> {
        Ok(())
    }
}

impl<M> MessageQueue<M> {
    pub(crate) fn as_borrowed(&self) -> BorrowedHandle<'_> {
        self.queue.bell().0.as_handle()
    }
}
