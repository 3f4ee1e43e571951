//! epoll(7) and eventfd(2), on which the models rest that the system does not have.

use std::io;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use serde::Serialize;

/// What was tried, and the errors.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    pub(super) epoll: Attempt,
    pub(super) eventfd: Attempt,
}

/// How a trial went.
#[derive(Debug, Serialize)]
pub(super) struct Attempt {
    pub(super) works: bool,
    pub(super) reason: Option<String>,
}

/// Sets an eventfd and has epoll tell of it.
pub(super) fn examine() -> Readiness {
    Readiness {
        epoll: try_epoll().into(),
        eventfd: try_eventfd().into(),
    }
}

impl From<io::Result<()>> for Attempt {
    fn from(result: io::Result<()>) -> Self {
        Self {
            works: result.is_ok(),
            reason: result.err().map(|error| error.to_string()),
        }
    }
}

fn try_eventfd() -> io::Result<()> {
    let event = eventfd(1, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let mut count = [0; 8];
    rustix::io::read(&event, &mut count)?;
    match u64::from_ne_bytes(count) {
        1 => Ok(()),
        other => Err(io::Error::other(format!("counted {other} for 1"))),
    }
}

fn try_epoll() -> io::Result<()> {
    let event = eventfd(1, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let interest = EventFlags::IN | EventFlags::ET;
    epoll::add(&epoll, &event, EventData::new_u64(7), interest)?;
    let mut events = Vec::with_capacity(1);
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    epoll::wait(&epoll, spare_capacity(&mut events), Some(&now))?;
    match events.first() {
        Some(event) if event.data.u64() == 7 => Ok(()),
        _ => Err(io::Error::other("an event was not told of")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_work_where_the_tests_run() {
        let readiness = examine();
        assert_eq!(readiness.epoll.reason, None);
        assert_eq!(readiness.eventfd.reason, None);
    }
}
