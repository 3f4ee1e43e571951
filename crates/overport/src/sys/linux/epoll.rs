//! epoll(7), edge-triggered: a descriptor is added once, for everything, and reported
//! whenever something about it changes. The levels that come with an edge are those of the
//! moment of the wait.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::poll::{Readiness, timespec};

/// An epoll instance.
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

/// What one wait brought; kept between waits so that waiting allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Events(Vec<(u64, Readiness)>);

impl Events {
    /// How many edges one wait brings at most.
    pub(crate) const LIMIT: usize = 256;

    /// The tokens and levels of the last wait.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Readiness)> + '_ {
        self.0.iter().copied()
    }

    /// Whether the last wait brought as much as one wait can, so that more may be waiting.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() == Self::LIMIT
    }
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Adds a descriptor, edge-triggered and for everything; an edge for what is ready
    /// already comes with the next wait.
    pub(crate) fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        let interest =
            EventFlags::IN | EventFlags::OUT | EventFlags::PRI | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(
            &self.0,
            fd,
            EventData::new_u64(token),
            interest,
        )?)
    }

    /// Adds a descriptor whose readability is reported for as long as it lasts.
    pub(crate) fn add_level(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(
            &self.0,
            fd,
            EventData::new_u64(token),
            EventFlags::IN,
        )?)
    }

    pub(crate) fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.0, fd)?)
    }

    /// Waits for an edge; `None` waits without end. A signal ends the wait with no events.
    pub(crate) fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.0.clear();
        let timeout = timeout.map(timespec);
        let mut room = [const { MaybeUninit::<Event>::uninit() }; Events::LIMIT];
        match epoll::wait(&self.0, &mut room, timeout.as_ref()) {
            Ok((brought, _)) => {
                let brought = brought.iter();
                events
                    .0
                    .extend(brought.map(|event| (event.data.u64(), readiness(event.flags))));
                Ok(())
            }
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn readiness(flags: EventFlags) -> Readiness {
    Readiness {
        readable: flags.contains(EventFlags::IN),
        writable: flags.contains(EventFlags::OUT),
        priority: flags.contains(EventFlags::PRI),
        read_closed: flags.intersects(EventFlags::RDHUP | EventFlags::HUP),
        hung_up: flags.contains(EventFlags::HUP),
        error: flags.contains(EventFlags::ERR),
    }
}
