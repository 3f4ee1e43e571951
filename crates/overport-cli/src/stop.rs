//! How the program's work is asked to end: once, and whoever waits meanwhile is woken.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::sys::interrupts::Interrupts;

/// Whether the end was asked for, and whom to wake for it.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    /// Set under the lock of `wakers`, so that no wake-up comes too late for it.
    stopping: AtomicBool,
    wakers: Mutex<Wakers>,
    began: Condvar,
}

#[derive(Default)]
struct Wakers {
    next_id: u64,
    /// In the order of their registration, which is that of the calls: the listener is first.
    registered: BTreeMap<u64, Waker>,
}

type Waker = Box<dyn FnOnce() + Send>;

/// Keeps a wake-up registered; dropping it takes the wake-up back.
#[must_use = "the wake-up is taken back when this is dropped"]
#[derive(Debug)]
pub(crate) struct Registration<'stop> {
    stop: &'stop Stop,
    id: u64,
}

impl Stop {
    /// Whether the end was asked for.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Has `wake` called once when the end is asked for, at once where it was already. It runs on
    /// another thread, so it does no more than wake those who work: close a listener, post a
    /// message, set an event.
    pub(crate) fn on_stop(&self, wake: impl FnOnce() + Send + 'static) -> Registration<'_> {
        let mut wakers = self.lock();
        let id = wakers.next_id;
        wakers.next_id += 1;
        if self.is_stopping() {
            drop(wakers);
            wake();
        } else {
            wakers.registered.insert(id, Box::new(wake));
        }
        Registration { stop: self, id }
    }

    /// Waits until `deadline`, or until the end is asked for.
    pub(crate) fn wait_until(&self, deadline: Instant) {
        let mut wakers = self.lock();
        while !self.is_stopping() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            wakers = self
                .began
                .wait_timeout(wakers, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Asks for the end: wakes whoever waits. From the second call on nothing happens.
    pub(crate) fn begin(&self) {
        let mut wakers = self.lock();
        self.stopping.store(true, Ordering::Release);
        let registered = std::mem::take(&mut wakers.registered);
        drop(wakers);
        self.began.notify_all();
        for wake in registered.into_values() {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wakers> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for the end when the user or the system does (Ctrl-C; SIGTERM and SIGHUP, or Ctrl-Break and
/// the end of the console), for as long as the program runs.
///
/// # Errors
/// Where these can't be handled or the thread that waits for them can't be started.
pub(crate) fn on_interrupts(stop: &Arc<Stop>) -> io::Result<()> {
    let mut interrupts = Interrupts::with_hangup()?;
    let stop = Arc::clone(stop);
    let waiting = thread::Builder::new().name("interrupts".into());
    waiting.spawn(move || {
        loop {
            interrupts.wait();
            stop.begin();
        }
    })?;
    Ok(())
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        let waker = self.stop.lock().registered.remove(&self.id);
        // What it holds may be the last of a socket: not under the lock.
        drop(waker);
    }
}

impl fmt::Debug for Wakers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Wakers")
            .field("registered", &self.registered.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn wake_ups_are_called_once_in_the_order_of_their_registration() {
        let stop = Stop::default();
        let (sender, called) = channel();
        let registrations: Vec<_> = (0..3)
            .map(|number| {
                let sender = sender.clone();
                stop.on_stop(move || sender.send(number).unwrap())
            })
            .collect();
        stop.begin();
        stop.begin();
        assert_eq!(called.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
        drop(registrations);
    }

    #[test]
    fn a_wake_up_that_was_taken_back_is_not_called() {
        let stop = Stop::default();
        let (sender, called) = channel();
        drop(stop.on_stop(move || sender.send(()).unwrap()));
        stop.begin();
        assert_eq!(called.try_iter().count(), 0);
    }

    #[test]
    fn a_wake_up_that_comes_after_the_stop_is_called_at_once() {
        let stop = Stop::default();
        stop.begin();
        let (sender, called) = channel();
        let _registration = stop.on_stop(move || sender.send(()).unwrap());
        assert_eq!(called.try_iter().count(), 1);
    }

    #[test]
    fn a_stop_ends_a_wait_before_its_time() {
        let stop = Stop::default();
        let deadline = Instant::now() + std::time::Duration::from_secs(600);
        thread::scope(|scope| {
            let waits = scope.spawn(|| stop.wait_until(deadline));
            stop.begin();
            waits.join().unwrap();
        });
        assert!(stop.is_stopping());
    }
}
