//! What AcceptEx and ConnectEx leave to their callers: what is to be there before them, and the
//! state of the socket after them.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use std::sync::Arc;

use rustix::io::Errno;
use socket2::{Socket, Type};
use windows_sys::Win32::Networking::WinSock::{
    SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT, SOCKET, SOL_SOCKET, setsockopt,
};

use super::{checked, raw};
use crate::error::is_errno;

/// A socket for a connection that the listener is to take.
pub(crate) fn acceptor(listener: &Socket) -> io::Result<Arc<Socket>> {
    let domain = listener.local_addr()?.domain();
    Socket::new(domain, Type::STREAM, None).map(Arc::new)
}

/// Binds a socket that is to be connected, unless it is bound already.
pub(crate) fn bind_if_unbound(socket: &Socket, peer: SocketAddr) -> io::Result<()> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    match socket.bind(&any.into()) {
        Err(error) if !is_errno(&error, Errno::INVAL) => Err(error),
        _ => Ok(()),
    }
}

/// Completes an accepted socket, which has the state of its listener then.
pub(crate) fn complete_accept(accepted: &Socket, listener: &Socket) -> io::Result<()> {
    let listener = raw(listener);
    // SAFETY: the option's value is a socket.
    let failed = unsafe {
        setsockopt(
            raw(accepted),
            SOL_SOCKET,
            SO_UPDATE_ACCEPT_CONTEXT,
            (&raw const listener).cast(),
            size_of::<SOCKET>() as i32,
        )
    };
    checked(failed)
}

/// Completes a connected socket, which has its addresses then.
pub(crate) fn complete_connect(socket: &Socket) -> io::Result<()> {
    // SAFETY: the option has no value.
    let failed = unsafe {
        setsockopt(
            raw(socket),
            SOL_SOCKET,
            SO_UPDATE_CONNECT_CONTEXT,
            ptr::null(),
            0,
        )
    };
    checked(failed)
}
