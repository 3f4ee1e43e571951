//! What shutdown(2) does to a receive.

/// Whether a shutdown ends a receive that waits, and those to come behind what has come already.
pub(crate) const ENDS_BY_SHUTDOWN: bool = true;
