//! How a server is stopped: the first signal asks it to finish what is in flight, the grace
//! time bounds that, a second signal ends it at once.
//!
//! In flight is what the system has received for the server by then. A model ends receiving
//! at each client (shutdown(2)), so the stream of the client ends behind that; it echoes
//! the rest and lets the client go as if the client had ended.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::server::Server;
use crate::failure::Failure;

/// Whether the server is being stopped, and whom to wake for it.
#[derive(Debug, Default)]
pub(super) struct Stop {
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
pub(super) struct Registration<'stop> {
    stop: &'stop Stop,
    id: u64,
}

impl Stop {
    /// Whether the server finishes what is in flight and then ends.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Has `wake` called once when the server is stopped, at once where it is already. It runs on
    /// another thread, so it does no more than wake the model's: close the listener, post a
    /// message, set an event.
    pub(super) fn on_stop(&self, wake: impl FnOnce() + Send + 'static) -> Registration<'_> {
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

    /// Waits until `deadline`, or until the server is stopped.
    pub(super) fn wait_until(&self, deadline: Instant) {
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

    /// Asks the model to finish.
    fn begin(&self) {
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

/// Stops `server` on Ctrl-C and SIGTERM.
pub(super) fn on_signals(server: &Arc<Server>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let server = Arc::clone(server);
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            let mut signals = signals.forever();
            signals.next();
            server.log.event(format_args!(
                "stopping: {} to finish",
                server.clients_in_words()
            ));
            server.stop.begin();
            end_after_grace(&server);
            signals.next();
            Failure::interrupted().report();
            exit(130);
        })?;
    Ok(())
}

/// Ends the program when the clients have had their time to finish.
fn end_after_grace(server: &Arc<Server>) {
    let server = Arc::clone(server);
    let grace = server.args.grace();
    let watch = thread::Builder::new().name("grace".into()).spawn(move || {
        thread::sleep(grace);
        server.log.event(format_args!(
            "the grace time is over: {} cut off",
            server.clients_in_words()
        ));
        exit(0);
    });
    if watch.is_err() {
        // Without a thread to wait on, nobody would end a drain that hangs.
        exit(0);
    }
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
