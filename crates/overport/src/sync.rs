//! The locks, atomics and threads of the packet queue, exchanged for loom's when it is
//! model-checked.

#[cfg(not(loom))]
mod real {
    pub(crate) use std::sync::{Mutex, MutexGuard, atomic};
    pub(crate) use std::thread::{Thread, current};

    pub(crate) use crate::sys::thread::ThreadId;

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
    pub(crate) use loom::sync::{Mutex, MutexGuard, atomic};

    use std::sync::Arc;
    use std::time::Instant;

    use loom::sync::Condvar;

    /// The name of one of the model's threads.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct ThreadId(loom::thread::ThreadId);

    impl ThreadId {
        pub(crate) fn current() -> Self {
            Self(loom::thread::current().id())
        }

        /// loom's threads can't be looked at, and any may be blocked.
        pub(crate) fn is_blocked(self) -> bool {
            true
        }
    }

    /// A handle to wake a thread by. loom's own forgets a wake-up that comes while the thread
    /// waits for a lock.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Thread(Arc<(Mutex<bool>, Condvar)>);

    loom::thread_local! {
        static CURRENT: Thread = Thread::default();
    }

    pub(crate) fn current() -> Thread {
        CURRENT.with(Thread::clone)
    }

    impl Thread {
        pub(crate) fn unpark(&self) {
            let (woken, changed) = &*self.0;
            *woken.lock().expect("nobody panics with it") = true;
            changed.notify_one();
        }
    }

    /// loom knows no time: a wait with a deadline ends when others have run.
    pub(crate) fn park(deadline: Option<Instant>) {
        let thread = current();
        let (woken, changed) = &*thread.0;
        if deadline.is_some() {
            loom::thread::yield_now();
        }
        let mut woken = woken.lock().expect("nobody panics with it");
        while deadline.is_none() && !*woken {
            woken = changed.wait(woken).expect("nobody panics with it");
        }
        *woken = false;
    }
}

pub(crate) use real::*;
