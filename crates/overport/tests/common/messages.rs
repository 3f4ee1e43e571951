//! Message queues and what comes out of them.

use std::io;
use std::time::Duration;

use overport::async_select::{Message, MessageQueue};
use overport::{NetworkEvent, Socket};

use super::{DEADLINE, system};

/// A queue for the sockets' messages and for numbers.
pub(crate) fn queue() -> MessageQueue<u32> {
    MessageQueue::new().unwrap()
}

/// A message in short: the event of the expected socket, or the program's number.
#[derive(Debug, PartialEq)]
pub(crate) enum Short {
    Event(NetworkEvent),
    Number(u32),
}

/// The next message.
#[track_caller]
pub(crate) fn next(queue: &mut MessageQueue<u32>) -> Message<u32> {
    let message = queue.next(Some(DEADLINE)).unwrap();
    message.expect("a message comes")
}

/// The next message, which is the program's, or of this socket and without error.
#[track_caller]
pub(crate) fn next_of(socket: &Socket, queue: &mut MessageQueue<u32>) -> Short {
    match next(queue) {
        Message::Program(number) => Short::Number(number),
        Message::Socket(message) => {
            assert_eq!(message.socket, socket.id());
            message.result.unwrap();
            Short::Event(message.event)
        }
    }
}

/// The error of the next message, which is of this event.
#[track_caller]
pub(crate) fn next_error(queue: &mut MessageQueue<u32>, event: NetworkEvent) -> io::Error {
    match next(queue) {
        Message::Socket(message) if message.event == event => message.result.unwrap_err(),
        other => panic!("{other:?} came"),
    }
}

/// No message waits.
#[track_caller]
pub(crate) fn assert_empty(queue: &mut MessageQueue<u32>) {
    if let Some(message) = queue.try_next().unwrap() {
        panic!("{message:?} came");
    }
}

/// Whether a foreign loop that watches the queue finds that a message waits, or does in time.
pub(crate) fn is_readable(queue: &MessageQueue<u32>, timeout: Duration) -> bool {
    system::is_readable(queue, timeout)
}
