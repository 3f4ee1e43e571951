//! What an operation is asked for, and what came of it.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

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
    /// When the socket's timeout ends a blocking call.
    pub(super) fn deadline(&self, socket: &Socket) -> Option<Instant> {
        let timeout = socket.options(|options| match self {
            Self::Accept | Self::Receive(_) | Self::ReceiveFrom(_) => options.read_timeout(),
            Self::Connect(_) | Self::Disconnect | Self::Send(_) | Self::SendTo(..) => {
                options.write_timeout()
            }
        });
        // A closed socket has none, and the operation says that it is closed.
        Instant::now().checked_add(timeout.ok().flatten()?)
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
