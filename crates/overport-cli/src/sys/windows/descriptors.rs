//! Windows has no limit on the sockets of a process but memory.

use std::io;

use crate::sys::limit::Limit;

/// How many handles this process may have open.
pub(crate) fn limit() -> Limit {
    Limit {
        soft: None,
        hard: None,
    }
}

/// Succeeds, since there is no limit to be raised.
pub(crate) fn raise(_to: Option<u64>) -> io::Result<()> {
    Ok(())
}
