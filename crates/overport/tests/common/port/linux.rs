//! What the tests of the completion port ask of Linux.

use std::fs;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::DEADLINE;

/// The system's name of a thread.
pub(crate) type ThreadId = i32;

/// A send that does not wait, whatever the socket's mode.
pub(super) const SEND_AT_ONCE: rustix::net::SendFlags = rustix::net::SendFlags::DONTWAIT;

/// The system's name of the calling thread.
pub(crate) fn thread_id() -> ThreadId {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// Returns when the thread sleeps in the kernel and goes on doing so.
#[track_caller]
pub(crate) fn wait_until_asleep(thread_id: ThreadId) {
    let start = Instant::now();
    let mut sleeps_since = None;
    loop {
        let switches = switches(thread_id);
        if state(thread_id) != 'S' {
            sleeps_since = None;
        } else if sleeps_since == Some(switches) {
            return;
        } else {
            sleeps_since = Some(switches);
        }
        assert!(start.elapsed() < DEADLINE, "the thread does not sleep");
        thread::yield_now();
    }
}

/// The state letter of a thread of this process.
pub(crate) fn state(thread_id: ThreadId) -> char {
    let stat = fs::read_to_string(format!("/proc/self/task/{thread_id}/stat")).unwrap();
    let (_, behind_name) = stat.rsplit_once(')').unwrap();
    behind_name.trim_start().chars().next().unwrap()
}

/// How often a thread of this process has gone to sleep.
pub(crate) fn switches(thread_id: ThreadId) -> u64 {
    let status = fs::read_to_string(format!("/proc/self/task/{thread_id}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

/// The most descriptors that this process may have, once it has raised its limit as far as it can.
pub(crate) fn descriptors_max() -> Option<usize> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    raised.current.map(|limit| usize::try_from(limit).unwrap())
}

/// Returns when the flag is set. It computes, so that nobody can see that it waits.
#[track_caller]
pub(crate) fn wait_unseen(flag: &AtomicBool) {
    super::compute_until(flag);
}

/// What an idle connection takes of the port's memory without its key. A server has 512 bytes for
/// all of it: this, its own account, and what the allocator adds to five pieces.
pub(crate) const IDLE_BYTES: isize = 344;

/// Whether a send that is larger than the socket's buffers waits until the peer reads.
pub(crate) const LONG_SENDS_WAIT: bool = true;

/// Whether ports release no more threads than the concurrency value says.
pub(crate) fn keeps_the_concurrency_value() -> bool {
    true
}
