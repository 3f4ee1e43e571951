//! What a thread gets at the port.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};

use super::{Datagram, Listener, Stream};

/// The end of one operation, or a posted packet.
///
/// The handle and the buffers that went into the operation come back with it, whatever the
/// result. An operation that was cancelled has an error for which
/// [`is_cancelled`](crate::error::is_cancelled) holds, one whose deadline passed
/// `TimedOut`, one whose socket was closed under it `ConnectionAborted`.
#[non_exhaustive]
#[doc(alias = "OVERLAPPED_ENTRY")]
pub enum Completion<K = (), B = Vec<u8>, P = ()> {
    /// A connection and its peer's address. The socket is in blocking mode and belongs to no
    /// port yet.
    #[doc(alias = "AcceptEx")]
    Accept {
        /// The listener that took it.
        listener: Listener<K, B, P>,
        /// The connection.
        result: io::Result<(TcpStream, SocketAddr)>,
    },
    /// The stream is connected, or is not.
    #[doc(alias = "ConnectEx")]
    Connect {
        /// The stream that was to be connected.
        stream: Stream<K, B, P>,
        /// Whether it is.
        result: io::Result<()>,
    },
    /// What was sent before is with the system, and the peer is told that nothing follows.
    #[doc(alias = "DisconnectEx")]
    Disconnect {
        /// The stream that sends no more.
        stream: Stream<K, B, P>,
        /// Whether the system agreed.
        result: io::Result<()>,
    },
    /// Bytes were added to the buffer; 0 is the end of the stream, unless the buffer had no
    /// spare room.
    #[doc(alias = "WSARecv")]
    Receive {
        /// The stream that they came from.
        stream: Stream<K, B, P>,
        /// The buffer that was lent.
        buffer: B,
        /// How many bytes were added.
        result: io::Result<usize>,
    },
    /// Bytes were added to the buffers, each filled before the next.
    ReceiveVectored {
        /// The stream that they came from.
        stream: Stream<K, B, P>,
        /// The buffers that were lent.
        buffers: Vec<B>,
        /// How many bytes were added in all.
        result: io::Result<usize>,
    },
    /// All bytes of the buffer are with the system.
    #[doc(alias = "WSASend")]
    Send {
        /// The stream that they went to.
        stream: Stream<K, B, P>,
        /// The buffer that was lent.
        buffer: B,
        /// How many bytes went: all of them.
        result: io::Result<usize>,
    },
    /// All bytes of all buffers are with the system.
    SendVectored {
        /// The stream that they went to.
        stream: Stream<K, B, P>,
        /// The buffers that were lent.
        buffers: Vec<B>,
        /// How many bytes went: all of them.
        result: io::Result<usize>,
    },
    /// One datagram was added to the buffer.
    #[doc(alias = "WSARecvFrom")]
    ReceiveFrom {
        /// The socket that it came from.
        datagram: Datagram<K, B, P>,
        /// The buffer that was lent.
        buffer: B,
        /// How many bytes were added, and who sent them.
        result: io::Result<(usize, SocketAddr)>,
    },
    /// One datagram was added to the buffers, each filled before the next.
    ReceiveFromVectored {
        /// The socket that it came from.
        datagram: Datagram<K, B, P>,
        /// The buffers that were lent.
        buffers: Vec<B>,
        /// How many bytes were added in all, and who sent them.
        result: io::Result<(usize, SocketAddr)>,
    },
    /// One datagram is with the system.
    #[doc(alias = "WSASendTo")]
    SendTo {
        /// The socket that it went to.
        datagram: Datagram<K, B, P>,
        /// The buffer that was lent.
        buffer: B,
        /// How many bytes went.
        result: io::Result<usize>,
    },
    /// One datagram, gathered from the buffers, is with the system.
    SendToVectored {
        /// The socket that it went to.
        datagram: Datagram<K, B, P>,
        /// The buffers that were lent.
        buffers: Vec<B>,
        /// How many bytes went.
        result: io::Result<usize>,
    },
    /// A packet of the program's own.
    #[doc(alias = "PostQueuedCompletionStatus")]
    Post(P),
}

impl<K, B, P> Completion<K, B, P> {
    /// The name of the operation, and how it ended.
    fn summary(&self) -> (&'static str, &dyn fmt::Debug) {
        match self {
            Self::Accept { result, .. } => ("Accept", result),
            Self::Connect { result, .. } => ("Connect", result),
            Self::Disconnect { result, .. } => ("Disconnect", result),
            Self::Receive { result, .. } => ("Receive", result),
            Self::ReceiveVectored { result, .. } => ("ReceiveVectored", result),
            Self::Send { result, .. } => ("Send", result),
            Self::SendVectored { result, .. } => ("SendVectored", result),
            Self::ReceiveFrom { result, .. } => ("ReceiveFrom", result),
            Self::ReceiveFromVectored { result, .. } => ("ReceiveFromVectored", result),
            Self::SendTo { result, .. } => ("SendTo", result),
            Self::SendToVectored { result, .. } => ("SendToVectored", result),
            Self::Post(_) => ("Post", &"packet"),
        }
    }
}

impl<K, B, P> fmt::Debug for Completion<K, B, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, result) = self.summary();
        formatter.debug_tuple(operation).field(result).finish()
    }
}
