//! What ends a thread's alertable waits when routines of its are due.

use std::borrow::Borrow;
use std::io;
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::time::Duration;

use crate::event::{self, EventObject, Mode, Outcome};
use crate::overlapped::routine::Arrivals;
use crate::sys::wake::Wake;

/// Readable while something is due, once the thread has hung it up. It is called under the
/// lock of the thread's arrivals.
#[derive(Default)]
pub(in crate::overlapped) struct Bell(OnceLock<Wake>);

impl Bell {
    /// Makes the bell, if that was not done before.
    pub(in crate::overlapped) fn hang(&self, is_due: bool) -> io::Result<()> {
        if self.0.get().is_none() {
            // Nobody else makes it meanwhile, under the lock.
            let _ = self.0.set(Wake::new()?);
            self.tell(is_due);
        }
        Ok(())
    }

    /// Says whether something is due.
    pub(in crate::overlapped) fn tell(&self, is_due: bool) {
        match self.0.get() {
            Some(wake) if is_due => wake.set(),
            Some(wake) => wake.clear(),
            // The thread has not waited yet.
            None => {}
        }
    }
}

/// Waits for the events, or until something is due.
pub(in crate::overlapped) fn wait<E: Borrow<EventObject>>(
    arrivals: &Arrivals,
    mode: Mode,
    events: &[E],
    timeout: Option<Duration>,
) -> io::Result<Outcome> {
    let alert = arrivals.bell()?.0.get().map(AsFd::as_fd);
    event::wait(mode, events, timeout, alert)
}
