//! A first-in first-out queue whose handler drives the sockets that post to it.

use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::driver::Driver;
use crate::sys::poll::{self, Interest};

/// The queue. The driver's wake-up is set while it holds something.
pub(super) struct Queue<T> {
    driver: Driver,
    items: Mutex<Items<T>>,
}

struct Items<T> {
    waiting: VecDeque<T>,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            driver: Driver::new()?,
            items: Mutex::new(Items {
                waiting: VecDeque::new(),
                is_closed: false,
            }),
        })
    }

    pub(super) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Adds an item, or gives it back where the queue is closed.
    pub(super) fn push(&self, item: T) -> Result<(), T> {
        let mut items = self.lock();
        if items.is_closed {
            return Err(item);
        }
        if items.waiting.is_empty() {
            self.driver.wake().set();
        }
        items.waiting.push_back(item);
        Ok(())
    }

    pub(super) fn pop(&self) -> Option<T> {
        let mut items = self.lock();
        let item = items.waiting.pop_front()?;
        if items.waiting.is_empty() {
            self.driver.wake().clear();
        }
        Some(item)
    }

    /// Waits until an item or an edge is there, or until the deadline.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        let interest = Interest::readable(self.driver.as_fd());
        poll::wait_for_one(interest, deadline).map(|_| ())
    }

    /// Removes items, and leaves the order of the others.
    pub(super) fn remove(&self, is_removed: impl Fn(&T) -> bool) {
        let mut items = self.lock();
        let had_some = !items.waiting.is_empty();
        items.waiting.retain(|item| !is_removed(item));
        if had_some && items.waiting.is_empty() {
            self.driver.wake().clear();
        }
    }

    /// Takes nothing more from now on, and gives back what is left.
    pub(super) fn close(&self) -> VecDeque<T> {
        let mut items = self.lock();
        items.is_closed = true;
        self.driver.wake().clear();
        std::mem::take(&mut items.waiting)
    }

    fn lock(&self) -> MutexGuard<'_, Items<T>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Debug for Queue<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Queue").finish_non_exhaustive()
    }
}
