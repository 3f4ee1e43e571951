//! A socket at a port, and its operations.

use std::fmt;
use std::net::SocketAddr;

use super::Segment;
use super::packet::Post;
use super::segment::Lent;
use crate::completion_port::{OperationId, Request, Stream};

/// A socket at a [`Port`](super::Port), of whatever kind. Clones are handles of the same
/// socket; where it was handed over, it closes with the last of them.
///
/// Each operation is named by `overlapped`, an address of the caller's, and yields one packet
/// with it, from whichever thread it is submitted. Accepts and receives are performed in the
/// order of their submission, and so is all else; the two don't wait for each other. What the
/// socket is not fit for fails by its packet.
#[derive(Clone)]
pub struct Handle {
    stream: Stream<usize, Lent, Post>,
    is_datagram: bool,
}

impl Handle {
    pub(super) fn new(stream: Stream<usize, Lent, Post>, is_datagram: bool) -> Self {
        Self {
            stream,
            is_datagram,
        }
    }

    /// The key that the socket was associated with.
    #[must_use]
    pub fn key(&self) -> usize {
        *self.stream.key()
    }

    /// Takes one connection (accept4(2), `AcceptEx`), which comes with the packet. After a failure, for
    /// want of descriptors, say, the listener rests for a moment.
    #[doc(alias = "AcceptEx")]
    pub fn accept(&self, overlapped: usize) {
        self.submit(Request::Accept { accepted: None }, overlapped);
    }

    /// Connects (connect(2), `ConnectEx`). Operations that are submitted meanwhile wait for it, and fail if
    /// it does.
    #[doc(alias = "ConnectEx")]
    pub fn connect(&self, peer: SocketAddr, overlapped: usize) {
        self.submit(Request::Connect { peer, begun: false }, overlapped);
    }

    /// Ends sending, behind all that is sent already (shutdown(2)); the peer then receives the
    /// end.
    #[doc(alias = "DisconnectEx")]
    pub fn disconnect(&self, overlapped: usize) {
        self.submit(Request::Disconnect, overlapped);
    }

    /// Asks for the operation of that name to be cancelled; whether it was still under way.
    ///
    /// Its packet comes in any case, as [cancelled](crate::error::is_cancelled) if this call
    /// was in time, and its memory stays lent until then.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel(&self, overlapped: usize) -> bool {
        self.stream.cancel(OperationId::from_address(overlapped))
    }

    /// Asks for all operations of the socket to be cancelled; how many were under way.
    #[doc(alias = "CancelIoEx")]
    pub fn cancel_all(&self) -> usize {
        self.stream.cancel_all()
    }

    /// Closes the socket at the port. What is under way yields its packet with
    /// `ConnectionAborted`, an accept as [cancelled](crate::error::is_cancelled); what is
    /// submitted from now on yields one with `WSAENOTSOCK` (EBADF). The descriptor closes, too,
    /// unless a share of it is [held](super#descriptors) elsewhere; the port uses it no more.
    #[doc(alias = "closesocket")]
    pub fn close(&self) {
        self.stream.close();
    }

    /// Whether the socket was closed, by [`close`](Self::close) or with its port.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.stream.is_closed()
    }

    fn submit(&self, request: Request<Lent>, overlapped: usize) {
        let operation = OperationId::from_address(overlapped);
        self.stream.submit_as(operation, request);
    }
}

#[expect(unsafe_code, reason = "the memory is the caller's")]
impl Handle {
    /// Receives into the segments, each filled before the next (recv(2), recvmsg(2); `WSARecv`, `WSARecvFrom`).
    ///
    /// Of a stream it is what is there, once something is; 0 bytes are its end. Segments without
    /// room wait for data and take none of it.
    ///
    /// Of a datagram socket it is one datagram, whose sender comes with the packet. One that
    /// does not fit is cut, and the operation fails with EMSGSIZE (`WSAEMSGSIZE`).
    ///
    /// Without any segment the operation fails with `InvalidInput`.
    ///
    /// # Safety
    /// Until the operation has [ended](super#memory), the memory of each segment is valid for
    /// reads and writes, and nobody else reads or writes it. It need not be initialised; after
    /// the operation as many bytes of it are as the packet tells.
    #[doc(alias = "WSARecv")]
    #[doc(alias = "WSARecvFrom")]
    pub unsafe fn receive(&self, segments: &[Segment], overlapped: usize) {
        // SAFETY: the caller promises just this.
        let lend = |&segment: &Segment| unsafe { Lent::to_fill(segment) };
        let request = match (segments, self.is_datagram) {
            ([segment], false) => Request::Receive {
                buffer: lend(segment),
                received: 0,
            },
            ([segment], true) => Request::ReceiveFrom {
                buffer: lend(segment),
                received: None,
            },
            (_, false) => Request::ReceiveVectored {
                buffers: segments.iter().map(lend).collect(),
                received: 0,
            },
            (_, true) => Request::ReceiveFromVectored {
                buffers: segments.iter().map(lend).collect(),
                received: None,
            },
        };
        self.submit(request, overlapped);
    }

    /// Sends the segments in their order (send(2), sendmsg(2); `WSASend`): to a stream, whose packet comes
    /// when all bytes are with the system; or as one datagram to the peer of a connected
    /// datagram socket. A send that was cancelled may have gone in part.
    ///
    /// Without any segment the operation fails with `InvalidInput`.
    ///
    /// # Safety
    /// Until the operation has [ended](super#memory), the memory of each segment is
    /// initialised and valid for reads, and nobody writes it.
    #[doc(alias = "WSASend")]
    pub unsafe fn send(&self, segments: &[Segment], overlapped: usize) {
        if self.is_datagram {
            // Without a peer it is left to the system to say so.
            if let Ok(peer) = self.stream.peer_addr() {
                // SAFETY: the caller promises the same.
                return unsafe { self.send_to(segments, peer, overlapped) };
            }
        }
        // SAFETY: the caller promises just this.
        let lend = |&segment: &Segment| unsafe { Lent::to_send(segment) };
        let request = match segments {
            [segment] => Request::Send {
                buffer: lend(segment),
                sent: 0,
            },
            _ => Request::SendVectored {
                buffers: segments.iter().map(lend).collect(),
                sent: 0,
            },
        };
        self.submit(request, overlapped);
    }

    /// Sends the segments to `peer` as one datagram (sendto(2), sendmsg(2); `WSASendTo`). On a stream it is
    /// a [`send`](Self::send), whatever the address.
    ///
    /// # Safety
    /// As for [`send`](Self::send).
    #[doc(alias = "WSASendTo")]
    pub unsafe fn send_to(&self, segments: &[Segment], peer: SocketAddr, overlapped: usize) {
        if !self.is_datagram {
            // SAFETY: the caller promises the same.
            return unsafe { self.send(segments, overlapped) };
        }
        // SAFETY: the caller promises just this.
        let lend = |&segment: &Segment| unsafe { Lent::to_send(segment) };
        let request = match segments {
            [segment] => Request::SendTo {
                buffer: lend(segment),
                peer,
                sent: 0,
            },
            _ => Request::SendToVectored {
                buffers: segments.iter().map(lend).collect(),
                peer,
                sent: 0,
            },
        };
        self.submit(request, overlapped);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Handle")
            .field("key", &self.key())
            .field("local_addr", &self.stream.local_addr().ok())
            .finish_non_exhaustive()
    }
}
