//! The registration of a socket with `event_select` or `async_select`: the I/O around the
//! rules of [`rearm`].
//!
//! A socket has at most one [`Registration`], and a registration one lock. Under it an event
//! is armed, the socket looked at, and what is found recorded, whether a call of the program
//! or an edge of the driver's epoll is the cause. So an event that comes between a call and
//! its arming is found by the look, and one that comes later by its edge.
//!
//! Locks are taken in this order: a driver's edges or a socket's observer, a registration, an
//! event or a queue. The registration holds its target, and neither holds the socket open.

mod rearm;
mod registration;
mod sight;
mod target;

use std::io;

use crate::network_events::NetworkEvents;
use crate::socket::Socket;
pub(crate) use registration::Registration;
pub(crate) use target::{Delivery, Errnos, Notice, Outbox, Target};

/// Selects events on a socket, in place of what was selected before; none of them ends it.
pub(crate) fn select(socket: &Socket, target: Target, selected: NetworkEvents) -> io::Result<()> {
    let inner = socket.inner();
    inner.check_open()?;
    if selected.is_empty() {
        inner.set_observer(None);
        return Ok(());
    }
    let registration = Registration::of(socket).unwrap_or_else(|| {
        let registration = Registration::new(socket);
        inner.set_observer(Some(registration.clone()));
        registration
    });
    let result = inner
        .set_nonblocking(true)
        .and_then(|()| registration.begin(inner, &target, selected));
    if result.is_err() || inner.is_closed() {
        inner.set_observer(None);
    }
    result
}
