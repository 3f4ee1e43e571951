//! The locks and threads of the packet queue, exchanged for loom's when it is model-checked.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use std::thread::{Thread, current};

    use std::thread;
    use std::time::Instant;

    /// Waits for an `unpark` of this thread, or until the deadline; may return early.
    pub(crate) fn park(deadline: Option<Instant>) {
        match deadline {
            None => thread::park(),
            Some(deadline) => {
                thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
            }
        }
    }
}

#[cfg(loom)]
mod real {
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use loom::thread::{Thread, current};

    use std::time::Instant;

    /// loom knows no time: a wait with a deadline may end at once or go on.
    pub(crate) fn park(deadline: Option<Instant>) {
        match deadline {
            None => loom::thread::park(),
            Some(_) => loom::thread::yield_now(),
        }
    }
}

pub(crate) use real::*;
