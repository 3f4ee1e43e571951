//! What Winsock's shutdown does to a receive: it leaves one that waits alone, and resets the
//! connection when more comes. So a server that is stopped ends its receives itself: it takes what
//! has come, and waits for no more.

/// Whether a shutdown ends a receive that waits, and those to come behind what has come already.
pub(crate) const ENDS_BY_SHUTDOWN: bool = false;
