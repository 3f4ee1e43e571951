//! One operation under way: what was asked, the buffers it owns, and the handle that comes
//! back with its completion.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use super::epoll::Source;
use super::{Completion, Datagram, Listener, Stream};

/// Names one operation of a socket, to cancel it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub(super) u64);

/// What was asked, and as much of the answer as there is already.
pub(super) enum Request<B> {
    Accept {
        accepted: Option<(TcpStream, SocketAddr)>,
    },
    Receive {
        buffer: B,
        received: usize,
    },
    ReceiveVectored {
        buffers: Vec<B>,
        received: usize,
    },
    ReceiveFrom {
        buffer: B,
        received: Option<(usize, SocketAddr)>,
    },
    Connect {
        peer: SocketAddr,
        begun: bool,
    },
    Disconnect,
    Send {
        buffer: B,
        sent: usize,
    },
    SendVectored {
        buffers: Vec<B>,
        sent: usize,
    },
    SendTo {
        buffer: B,
        peer: SocketAddr,
        sent: usize,
    },
}

impl<B> Request<B> {
    /// Whether it waits for what comes, not for what goes.
    pub(super) fn is_reading(&self) -> bool {
        matches!(
            self,
            Self::Accept { .. }
                | Self::Receive { .. }
                | Self::ReceiveVectored { .. }
                | Self::ReceiveFrom { .. }
        )
    }
}

pub(super) struct Operation<K, B, P> {
    pub(super) id: OperationId,
    pub(super) request: Request<B>,
    /// Keeps the socket open while the operation is under way.
    pub(super) source: Arc<Source<K, B, P>>,
    pub(super) deadline: Option<Instant>,
}

pub(super) type Operations<K, B, P> = VecDeque<Operation<K, B, P>>;

impl<K, B, P> Operation<K, B, P> {
    pub(super) fn complete(self, result: io::Result<()>) -> Completion<K, B, P> {
        let source = self.source;
        match self.request {
            Request::Accept { accepted } => Completion::Accept {
                listener: Listener::from(source),
                result: result.and_then(|()| accepted.ok_or_else(nothing)),
            },
            Request::Receive { buffer, received } => Completion::Receive {
                stream: Stream::from(source),
                buffer,
                result: result.map(|()| received),
            },
            Request::ReceiveVectored { buffers, received } => Completion::ReceiveVectored {
                stream: Stream::from(source),
                buffers,
                result: result.map(|()| received),
            },
            Request::ReceiveFrom { buffer, received } => Completion::ReceiveFrom {
                datagram: Datagram::from(source),
                buffer,
                result: result.and_then(|()| received.ok_or_else(nothing)),
            },
            Request::Connect { .. } => Completion::Connect {
                stream: Stream::from(source),
                result,
            },
            Request::Disconnect => Completion::Disconnect {
                stream: Stream::from(source),
                result,
            },
            Request::Send { buffer, sent } => Completion::Send {
                stream: Stream::from(source),
                buffer,
                result: result.map(|()| sent),
            },
            Request::SendVectored { buffers, sent } => Completion::SendVectored {
                stream: Stream::from(source),
                buffers,
                result: result.map(|()| sent),
            },
            Request::SendTo { buffer, sent, .. } => Completion::SendTo {
                datagram: Datagram::from(source),
                buffer,
                result: result.map(|()| sent),
            },
        }
    }
}

/// The answer of a successful operation is there before it completes.
fn nothing() -> io::Error {
    io::Error::other("an operation ended without its result")
}
