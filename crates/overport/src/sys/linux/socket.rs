//! The calls on one socket that differ between the systems: recv(2), send(2), and what is to
//! be asked of a socket that somebody else has made.

use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags};

use super::poll::level;
use crate::error::{from_errno, is_errno};

/// A receive that does not wait, whatever the socket's mode.
pub(crate) const RECEIVE_AT_ONCE: RecvFlags = RecvFlags::DONTWAIT;

/// A send that does not wait, whatever the socket's mode.
pub(crate) const SEND_AT_ONCE: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// Receives what is there of a stream; 0 at its end.
pub(crate) fn receive(
    socket: &socket2::Socket,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<usize> {
    Ok(net::recv(socket, buffer, flags)?.0)
}

/// Receives one datagram, and fails if the buffer does not hold all of it.
pub(crate) fn receive_datagram(
    socket: &socket2::Socket,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<(usize, SocketAddr)> {
    let room = buffer.len();
    let (_, length, sender) = net::recvfrom(socket, buffer, flags | RecvFlags::TRUNC)?;
    // Nobody has sent what a call brings after receiving was shut down.
    let sender = sender.ok_or_else(|| from_errno(Errno::SHUTDOWN))?;
    if length > room {
        return Err(from_errno(Errno::MSGSIZE));
    }
    Ok((length, sender.try_into()?))
}

pub(crate) fn send(socket: &socket2::Socket, buffer: &[u8], flags: SendFlags) -> io::Result<usize> {
    Ok(net::send(socket, buffer, flags | SendFlags::NOSIGNAL)?)
}

pub(crate) fn send_to(
    socket: &socket2::Socket,
    buffer: &[u8],
    peer: SocketAddr,
) -> io::Result<usize> {
    Ok(net::sendto(socket, buffer, SendFlags::NOSIGNAL, &peer)?)
}

/// Makes the socket a listener.
pub(crate) fn listen(socket: &socket2::Socket, backlog: i32) -> io::Result<()> {
    // What lingers of the connections to come won't keep the next listener away.
    socket.set_reuse_address(true)?;
    socket.listen(backlog)
}

/// Binds a stream socket where connections linger, but not where another socket is bound.
pub(crate) fn bind_stream(socket: &socket2::Socket, address: &socket2::SockAddr) -> io::Result<()> {
    let in_use = match socket.bind(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => error,
        result => return result,
    };
    if socket.reuse_address()? {
        return Err(in_use);
    }
    // SO_REUSEADDR tells connections that linger from sockets in use only while the latter
    // don't have it too, so it is not left set.
    socket.set_reuse_address(true)?;
    let result = socket.bind(address);
    socket.set_reuse_address(false)?;
    result
}

/// How the connect under way has ended, if it has; an error is taken from the kernel.
pub(crate) fn end_of_connect(socket: &socket2::Socket) -> Option<io::Result<()>> {
    if let Some(error) = pending_error(socket) {
        return Some(Err(error));
    }
    let now = level(socket).ok()?;
    if now.hung_up {
        // It ended in between, or without an error.
        let error = pending_error(socket).unwrap_or_else(|| from_errno(Errno::CONNABORTED));
        return Some(Err(error));
    }
    (now.writable && socket.peer_addr().is_ok()).then_some(Ok(()))
}

/// Whether the connect of a socket goes on, and its peer.
pub(crate) fn peer(socket: &socket2::Socket) -> (bool, Option<SocketAddr>) {
    match socket.peer_addr() {
        Ok(peer) => (false, peer.as_socket()),
        // Only a socket whose handshake goes on has neither a peer nor hung up.
        Err(_) => (level(socket).is_ok_and(|now| !now.hung_up), None),
    }
}

/// Whether a connection that was made is lost by the error that ended its connect: a refused
/// one is CONNREFUSED.
pub(crate) fn is_reset_after_connect(error: &io::Error) -> bool {
    is_errno(error, Errno::CONNRESET) || is_errno(error, Errno::PIPE)
}

/// The error that a stream's connection is lost by, if `error` says so. `sending` tells whether
/// this side may still send.
pub(crate) fn loss(error: &io::Error, sending: bool) -> Option<i32> {
    if is_errno(error, Errno::CONNRESET) || is_errno(error, Errno::TIMEDOUT) {
        return error.raw_os_error();
    }
    // The kernel's name for a reset after the peer had ended its side.
    let reset = is_errno(error, Errno::PIPE) && sending;
    reset.then_some(Errno::CONNRESET.raw_os_error())
}

/// Whether the socket is of one of the internet families.
pub(crate) fn is_internet(socket: &socket2::Socket) -> io::Result<bool> {
    Ok(socket.local_addr()?.as_socket().is_some())
}

pub(crate) fn is_listener(socket: &socket2::Socket) -> io::Result<bool> {
    socket.is_listener()
}

fn pending_error(socket: &socket2::Socket) -> Option<io::Error> {
    socket.take_error().unwrap_or_else(Some)
}
