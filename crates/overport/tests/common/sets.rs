//! Calls of select for one socket, and what they are made of.

use std::net::SocketAddr;
use std::time::Duration;

use overport::Socket;
use overport::select::{FdSet, select};

use super::{DEADLINE, stream};

/// The timeout of a call that looks once.
pub(crate) const NOW: Option<Duration> = Some(Duration::ZERO);

/// The timeout of a call that finds something before.
pub(crate) const SOON: Option<Duration> = Some(DEADLINE);

/// A set of these sockets, as many as there are.
pub(crate) fn set<'a>(sockets: impl IntoIterator<Item = &'a Socket>) -> FdSet {
    let mut set = FdSet::with_limit(usize::MAX);
    for socket in sockets {
        set.add(socket).unwrap();
    }
    set
}

/// Waits until a socket is in one of the sets, and tells in which: read, write, exception.
pub(crate) fn ready(socket: &Socket, timeout: Option<Duration>) -> [bool; 3] {
    let [mut read, mut write, mut except] = [(); 3].map(|()| set([socket]));
    let count = select(
        Some(&mut read),
        Some(&mut write),
        Some(&mut except),
        timeout,
    )
    .unwrap();
    let ready = [read, write, except].map(|set| set.contains(socket));
    assert_eq!(count, ready.iter().filter(|&&ready| ready).count());
    ready
}

/// Waits until a socket is readable; whether it is.
pub(crate) fn is_readable(socket: &Socket, timeout: Option<Duration>) -> bool {
    select(Some(&mut set([socket])), None, None, timeout).unwrap() == 1
}

/// A non-blocking stream socket that has begun to connect.
pub(crate) fn connecting(address: SocketAddr) -> Socket {
    let socket = stream();
    socket.set_nonblocking(true).unwrap();
    socket.connect(address).unwrap_err();
    socket
}
