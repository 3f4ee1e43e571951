//! From and to the sockets of the standard library.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;

use rustix::io::Errno;
use socket2::Type;

use super::{Kind, Phase, Socket};
use crate::error::{closed, from_errno};
use crate::sys::socket::{is_internet, is_listener, peer};

impl From<TcpListener> for Socket {
    fn from(listener: TcpListener) -> Self {
        Self::from_parts(listener.into(), Kind::Stream, Phase::Listening, None)
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        let socket = stream.into();
        let (phase, peer) = match stream_phase(&socket) {
            // The standard library makes no stream without a connection: this one is lost.
            (Phase::Unconnected, peer) => (Phase::Connected, peer),
            known => known,
        };
        Self::from_parts(socket, Kind::Stream, phase, peer)
    }
}

impl From<UdpSocket> for Socket {
    fn from(socket: UdpSocket) -> Self {
        Self::from_parts(socket.into(), Kind::Datagram, Phase::Unconnected, None)
    }
}

impl TryFrom<socket2::Socket> for Socket {
    type Error = io::Error;

    /// Fails for anything but a stream or datagram socket of the internet families.
    fn try_from(socket: socket2::Socket) -> io::Result<Self> {
        if !is_internet(&socket)? {
            return Err(from_errno(Errno::AFNOSUPPORT));
        }
        let (kind, (phase, peer)) = match socket.r#type()? {
            Type::STREAM if is_listener(&socket)? => (Kind::Stream, (Phase::Listening, None)),
            Type::STREAM => (Kind::Stream, stream_phase(&socket)),
            Type::DGRAM => (Kind::Datagram, (Phase::Unconnected, None)),
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        Ok(Self::from_parts(socket, kind, phase, peer))
    }
}

/// How far the connection of a stream has come that was made elsewhere.
fn stream_phase(socket: &socket2::Socket) -> (Phase, Option<SocketAddr>) {
    match peer(socket) {
        (_, Some(peer)) => (Phase::Connected, Some(peer)),
        (true, None) => (Phase::Connecting, None),
        (false, None) => (Phase::Unconnected, None),
    }
}

impl TryFrom<Socket> for socket2::Socket {
    type Error = io::Error;

    /// Ends the events that were selected on the socket; the mode stays. A call of
    /// [`select()`](crate::select::select()) that waits for it in another thread is not woken.
    ///
    /// Fails for a closed socket, and where another thread looks at the socket at that moment
    /// and no descriptor is left to duplicate it.
    fn try_from(socket: Socket) -> io::Result<Self> {
        if !socket.inner.close() {
            return Err(closed());
        }
        let inner = Arc::clone(&socket.inner);
        drop(socket);
        inner.release()
    }
}

macro_rules! into_std {
    ($($std:ty: $kind:expr),*) => {$(
        impl TryFrom<Socket> for $std {
            type Error = io::Error;

            /// As for [`socket2::Socket`]; fails for a socket of the other kind, too.
            fn try_from(socket: Socket) -> io::Result<Self> {
                if socket.kind() != $kind {
                    return Err(io::ErrorKind::InvalidInput.into());
                }
                Ok(socket2::Socket::try_from(socket)?.into())
            }
        }
    )*};
}

into_std!(TcpListener: Kind::Stream, TcpStream: Kind::Stream, UdpSocket: Kind::Datagram);
