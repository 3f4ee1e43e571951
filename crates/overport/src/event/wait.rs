//! Waits for several events. What is claimed is decided with all the events locked, so that
//! a wait for all takes all or none, and the lowest index wins of those that are set.

use std::borrow::Borrow;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use super::{EventObject, MAX_EVENTS};
use crate::sys::poll::{self, Interest, level};

/// Waits until one of the events is set, and gives its index: the lowest, where several are.
/// An auto-reset event is reset by that, and no other. `None` comes back at the timeout; a
/// timeout of `None` waits without end, one of zero looks without waiting (poll(2)).
///
/// # Errors
/// `InvalidInput` for no events, more than [`MAX_EVENTS`], or one event twice; what poll(2)
/// fails with.
#[doc(alias = "WSAWaitForMultipleEvents")]
#[doc(alias = "WaitForMultipleObjects")]
pub fn wait_any<E: Borrow<EventObject>>(
    events: &[E],
    timeout: Option<Duration>,
) -> io::Result<Option<usize>> {
    wait_any_up_to(MAX_EVENTS, events, timeout)
}

/// Like [`wait_any`], for up to `limit` events.
///
/// # Errors
/// Those of [`wait_any`], with `limit` in place of [`MAX_EVENTS`].
pub fn wait_any_up_to<E: Borrow<EventObject>>(
    limit: usize,
    events: &[E],
    timeout: Option<Duration>,
) -> io::Result<Option<usize>> {
    check_count(events.len(), limit)?;
    Ok(match wait(Mode::Any, events, timeout, None)? {
        Outcome::Signalled(index) => Some(index),
        Outcome::TimedOut | Outcome::Alerted => None,
    })
}

/// Waits until all the events are set at one moment; whether they were before the timeout.
/// The auto-reset ones among them are reset together, or none is. The timeout is that of
/// [`wait_any`].
///
/// # Errors
/// Those of [`wait_any`].
#[doc(alias = "WSAWaitForMultipleEvents")]
#[doc(alias = "WaitForMultipleObjects")]
pub fn wait_all<E: Borrow<EventObject>>(
    events: &[E],
    timeout: Option<Duration>,
) -> io::Result<bool> {
    wait_all_up_to(MAX_EVENTS, events, timeout)
}

/// Like [`wait_all`], for up to `limit` events.
///
/// # Errors
/// Those of [`wait_any`], with `limit` in place of [`MAX_EVENTS`].
pub fn wait_all_up_to<E: Borrow<EventObject>>(
    limit: usize,
    events: &[E],
    timeout: Option<Duration>,
) -> io::Result<bool> {
    check_count(events.len(), limit)?;
    let outcome = wait(Mode::All, events, timeout, None)?;
    Ok(matches!(outcome, Outcome::Signalled(_)))
}

/// What ends a wait for several events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Any,
    All,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The event with this index was claimed; or all were, and it is 0.
    Signalled(usize),
    TimedOut,
    /// The alert's descriptor became readable.
    Alerted,
}

/// The wait under all the others. Of several reasons to end, an event comes first, then the
/// alert, then the timeout. There may be no events at all.
pub(crate) fn wait<E: Borrow<EventObject>>(
    mode: Mode,
    events: &[E],
    timeout: Option<Duration>,
    alert: Option<BorrowedFd<'_>>,
) -> io::Result<Outcome> {
    // A timeout that no clock can reach is none.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let events = Events::new(events)?;
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

pub(crate) fn check_count(count: usize, limit: usize) -> io::Result<()> {
    if count == 0 {
        return Err(invalid("a wait needs at least one event".into()));
    }
    if count > limit {
        return Err(invalid(format!(
            "a wait takes at most {limit} events, and these are {count}; \
             the _up_to forms take a higher limit"
        )));
    }
    Ok(())
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// The events of one wait.
struct Events<'events> {
    events: Vec<&'events EventObject>,
    /// The indices in the order in which the events are locked.
    lock_order: Vec<usize>,
}

impl<'events> Events<'events> {
    fn new<E: Borrow<EventObject>>(events: &'events [E]) -> io::Result<Self> {
        let events: Vec<&EventObject> = events.iter().map(Borrow::borrow).collect();
        let mut lock_order: Vec<usize> = (0..events.len()).collect();
        lock_order.sort_unstable_by_key(|&index| events[index].lock_rank());
        let twice = |pair: &[usize]| events[pair[0]].is_same(events[pair[1]]);
        if lock_order.windows(2).any(twice) {
            return Err(invalid("a wait takes each event once".into()));
        }
        Ok(Self { events, lock_order })
    }

    fn drive(&self) -> io::Result<()> {
        self.events.iter().try_for_each(|event| event.drive())
    }

    /// Claims what ends the wait, and gives its index; or gives an event that is not set.
    fn claim(&self, mode: Mode) -> Result<usize, usize> {
        let mut locked: Vec<(usize, MutexGuard<'_, bool>)> = self
            .lock_order
            .iter()
            .map(|&index| (index, self.events[index].lock()))
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
                self.events[*index].claim_under(is_set);
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
            Mode::Any => &self.events[..],
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
        wait(Mode::Any, events, timeout, Some(alert.as_fd())).unwrap()
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
