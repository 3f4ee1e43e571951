//! A first-in first-out queue, and the bell that tells its handler of it.

use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::system::Bell;

/// The queue. The bell rings while it holds something.
pub(super) struct Queue<T> {
    bell: Bell,
    items: Mutex<Items<T>>,
}

struct Items<T> {
    waiting: VecDeque<T>,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            bell: Bell::new()?,
            items: Mutex::new(Items {
                waiting: VecDeque::new(),
                is_closed: false,
            }),
        })
    }

    pub(super) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Adds an item, or gives it back where the queue is closed.
    pub(super) fn push(&self, item: T) -> Result<(), T> {
        let mut items = self.lock();
        if items.is_closed {
            return Err(item);
        }
        if items.waiting.is_empty() {
            self.bell.ring();
        }
        items.waiting.push_back(item);
        Ok(())
    }

    pub(super) fn pop(&self) -> Option<T> {
        let mut items = self.lock();
        let item = items.waiting.pop_front()?;
        if items.waiting.is_empty() {
            self.bell.silence();
        }
        Some(item)
    }

    /// Removes items, and leaves the order of the others.
    pub(super) fn remove(&self, is_removed: impl Fn(&T) -> bool) {
        let mut items = self.lock();
        let had_some = !items.waiting.is_empty();
        items.waiting.retain(|item| !is_removed(item));
        if had_some && items.waiting.is_empty() {
            self.bell.silence();
        }
    }

    /// Takes nothing more from now on, and gives back what is left.
    pub(super) fn close(&self) -> VecDeque<T> {
        let mut items = self.lock();
        items.is_closed = true;
        self.bell.silence();
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
