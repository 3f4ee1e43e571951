//! What a socket knows beside what the kernel knows of it, its connection apart.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Observer;

#[derive(Debug)]
pub(super) struct State {
    nonblocking: AtomicBool,
    closed: AtomicBool,
    /// Whether `observer` holds one, so that a call on a socket that nobody watches does not
    /// take the lock.
    observed: AtomicBool,
    observer: Mutex<Option<Arc<dyn Observer>>>,
}

impl State {
    pub(super) fn new(nonblocking: bool) -> Self {
        Self {
            nonblocking: AtomicBool::new(nonblocking),
            closed: AtomicBool::new(false),
            observed: AtomicBool::new(false),
            observer: Mutex::new(None),
        }
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) {
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// False where it was closed before. Who closes looks for those who wait then, who waits
    /// looks whether it is closed then: in one order over both, at least one sees the other.
    pub(super) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::SeqCst)
    }

    pub(super) fn observer(&self) -> Option<Arc<dyn Observer>> {
        if !self.observed.load(Ordering::Acquire) {
            return None;
        }
        self.observer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set_observer(&self, observer: Option<Arc<dyn Observer>>) {
        let mut current = self.observer.lock().unwrap_or_else(PoisonError::into_inner);
        // As with those who wait: who closes looks for an observer then, who observes looks whether it
        // is closed then.
        self.observed.store(observer.is_some(), Ordering::SeqCst);
        let before = std::mem::replace(&mut *current, observer);
        let left = before.as_ref().and_then(|before| before.ended());
        drop(current);
        drop((before, left));
    }

    pub(super) fn forget_observer(&self) {
        if self.observed.load(Ordering::SeqCst) {
            self.set_observer(None);
        }
    }
}
