//! Events on Linux: a flag under a lock, and a driver's descriptor that is readable while it
//! is set. What a wait claims is decided with all its events locked, so that a wait for all
//! takes all or none, and the lowest index wins of those that are set.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{EventObject, Mode, Outcome};
use crate::driver::Driver;
use crate::sys::poll::{self, Interest, level};

/// What ends a wait beside its events: this descriptor becomes readable.
pub(crate) type Alert<'fd> = BorrowedFd<'fd>;

#[derive(Debug)]
pub(super) struct Event {
    driver: Driver,
    auto_reset: bool,
    /// Whether the event is set; the driver's wake-up is set with it, under this lock.
    is_set: Mutex<bool>,
}

impl Event {
    pub(super) fn new(auto_reset: bool) -> io::Result<Self> {
        Ok(Self {
            driver: Driver::new()?,
            auto_reset,
            is_set: Mutex::new(false),
        })
    }

    pub(super) fn set(&self) {
        let mut is_set = self.lock();
        if !*is_set {
            *is_set = true;
            self.driver.wake().set();
        }
    }

    pub(super) fn reset(&self) {
        self.reset_under(&mut self.lock());
    }

    pub(super) fn is_set(&self) -> io::Result<bool> {
        self.driver.drive()?;
        Ok(*self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reset_under(&self, is_set: &mut bool) {
        if *is_set {
            *is_set = false;
            self.driver.wake().clear();
        }
    }

    /// Takes the event for a wait that it ends.
    fn claim_under(&self, is_set: &mut bool) {
        if self.auto_reset {
            self.reset_under(is_set);
        }
    }
}

impl EventObject {
    /// Where the sockets are watched that are selected to this event.
    pub(crate) fn driver(&self) -> &Driver {
        &self.inner.driver
    }

    /// Handles what has happened on the sockets that are selected to this event.
    pub(crate) fn drive(&self) -> io::Result<()> {
        self.inner.driver.drive()
    }

    /// The order in which the locks of several events are taken.
    fn lock_rank(&self) -> usize {
        Arc::as_ptr(&self.inner) as usize
    }
}

pub(super) fn wait(
    mode: Mode,
    events: &[&EventObject],
    timeout: Option<Duration>,
    alert: Option<Alert<'_>>,
) -> io::Result<Outcome> {
    // A timeout that no clock can reach is none.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let events = Events::new(events);
    loop {
        events.drive()?;
        let missing = match events.claim(mode) {
            Ok(index) => return Ok(Outcome::Signalled(index)),
            Err(missing) => missing,
        };
        if let Some(alert) = alert {
            if level(alert)?.readable {
                return Ok(Outcome::Alerted);
            }
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(Outcome::TimedOut);
        }
        poll::wait(&events.interests(mode, missing, alert), deadline)?;
    }
}

/// The events of one wait.
struct Events<'events> {
    events: &'events [&'events EventObject],
    /// The indices in the order in which the events are locked.
    lock_order: Vec<usize>,
}

impl<'events> Events<'events> {
    fn new(events: &'events [&'events EventObject]) -> Self {
        let mut lock_order: Vec<usize> = (0..events.len()).collect();
        lock_order.sort_unstable_by_key(|&index| events[index].lock_rank());
        Self { events, lock_order }
    }

    fn drive(&self) -> io::Result<()> {
        self.events.iter().try_for_each(|event| event.drive())
    }

    /// Claims what ends the wait, and gives its index; or gives an event that is not set.
    fn claim(&self, mode: Mode) -> Result<usize, usize> {
        let mut locked: Vec<(usize, MutexGuard<'_, bool>)> = self
            .lock_order
            .iter()
            .map(|&index| (index, self.events[index].inner.lock()))
            .collect();
        let claimed = match mode {
            Mode::Any => lowest(&locked, true).ok_or(0_usize)?,
            Mode::All => match lowest(&locked, false) {
                Some(missing) => return Err(missing),
                None => 0,
            },
        };
        for (index, is_set) in &mut locked {
            if mode == Mode::All || *index == claimed {
                self.events[*index].inner.claim_under(is_set);
            }
        }
        Ok(claimed)
    }

    /// What to poll for: all events for any; for all, one that is missing, since those that
    /// are set would end the poll at once.
    fn interests<'fd>(
        &'fd self,
        mode: Mode,
        missing: usize,
        alert: Option<BorrowedFd<'fd>>,
    ) -> Vec<Interest<'fd>> {
        let events = match mode {
            Mode::Any => self.events,
            Mode::All => &self.events[missing..=missing],
        };
        events
            .iter()
            .map(|event| event.driver().as_fd())
            .chain(alert)
            .map(Interest::readable)
            .collect()
    }
}

/// The lowest index among the events that are set, or that are not.
fn lowest(locked: &[(usize, MutexGuard<'_, bool>)], set: bool) -> Option<usize> {
    locked
        .iter()
        .filter(|(_, is_set)| **is_set == set)
        .map(|&(index, _)| index)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::wake::Wake;

    const NOW: Option<Duration> = Some(Duration::ZERO);

    fn wait_for(events: &[EventObject], timeout: Option<Duration>, alert: &Wake) -> Outcome {
        let events: Vec<&EventObject> = events.iter().collect();
        wait(Mode::Any, &events, timeout, Some(alert.as_fd())).unwrap()
    }

    #[test]
    fn an_event_goes_before_an_alert_and_an_alert_before_the_timeout() {
        let events = [EventObject::auto_reset().unwrap()];
        let alert = Wake::new().unwrap();
        assert_eq!(wait_for(&events, NOW, &alert), Outcome::TimedOut);
        alert.set();
        assert_eq!(wait_for(&events, NOW, &alert), Outcome::Alerted);
        events[0].set();
        assert_eq!(wait_for(&events, NOW, &alert), Outcome::Signalled(0));
        assert_eq!(wait_for(&events, NOW, &alert), Outcome::Alerted);
    }

    #[test]
    fn an_alert_ends_a_wait_that_has_no_event() {
        let alert = Wake::new().unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| wait_for(&[], None, &alert));
            alert.set();
            assert_eq!(waiter.join().unwrap(), Outcome::Alerted);
        });
    }
}
