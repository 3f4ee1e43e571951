//! How a server is stopped: the first signal asks it to finish what is in flight, the grace
//! time bounds that, a second signal ends it at once.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::process::exit;
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
    state: Mutex<State>,
    began: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    next_id: u64,
    wakers: HashMap<u64, Waker>,
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
        self.lock().stopping
    }

    /// Has `wake` called once when the server is stopped, at once where it is already. It runs on
    /// another thread, so it does no more than wake the model's: close the listener, post a
    /// message, set an event.
    pub(super) fn on_stop(&self, wake: impl FnOnce() + Send + 'static) -> Registration<'_> {
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        if state.stopping {
            drop(state);
            wake();
        } else {
            state.wakers.insert(id, Box::new(wake));
        }
        Registration { stop: self, id }
    }

    /// Waits until `deadline`, or until the server is stopped.
    pub(super) fn wait_until(&self, deadline: Instant) {
        let mut state = self.lock();
        while !state.stopping {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .began
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Asks the model to finish.
    fn begin(&self) {
        let mut state = self.lock();
        state.stopping = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.began.notify_all();
        for wake in wakers.into_values() {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
                "stopping: {} clients to finish",
                server.clients()
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
            "the grace time is over: {} clients cut off",
            server.clients()
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
        let waker = self.stop.lock().wakers.remove(&self.id);
        // What it holds may be the last of a socket: not under the lock.
        drop(waker);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}
