//! One operation under way: what was asked, the buffers it owns, and the handle that comes
//! back with its completion.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use super::deadline::Deadline;
use super::engine::Source;
use super::pool::{PoolBuffer, Shelf};
use super::{Completion, Datagram, Listener, Stream};
pub use crate::operation_id::OperationId;

/// What was asked, and as much of the answer as there is already. Every operation that waits takes
/// the room of the largest, which are those of datagrams.
pub(crate) enum Request<B> {
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
    /// Into a buffer of a pool, which it has only once something is received.
    ReceivePooled {
        shelf: Arc<Shelf>,
        buffer: PoolBuffer,
        into: fn(PoolBuffer) -> B,
    },
    ReceiveFrom {
        buffer: B,
        received: Option<(u32, SocketAddr)>,
    },
    ReceiveFromVectored {
        buffers: Vec<B>,
        received: Option<(u32, SocketAddr)>,
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
        sent: u32,
    },
    SendToVectored {
        buffers: Vec<B>,
        peer: SocketAddr,
        sent: u32,
    },
}

impl<B> Request<B> {
    /// Whether it waits for what comes, not for what goes.
    pub(crate) fn is_reading(&self) -> bool {
        matches!(
            self,
            Self::Accept { .. }
                | Self::Receive { .. }
                | Self::ReceiveVectored { .. }
                | Self::ReceivePooled { .. }
                | Self::ReceiveFrom { .. }
                | Self::ReceiveFromVectored { .. }
        )
    }

    /// Whether it takes what comes next of a stream.
    #[cfg(target_os = "linux")]
    pub(super) fn is_stream_receive(&self) -> bool {
        matches!(
            self,
            Self::Receive { .. } | Self::ReceiveVectored { .. } | Self::ReceivePooled { .. }
        )
    }

    /// The shelf that it takes a buffer from, if it does.
    pub(super) fn shelf(&self) -> Option<&Arc<Shelf>> {
        match self {
            Self::ReceivePooled { shelf, .. } => Some(shelf),
            _ => None,
        }
    }

    /// Whether its buffer is one of a pool's.
    pub(super) fn is_pooled(&self) -> bool {
        self.shelf().is_some()
    }

    /// Whether it is to gather or scatter, but has no buffer for that.
    pub(super) fn lacks_buffers(&self) -> bool {
        match self {
            Self::ReceiveVectored { buffers, .. }
            | Self::ReceiveFromVectored { buffers, .. }
            | Self::SendVectored { buffers, .. }
            | Self::SendToVectored { buffers, .. } => buffers.is_empty(),
            _ => false,
        }
    }
}

pub(super) struct Operation<K, B, P> {
    pub(super) id: OperationId,
    pub(super) request: Request<B>,
    /// Keeps the socket open while the operation is under way.
    pub(super) source: Arc<Source<K, B, P>>,
    pub(super) deadline: Option<Deadline>,
}

/// Some that were taken out of those under way, in their order.
pub(super) type Operations<K, B, P> = VecDeque<Operation<K, B, P>>;

impl<K, B, P> Operation<K, B, P> {
    pub(super) fn complete(self, result: io::Result<()>) -> Completion<K, B, P> {
        let (source, id) = (self.source, self.id);
        match self.request {
            Request::Accept { accepted } => Completion::Accept {
                listener: Listener::returned(source, id),
                result: result.and_then(|()| accepted.ok_or_else(nothing)),
            },
            Request::Receive { buffer, received } => Completion::Receive {
                stream: Stream::returned(source, id),
                buffer,
                result: result.map(|()| received),
            },
            Request::ReceiveVectored { buffers, received } => Completion::ReceiveVectored {
                stream: Stream::returned(source, id),
                buffers,
                result: result.map(|()| received),
            },
            Request::ReceivePooled { buffer, into, .. } => Completion::Receive {
                stream: Stream::returned(source, id),
                result: result.map(|()| buffer.len()),
                buffer: into(buffer),
            },
            Request::ReceiveFrom { buffer, received } => Completion::ReceiveFrom {
                datagram: Datagram::returned(source, id),
                buffer,
                result: result.and_then(|()| datagram(received)),
            },
            Request::ReceiveFromVectored { buffers, received } => Completion::ReceiveFromVectored {
                datagram: Datagram::returned(source, id),
                buffers,
                result: result.and_then(|()| datagram(received)),
            },
            Request::Connect { .. } => Completion::Connect {
                stream: Stream::returned(source, id),
                result,
            },
            Request::Disconnect => Completion::Disconnect {
                stream: Stream::returned(source, id),
                result,
            },
            Request::Send { buffer, sent } => Completion::Send {
                stream: Stream::returned(source, id),
                buffer,
                result: result.map(|()| sent),
            },
            Request::SendVectored { buffers, sent } => Completion::SendVectored {
                stream: Stream::returned(source, id),
                buffers,
                result: result.map(|()| sent),
            },
            Request::SendTo { buffer, sent, .. } => Completion::SendTo {
                datagram: Datagram::returned(source, id),
                buffer,
                result: result.map(|()| sent as usize),
            },
            Request::SendToVectored { buffers, sent, .. } => Completion::SendToVectored {
                datagram: Datagram::returned(source, id),
                buffers,
                result: result.map(|()| sent as usize),
            },
        }
    }
}

/// The length and the sender of what was received.
fn datagram(received: Option<(u32, SocketAddr)>) -> io::Result<(usize, SocketAddr)> {
    let (length, sender) = received.ok_or_else(nothing)?;
    Ok((length as usize, sender))
}

/// The answer of a successful operation is there before it completes.
fn nothing() -> io::Error {
    io::Error::other("an operation ended without its result")
}

/// No protocol has datagrams that are longer than 64 KiB.
pub(super) fn datagram_length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
