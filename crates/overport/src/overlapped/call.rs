//! What an operation is asked for, and what came of it.

use std::io;
use std::net::SocketAddr;

use super::buffers::Lent;
use super::system::Socket;

/// What is asked, and the buffers for it.
pub(super) enum Call {
    Accept,
    Receive(Vec<Lent>),
    ReceiveFrom(Vec<Lent>),
    Connect(SocketAddr),
    Disconnect,
    Send(Vec<Lent>),
    SendTo(Vec<Lent>, SocketAddr),
}

impl Call {
    /// Whether it waits for what comes, not for what goes.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self, Self::Accept | Self::Receive(_) | Self::ReceiveFrom(_))
    }
}

/// How an operation ended, and the buffers that were lent to it.
pub(super) struct Ended {
    pub(super) result: io::Result<Answer>,
    pub(super) buffers: Vec<Lent>,
}

impl Ended {
    /// An operation without buffers that failed.
    pub(super) fn failed(error: io::Error) -> Self {
        Self {
            result: Err(error),
            buffers: Vec::new(),
        }
    }
}

/// What an operation that succeeded brought.
pub(super) enum Answer {
    Done,
    Bytes(usize),
    Datagram(usize, SocketAddr),
    Accepted(Socket, SocketAddr),
}
