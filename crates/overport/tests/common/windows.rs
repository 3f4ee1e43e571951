//! What the tests ask of Windows.

use std::thread;
use std::time::Duration;

/// A thread, to be looked at by others.
#[derive(Clone, Copy)]
pub(crate) struct ThreadId;

impl ThreadId {
    pub(crate) fn current() -> Self {
        Self
    }

    /// Returns when the thread is likely to wait. No documented call tells whether it does, so it
    /// is given some time; if that is too short a test shows less than it could, and passes.
    pub(crate) fn wait_until_blocked(self) {
        thread::sleep(Duration::from_millis(30));
    }
}
