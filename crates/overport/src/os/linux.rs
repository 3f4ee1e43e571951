//! Linux: the descriptors below, for calls of the system that this crate does not make, and
//! for other event loops.
//!
//! A descriptor is borrowed: whoever has it may ask it anything, but not close it, and what is
//! received or sent by it is not seen by the models that watch the socket.

use std::os::fd::{AsFd, BorrowedFd};

use crate::Socket;
use crate::async_select::MessageQueue;

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_borrowed()
    }
}

impl<M> AsFd for MessageQueue<M> {
    /// The epoll instance: readable while a message waits, or something that may become one.
    /// Never read from it or change it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_borrowed()
    }
}
