//! The registration of a socket with `event_select` or `async_select`, at most one a socket.

#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod target;
mod untold;

use std::io;
use std::sync::Arc;

use crate::network_events::NetworkEvents;
use crate::socket::Socket;
pub(crate) use system::{Registration, Source};
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

impl Registration {
    /// The socket's registration, of either model.
    pub(crate) fn of(socket: &Socket) -> Option<Arc<Self>> {
        socket.inner().observer()?.into_any().downcast().ok()
    }
}
