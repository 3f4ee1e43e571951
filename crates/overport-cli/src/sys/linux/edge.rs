//! What an event of mio's stands for: an edge of epoll(7).

/// Whether a read that did not fill its buffer is enough to be told of what comes next. Otherwise
/// it takes one that would have blocked.
pub(crate) const PARTIAL_READ_IS_ENOUGH: bool = true;
