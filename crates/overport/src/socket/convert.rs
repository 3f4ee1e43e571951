//! From and to the sockets of the standard library.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;

use socket2::Type;

use super::{Kind, Phase, Socket, internet_address};

impl From<TcpListener> for Socket {
    fn from(listener: TcpListener) -> Self {
        Self::from_parts(listener.into(), Kind::Stream, Phase::Listening, None)
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        let peer = stream.peer_addr().ok();
        Self::from_parts(stream.into(), Kind::Stream, Phase::Connected, peer)
    }
}

impl From<UdpSocket> for Socket {
    fn from(socket: UdpSocket) -> Self {
        Self::from_parts(socket.into(), Kind::Datagram, Phase::Unconnected, None)
    }
}

impl TryFrom<socket2::Socket> for Socket {
    type Error = io::Error;

    /// Fails for anything but a stream or datagram socket.
    fn try_from(socket: socket2::Socket) -> io::Result<Self> {
        let kind = match socket.r#type()? {
            Type::STREAM => Kind::Stream,
            Type::DGRAM => Kind::Datagram,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        let peer = socket
            .peer_addr()
            .ok()
            .map(|peer| internet_address(&peer))
            .transpose()?;
        let phase = if kind == Kind::Stream && socket.is_listener()? {
            Phase::Listening
        } else if peer.is_some() {
            Phase::Connected
        } else {
            Phase::Unconnected
        };
        Ok(Self::from_parts(socket, kind, phase, peer))
    }
}

impl TryFrom<Socket> for socket2::Socket {
    type Error = io::Error;

    /// Ends the events that were selected on the socket; the mode stays. Fails where a
    /// thread that reports events is at the socket at that moment and no descriptor is left
    /// to duplicate it.
    fn try_from(socket: Socket) -> io::Result<Self> {
        socket.inner.set_observer(None);
        let inner = Arc::clone(&socket.inner);
        drop(socket);
        match Arc::try_unwrap(inner) {
            Ok(inner) => Ok(inner.socket),
            Err(shared) => shared.socket.try_clone(),
        }
    }
}

macro_rules! into_std {
    ($($std:ty),*) => {$(
        impl TryFrom<Socket> for $std {
            type Error = io::Error;

            /// As for [`socket2::Socket`]; the kind is not checked.
            fn try_from(socket: Socket) -> io::Result<Self> {
                Ok(socket2::Socket::try_from(socket)?.into())
            }
        }
    )*};
}

into_std!(TcpListener, TcpStream, UdpSocket);
