//! What shutdown(2) does to a receive.

/// Whether a shutdown ends a receive that waits, and those to come behind what has come already.
pub(crate) const ENDS_BY_SHUTDOWN: bool = true;

/// Whether a receive is under way, which nobody has to know where a shutdown ends it.
#[derive(Debug)]
pub(crate) struct Receiving;

impl Receiving {
    /// None is.
    pub(crate) fn new() -> Self {
        Self
    }

    /// Begins a receive by `begin`.
    pub(crate) fn begin<T>(&self, begin: impl FnOnce() -> T) -> T {
        begin()
    }

    /// The receive has ended.
    pub(crate) fn ended(&self) {}

    /// Does `cancel` if a receive is under way, and none begins or is told to have ended meanwhile.
    pub(crate) fn cancel(&self, _cancel: impl FnOnce()) {}
}
