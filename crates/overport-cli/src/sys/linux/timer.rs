//! timerfd(2): a wait that ends at a nanosecond; epoll's own timeout counts milliseconds.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token, Waker};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

/// A timer that ends the wait of a poll.
#[derive(Debug)]
pub(crate) struct Timer {
    fd: OwnedFd,
    set_for_ns: Option<u64>,
}

impl Timer {
    /// A timer that is an event at `registry`'s poll with the token `token`. Where the system has
    /// no such timers it wakes the poll by `waker`, of that poll.
    pub(crate) fn new(registry: &Registry, token: Token, _waker: &Arc<Waker>) -> io::Result<Self> {
        let fd = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?;
        registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self {
            fd,
            set_for_ns: None,
        })
    }

    /// Lets the timer end at `due_ns`, of the same clock as `now_ns`. Setting it also clears
    /// what it has counted, so that it needs no read to be an edge again.
    pub(crate) fn set(&mut self, due_ns: u64, now_ns: u64) -> io::Result<()> {
        if self.set_for_ns == Some(due_ns) && due_ns > now_ns {
            return Ok(());
        }
        // A value of zero would disarm the timer.
        let wait_ns = due_ns.saturating_sub(now_ns).max(1);
        let spec = Itimerspec {
            it_interval: timespec(0),
            it_value: timespec(wait_ns),
        };
        timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &spec)?;
        self.set_for_ns = Some(due_ns);
        Ok(())
    }
}

fn timespec(duration_ns: u64) -> Timespec {
    // Both parts are below 2^34 and 10^9.
    Timespec {
        tv_sec: (duration_ns / 1_000_000_000) as i64,
        tv_nsec: (duration_ns % 1_000_000_000) as _,
    }
}
