//! What ends a thread's alertable waits when routines of its are due.

use std::borrow::Borrow;
use std::io;
use std::sync::OnceLock;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::event::{self, Alertable, EventObject, Mode, Outcome};
use crate::overlapped::routine::Arrivals;
use crate::sys::alert::Thread;

/// Alerts the thread when another has put something to its arrivals, once the thread has hung
/// it up. It is called under the lock of the arrivals.
#[derive(Default)]
pub(in crate::overlapped) struct Bell(OnceLock<(Thread, ThreadId)>);

impl Bell {
    /// Makes the bell, if that was not done before.
    pub(in crate::overlapped) fn hang(&self, _is_due: bool) -> io::Result<()> {
        if self.0.get().is_none() {
            // Nobody else makes it meanwhile, under the lock.
            let _ = self.0.set((Thread::current()?, thread::current().id()));
        }
        Ok(())
    }

    /// Says whether something is due.
    pub(in crate::overlapped) fn tell(&self, is_due: bool) {
        match self.0.get() {
            // What the thread puts there itself, it does not wait for.
            Some((thread, id)) if is_due && *id != thread::current().id() => thread.alert(),
            _ => {}
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
    arrivals.bell()?;
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        if arrivals.due() > 0 {
            return look(mode, events);
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match event::wait(mode, events, left, Some(Alertable))? {
            Outcome::Alerted if arrivals.due() > 0 => return Ok(Outcome::Alerted),
            // The call was none of ours, or for what was found due without it.
            Outcome::Alerted if left.is_none_or(|left| !left.is_zero()) => {}
            Outcome::Alerted => return Ok(Outcome::TimedOut),
            outcome => return Ok(outcome),
        }
    }
}

/// How a wait ends for which something is due at its begin.
fn look<E: Borrow<EventObject>>(mode: Mode, events: &[E]) -> io::Result<Outcome> {
    const NOW: Option<Duration> = Some(Duration::ZERO);
    if !events.is_empty() {
        let outcome = event::wait(mode, events, NOW, None)?;
        if outcome != Outcome::TimedOut {
            return Ok(outcome);
        }
    }
    // What the system has queued by now is due as well.
    let no_events: [&EventObject; 0] = [];
    event::wait(Mode::Any, &no_events, NOW, Some(Alertable))?;
    Ok(Outcome::Alerted)
}
