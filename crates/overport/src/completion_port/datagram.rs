//! Datagram sockets.

use std::net::SocketAddr;

use super::handle::handle;
use super::operation::Request;
use super::{Completion, OperationId};
use crate::buffer::Buffer;

handle! {
    /// A datagram socket at a port.
    Datagram
}

impl<K, B: Buffer, P> Datagram<K, B, P> {
    /// Receives one datagram into the spare room of the buffer (recvfrom(2), `WSARecvFrom`). What does not fit is lost,
    /// and the operation fails with EMSGSIZE (`WSAEMSGSIZE`).
    #[doc(alias = "WSARecvFrom")]
    pub fn receive_from(self, buffer: B) -> OperationId {
        self.submit(Request::ReceiveFrom {
            buffer,
            received: None,
        })
    }

    /// Like [`receive_from`](Self::receive_from), but if a datagram is there the completion is
    /// returned, and no packet comes of it; `None` as for
    /// [`Stream::receive_now`](super::Stream::receive_now).
    #[must_use = "where it comes back, no packet does: dropping it drops the handle and the buffer"]
    pub fn receive_from_now(self, buffer: B) -> Option<Completion<K, B, P>> {
        self.submit_now(Request::ReceiveFrom {
            buffer,
            received: None,
        })
    }

    /// Sends one datagram to `peer` (sendto(2), `WSASendTo`).
    #[doc(alias = "WSASendTo")]
    pub fn send_to(self, buffer: B, peer: SocketAddr) -> OperationId {
        self.submit(Request::SendTo {
            buffer,
            peer,
            sent: 0,
        })
    }

    /// Like [`send_to`](Self::send_to), but if there is room the completion is returned, and
    /// no packet comes of it; `None` as for
    /// [`Stream::receive_now`](super::Stream::receive_now).
    #[must_use = "where it comes back, no packet does: dropping it drops the handle and the buffer"]
    pub fn send_to_now(self, buffer: B, peer: SocketAddr) -> Option<Completion<K, B, P>> {
        self.submit_now(Request::SendTo {
            buffer,
            peer,
            sent: 0,
        })
    }

    /// Receives one datagram into several buffers, each filled before the next (scatter).
    pub fn receive_from_vectored(self, buffers: Vec<B>) -> OperationId {
        self.submit(Request::ReceiveFromVectored {
            buffers,
            received: None,
        })
    }

    /// Sends one datagram of all that the buffers hold, in their order (gather).
    pub fn send_to_vectored(self, buffers: Vec<B>, peer: SocketAddr) -> OperationId {
        self.submit(Request::SendToVectored {
            buffers,
            peer,
            sent: 0,
        })
    }
}
