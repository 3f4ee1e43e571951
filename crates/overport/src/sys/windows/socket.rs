//! The calls on one socket that differ between the systems: `recv`, `send`, and what is to be
//! asked of a socket that somebody else has made.

use std::io;
use std::mem::size_of;
use std::net::SocketAddr;
use std::os::windows::io::AsRawSocket;

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, SO_ACCEPTCONN, SO_CONNECT_TIME, SO_PROTOCOL_INFOW, SOCKET, SOCKET_ERROR,
    SOL_SOCKET, WSAPROTOCOL_INFOW, getsockopt,
};

use super::codes::normalised;
use super::select::{Interest, level};
use crate::error::{from_errno, is_errno};

/// A receive that does not wait, as those of a socket in non-blocking mode don't.
pub(crate) const RECEIVE_AT_ONCE: RecvFlags = RecvFlags::empty();

/// A send that does not wait, as those of a socket in non-blocking mode don't.
pub(crate) const SEND_AT_ONCE: SendFlags = SendFlags::empty();

/// Receives what is there of a stream; 0 at its end.
pub(crate) fn receive(
    socket: &socket2::Socket,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<usize> {
    match outcome(net::recv(socket, buffer, flags)) {
        // A byte out of band is announced when it is there, not before: there is none.
        Err(error)
            if flags.contains(RecvFlags::OOB) && error.kind() == io::ErrorKind::WouldBlock =>
        {
            Err(from_errno(Errno::INVAL))
        }
        result => result.map(|(length, _)| length),
    }
}

/// Receives one datagram, and fails if the buffer does not hold all of it.
pub(crate) fn receive_datagram(
    socket: &socket2::Socket,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<(usize, SocketAddr)> {
    let (length, _, sender) = outcome(net::recvfrom(socket, buffer, flags))?;
    let sender = sender.ok_or_else(|| normalised(from_errno(Errno::SHUTDOWN)))?;
    Ok((length, sender.try_into()?))
}

pub(crate) fn send(socket: &socket2::Socket, buffer: &[u8], flags: SendFlags) -> io::Result<usize> {
    outcome(net::send(socket, buffer, flags))
}

pub(crate) fn send_to(
    socket: &socket2::Socket,
    buffer: &[u8],
    peer: SocketAddr,
) -> io::Result<usize> {
    outcome(net::sendto(socket, buffer, SendFlags::empty(), &peer))
}

/// Makes the socket a listener.
pub(crate) fn listen(socket: &socket2::Socket, backlog: i32) -> io::Result<()> {
    socket.listen(backlog)
}

/// Binds a stream socket where connections linger, but not where another socket is bound: what
/// Winsock does where neither SO_REUSEADDR nor SO_EXCLUSIVEADDRUSE was set.
pub(crate) fn bind_stream(socket: &socket2::Socket, address: &socket2::SockAddr) -> io::Result<()> {
    socket.bind(address)
}

/// How the connect under way has ended, if it has; an error is taken from the system.
pub(crate) fn end_of_connect(socket: &socket2::Socket) -> Option<io::Result<()>> {
    let now = level(socket, Interest::CONNECTED).ok()?;
    if now.write {
        return Some(Ok(()));
    }
    now.except.then(|| {
        let error = socket.take_error().unwrap_or_else(Some);
        // Another call may have taken it.
        Err(error.unwrap_or_else(|| from_errno(Errno::CONNABORTED)))
    })
}

/// Whether the connect of a socket goes on, and its peer: of the former Winsock says nothing
/// where somebody else has begun it.
pub(crate) fn peer(socket: &socket2::Socket) -> (bool, Option<SocketAddr>) {
    let mut seconds = NOT_CONNECTED;
    let connected =
        option(socket, SO_CONNECT_TIME, &mut seconds).is_ok() && seconds != NOT_CONNECTED;
    let peer = || socket.peer_addr().ok()?.as_socket();
    (false, connected.then(peer).flatten())
}

/// What SO_CONNECT_TIME is without a connection.
const NOT_CONNECTED: u32 = u32::MAX;

/// Whether a connection that was made is lost by the error that ended its connect: it is told
/// of by the next transfer instead.
pub(crate) fn is_reset_after_connect(_error: &io::Error) -> bool {
    false
}

/// The error that a stream's connection is lost by, if `error` says so.
pub(crate) fn loss(error: &io::Error, _sending: bool) -> Option<i32> {
    const LOSSES: [Errno; 4] = [
        Errno::CONNRESET,
        Errno::CONNABORTED,
        Errno::NETRESET,
        Errno::TIMEDOUT,
    ];
    let is_loss = LOSSES.iter().any(|&errno| is_errno(error, errno));
    error.raw_os_error().filter(|_| is_loss)
}

/// Whether the socket is of one of the internet families; it need not be bound.
pub(crate) fn is_internet(socket: &socket2::Socket) -> io::Result<bool> {
    // SAFETY: the structure holds integers only, for which zeros are values.
    let mut info: WSAPROTOCOL_INFOW = unsafe { std::mem::zeroed() };
    option(socket, SO_PROTOCOL_INFOW, &mut info)?;
    Ok([AF_INET, AF_INET6]
        .map(i32::from)
        .contains(&info.iAddressFamily))
}

pub(crate) fn is_listener(socket: &socket2::Socket) -> io::Result<bool> {
    let mut accepts = 0u32;
    option(socket, SO_ACCEPTCONN, &mut accepts)?;
    Ok(accepts != 0)
}

fn outcome<T>(result: rustix::io::Result<T>) -> io::Result<T> {
    result.map_err(|errno| normalised(errno.into()))
}

/// Reads an option of the socket level into a plain C value (`getsockopt`).
fn option<T: Copy>(socket: &socket2::Socket, name: i32, value: &mut T) -> io::Result<()> {
    let mut length = i32::try_from(size_of::<T>()).unwrap_or(0);
    // SAFETY: `value` is valid for writes of `length` bytes, and any bytes that the system
    // writes there make a value, as the callers' types hold integers only.
    let result = unsafe {
        getsockopt(
            socket.as_raw_socket() as SOCKET,
            SOL_SOCKET,
            name,
            std::ptr::from_mut(value).cast(),
            &mut length,
        )
    };
    if result == SOCKET_ERROR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
