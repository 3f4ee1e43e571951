//! What Winsock's shutdown does to a receive: it leaves one that waits alone, and resets the
//! connection when more comes. So a server that is stopped ends its receives itself: it takes what
//! has come, and waits for no more.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether a shutdown ends a receive that waits, and those to come behind what has come already.
pub(crate) const ENDS_BY_SHUTDOWN: bool = false;

/// Whether a receive is under way.
#[derive(Debug)]
pub(crate) struct Receiving(Mutex<bool>);

impl Receiving {
    /// None is.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(false))
    }

    /// Begins a receive by `begin`.
    pub(crate) fn begin<T>(&self, begin: impl FnOnce() -> T) -> T {
        let mut receives = self.lock();
        *receives = true;
        begin()
    }

    /// The receive has ended.
    pub(crate) fn ended(&self) {
        *self.lock() = false;
    }

    /// Does `cancel` if a receive is under way, and none begins or is told to have ended meanwhile.
    pub(crate) fn cancel(&self, cancel: impl FnOnce()) {
        let receives = self.lock();
        if *receives {
            cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
