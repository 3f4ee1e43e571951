//! poll(2): the readiness of a few descriptors, whatever their numbers.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What a descriptor is ready for at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// Data, a connection to accept, or the end of the stream (POLLIN).
    pub(crate) readable: bool,
    /// Room to send, or a connect that ended (POLLOUT).
    pub(crate) writable: bool,
    /// Out-of-band data (POLLPRI).
    pub(crate) priority: bool,
    /// The peer has stopped sending, or the connection is gone (POLLRDHUP, POLLHUP).
    pub(crate) read_closed: bool,
    /// Both directions have ended, or there was never a connection (POLLHUP).
    pub(crate) hung_up: bool,
    /// An error waits in SO_ERROR (POLLERR).
    pub(crate) error: bool,
}

impl Readiness {
    /// Whether it is ready for anything at all.
    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }
}

/// One descriptor of a [`wait`], and what it is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interest<'fd> {
    pub(crate) fd: BorrowedFd<'fd>,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) priority: bool,
}

impl<'fd> Interest<'fd> {
    pub(crate) fn readable(fd: BorrowedFd<'fd>) -> Self {
        Self {
            fd,
            readable: true,
            writable: false,
            priority: false,
        }
    }
}

/// The readiness of one descriptor now.
pub(crate) fn level(fd: impl AsFd) -> io::Result<Readiness> {
    let flags = PollFlags::IN | PollFlags::OUT | PollFlags::PRI | PollFlags::RDHUP;
    let mut fds = [PollFd::new(&fd, flags)];
    loop {
        match poll(&mut fds, Some(&timespec(Duration::ZERO))) {
            Ok(_) => return Ok(readiness(fds[0].revents())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until a descriptor is ready for what it is waited for, has hung up or has an
/// error, or until the deadline; `None` waits without end. The answers are in the order of
/// the question, all of them empty after the deadline. Signals do not end the wait.
pub(crate) fn wait(
    interests: &[Interest<'_>],
    deadline: Option<Instant>,
) -> io::Result<Vec<Readiness>> {
    let mut room = Room::default();
    room.wait(interests.iter().copied(), deadline)?;
    Ok(room.answers)
}

/// As [`wait()`] for one descriptor, without memory.
pub(crate) fn wait_for_one(
    interest: Interest<'_>,
    deadline: Option<Instant>,
) -> io::Result<Readiness> {
    let mut fds = [PollFd::from_borrowed_fd(interest.fd, flags_of(&interest))];
    poll_until(&mut fds, deadline)?;
    Ok(readiness(fds[0].revents()))
}

/// The memory of a wait, kept between waits so that waiting allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Room {
    fds: Vec<PollFd<'static>>,
    answers: Vec<Readiness>,
}

impl Room {
    /// As [`wait()`]; the answers stay until the next wait.
    pub(crate) fn wait<'fd>(
        &mut self,
        interests: impl Iterator<Item = Interest<'fd>>,
        deadline: Option<Instant>,
    ) -> io::Result<&[Readiness]> {
        let mut fds = emptied(std::mem::take(&mut self.fds));
        fds.extend(
            interests.map(|interest| PollFd::from_borrowed_fd(interest.fd, flags_of(&interest))),
        );
        let result = poll_until(&mut fds, deadline);
        self.answers.clear();
        self.answers
            .extend(fds.iter().map(|fd| readiness(fd.revents())));
        self.fds = emptied(fds);
        result.map(|()| &*self.answers)
    }
}

/// The same memory for descriptors of another lifetime: a vector that is collected from a
/// vector of the same layout takes over its allocation.
fn emptied<'to>(mut fds: Vec<PollFd<'_>>) -> Vec<PollFd<'to>> {
    fds.clear();
    fds.into_iter().map_while(|_| None).collect()
}

fn poll_until(fds: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    loop {
        let timeout =
            deadline.map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
        match poll(fds, timeout.as_ref()) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) fn timespec(timeout: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    }
}

fn flags_of(interest: &Interest<'_>) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN | PollFlags::RDHUP, interest.readable);
    flags.set(PollFlags::OUT, interest.writable);
    flags.set(PollFlags::PRI, interest.priority);
    flags
}

pub(super) fn readiness(flags: PollFlags) -> Readiness {
    Readiness {
        readable: flags.contains(PollFlags::IN),
        writable: flags.contains(PollFlags::OUT),
        priority: flags.contains(PollFlags::PRI),
        read_closed: flags.intersects(PollFlags::RDHUP | PollFlags::HUP),
        hung_up: flags.contains(PollFlags::HUP),
        error: flags.contains(PollFlags::ERR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::wake::Wake;

    #[test]
    fn waiting_again_takes_no_new_memory() {
        let wake = Wake::new().expect("an eventfd");
        wake.set();
        let mut room = Room::default();
        let mut wait = || {
            let interests = std::iter::repeat_n(Interest::readable(wake.as_fd()), 100);
            let answers = room.wait(interests, None).expect("poll");
            assert!(answers.iter().all(|answer| answer.readable));
            (room.fds.as_ptr(), room.fds.capacity())
        };
        let first = wait();
        assert!(first.1 >= 100);
        assert_eq!(wait(), first);
    }
}
