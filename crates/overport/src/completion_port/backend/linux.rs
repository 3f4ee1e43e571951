//! What a port rests on on Linux where nobody asks.

use std::io;

use super::{Backend, Chosen};

/// What one thread has to itself is made on io_uring if that works here, and all else on epoll,
/// which costs less where threads share a port.
pub(super) fn choose<T>(
    pinned: bool,
    make: impl Fn(Backend) -> io::Result<T>,
) -> io::Result<Chosen<T>> {
    let chosen = |made, reason| Chosen { made, reason };
    if !pinned {
        let made = make(Backend::Epoll)?;
        return Ok(chosen(
            made,
            "it costs less where threads share a port".to_owned(),
        ));
    }
    match make(Backend::IoUring) {
        Ok(made) => Ok(chosen(made, "io_uring works here".to_owned())),
        Err(error) => {
            let made = make(Backend::Epoll)?;
            Ok(chosen(made, format!("io_uring can't be used: {error}")))
        }
    }
}
