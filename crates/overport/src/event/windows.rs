//! Events on Windows: the system's own.

use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::{EventObject, MAX_EVENTS, Mode, Outcome};
use crate::sys::event::{self, Waited};

/// What ends a wait beside its events: procedure calls that are queued to this thread were
/// run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alertable;

pub(crate) type Alert<'a> = Alertable;

#[derive(Debug)]
pub(super) struct Event {
    event: event::Event,
    auto_reset: bool,
}

/// Held to write by a look that takes an event and sets it back, and to read by whatever must
/// not see the event in between.
static LOOK: RwLock<()> = RwLock::new(());

impl Event {
    pub(super) fn new(auto_reset: bool) -> io::Result<Self> {
        let event = event::Event::new(auto_reset)?;
        Ok(Self { event, auto_reset })
    }

    pub(super) fn set(&self) {
        self.between_looks(|| self.event.set());
    }

    pub(super) fn reset(&self) {
        self.between_looks(|| self.event.reset());
    }

    pub(super) fn is_set(&self) -> io::Result<bool> {
        if !self.auto_reset {
            return is_signalled(&self.event);
        }
        let _alone = LOOK.write().unwrap_or_else(PoisonError::into_inner);
        let is_set = is_signalled(&self.event)?;
        if is_set {
            self.event.set();
        }
        Ok(is_set)
    }

    fn between_looks<R>(&self, call: impl FnOnce() -> R) -> R {
        let _undisturbed = LOOK.read().unwrap_or_else(PoisonError::into_inner);
        call()
    }
}

fn is_signalled(event: &event::Event) -> io::Result<bool> {
    let waited = event::wait(&[event.as_handle()], false, false, now())?;
    Ok(waited == Waited::Signalled(0))
}

/// A deadline that is over.
fn now() -> Option<Instant> {
    Some(Instant::now())
}

impl EventObject {
    /// The event, for calls that have the system set it.
    pub(crate) fn handle(&self) -> BorrowedHandle<'_> {
        self.inner.event.as_handle()
    }

    /// Makes a call that sets or resets the event.
    pub(crate) fn with_handle<R>(&self, call: impl FnOnce(BorrowedHandle<'_>) -> R) -> R {
        self.inner.between_looks(|| call(self.handle()))
    }
}

pub(super) fn wait(
    mode: Mode,
    events: &[&EventObject],
    timeout: Option<Duration>,
    alert: Option<Alert<'_>>,
) -> io::Result<Outcome> {
    if events.len() > MAX_EVENTS {
        let text = format!("a wait takes at most {MAX_EVENTS} events on Windows");
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    }
    // A timeout that no clock can reach is none.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let handles: Vec<_> = events.iter().map(|event| event.handle()).collect();
    let all = mode == Mode::All;
    let mut waited = Waited::TimedOut;
    if !handles.is_empty() {
        // An event that is set comes before what is queued, and is not missed because of a
        // look.
        let _undisturbed = LOOK.read().unwrap_or_else(PoisonError::into_inner);
        waited = event::wait(&handles, all, false, now())?;
    }
    let is_over = alert.is_none() && timeout.is_some_and(|timeout| timeout.is_zero());
    if waited == Waited::TimedOut && !is_over {
        waited = event::wait(&handles, all, alert.is_some(), deadline)?;
    }
    Ok(match waited {
        Waited::Signalled(index) => Outcome::Signalled(if all { 0 } else { index }),
        Waited::Alerted => Outcome::Alerted,
        Waited::TimedOut => Outcome::TimedOut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::alert::Thread;

    fn look(events: &[EventObject]) -> Outcome {
        let events: Vec<&EventObject> = events.iter().collect();
        wait(Mode::Any, &events, Some(Duration::ZERO), Some(Alertable)).unwrap()
    }

    #[test]
    fn an_event_goes_before_an_alert_and_an_alert_before_the_timeout() {
        let events = [EventObject::auto_reset().unwrap()];
        assert_eq!(look(&events), Outcome::TimedOut);
        let thread = Thread::current().unwrap();
        thread.alert();
        events[0].set();
        assert_eq!(look(&events), Outcome::Signalled(0));
        assert_eq!(look(&events), Outcome::Alerted);
        assert_eq!(look(&events), Outcome::TimedOut);
    }

    #[test]
    fn an_alert_ends_a_wait_that_has_no_event() {
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(move || {
                send.send(Thread::current().unwrap()).unwrap();
                wait(Mode::Any, &[], None, Some(Alertable)).unwrap()
            });
            receive.recv().unwrap().alert();
            assert_eq!(waiter.join().unwrap(), Outcome::Alerted);
        });
    }
}
