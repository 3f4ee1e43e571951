//! What the handler is told.

use std::io;

use crate::network_events::NetworkEvent;
use crate::selection::Delivery;
use crate::socket::SocketId;

/// A message of a [`MessageQueue`](super::MessageQueue).
#[derive(Debug)]
pub enum Message<M> {
    /// Something has happened on a socket.
    Socket(SocketMessage),
    /// The program's own, as it was posted.
    Program(M),
}

/// Something has happened on a socket.
#[derive(Debug)]
pub struct SocketMessage {
    /// The socket's name; the socket gives it as [`Socket::id`](crate::Socket::id).
    #[doc(alias = "wParam")]
    pub socket: SocketId,
    /// What has happened.
    #[doc(alias = "WSAGETSELECTEVENT")]
    pub event: NetworkEvent,
    /// How it went: the error of a connect that failed or of a connection that is gone.
    #[doc(alias = "WSAGETSELECTERROR")]
    pub result: io::Result<()>,
}

impl From<Delivery> for SocketMessage {
    fn from(delivery: Delivery) -> Self {
        let error = delivery.errno.map(io::Error::from_raw_os_error);
        Self {
            socket: delivery.socket,
            event: delivery.event,
            result: error.map_or(Ok(()), Err),
        }
    }
}
