//! Waits for several events: what they may be called with, and how they end.

use std::borrow::Borrow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::system::{self, Alert};
use super::{EventObject, MAX_EVENTS};

/// Waits until one of the events is set, and gives its index: the lowest, where several are.
/// An auto-reset event is reset by that, and no other. `None` comes back at the timeout; a
/// timeout of `None` waits without end, one of zero looks without waiting
/// (`WaitForMultipleObjectsEx`, poll(2)).
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
/// Those of [`wait_any`], with `limit` in place of [`MAX_EVENTS`]; `Unsupported` where the
/// system takes no more than that many.
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
/// Those of [`wait_any`], with `limit` in place of [`MAX_EVENTS`]; `Unsupported` where the
/// system takes no more than that many.
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
    /// The alert came.
    Alerted,
}

/// The wait under all the others. Of several reasons to end, an event comes first, then the
/// alert, then the timeout. There may be no events at all.
pub(crate) fn wait<E: Borrow<EventObject>>(
    mode: Mode,
    events: &[E],
    timeout: Option<Duration>,
    alert: Option<Alert<'_>>,
) -> io::Result<Outcome> {
    let events: Vec<&EventObject> = events.iter().map(Borrow::borrow).collect();
    let mut identities: Vec<_> = events
        .iter()
        .map(|event| Arc::as_ptr(&event.inner))
        .collect();
    identities.sort_unstable();
    if identities.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(invalid("a wait takes each event once".into()));
    }
    system::wait(mode, &events, timeout, alert)
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
