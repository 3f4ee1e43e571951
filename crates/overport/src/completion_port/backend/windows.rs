//! What a port rests on on Windows where nobody asks.

use std::io;

use super::{Backend, Chosen};

/// The completion port of the system, for any number of threads.
pub(super) fn choose<T>(
    _pinned: bool,
    make: impl Fn(Backend) -> io::Result<T>,
) -> io::Result<Chosen<T>> {
    Ok(Chosen {
        made: make(Backend::Iocp)?,
        reason: "it is the system's own".to_owned(),
    })
}
