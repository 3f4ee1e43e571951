//! Windows: the handles below, for calls of the system that this crate does not make.
//!
//! A handle is borrowed: whoever has it may ask it anything, but not close it, and what is
//! received or sent by it is not seen by the models that watch the socket. To Winsock a
//! [`Socket`] is always in non-blocking mode.

use std::os::windows::io::{AsHandle, AsSocket, BorrowedHandle, BorrowedSocket};

use crate::Socket;
use crate::async_select::MessageQueue;
use crate::event::EventObject;

impl AsSocket for Socket {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.as_borrowed()
    }
}

impl<M> AsHandle for MessageQueue<M> {
    /// The event object that is set while a message waits, for a wait among others. Never set
    /// or reset it.
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.as_borrowed()
    }
}

impl AsHandle for EventObject {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.handle()
    }
}
