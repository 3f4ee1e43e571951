//! What the tests ask of Linux.

use std::fs;
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::time::{ClockId, clock_gettime};

use super::DEADLINE;

/// A thread, to be looked at by others.
#[derive(Clone, Copy)]
pub(crate) struct ThreadId(i32);

impl ThreadId {
    pub(crate) fn current() -> Self {
        Self(rustix::thread::gettid().as_raw_nonzero().get())
    }

    /// Returns when the thread waits in the kernel; fails if it has ended.
    pub(crate) fn wait_until_blocked(self) {
        let start = Instant::now();
        let stat = format!("/proc/self/task/{}/stat", self.0);
        loop {
            let stat = fs::read_to_string(&stat).expect("the call goes on");
            let state = stat
                .rsplit(')')
                .next()
                .and_then(|rest| rest.trim().chars().next());
            if state == Some('S') {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "the call does not wait");
            thread::yield_now();
        }
    }
}

/// The processor time that the calling thread has used.
pub(crate) fn thread_cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// Whether the descriptor is readable, or becomes so in time.
pub(crate) fn is_readable(fd: impl AsFd, timeout: Duration) -> bool {
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let timeout = Timespec::try_from(timeout).unwrap();
    poll(&mut fds, Some(&timeout)).unwrap() == 1
}
