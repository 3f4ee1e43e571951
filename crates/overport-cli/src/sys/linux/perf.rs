//! perf_event_open(2): counts the system calls of running processes without stopping them.
//!
//! The system offers: a counter of a tracepoint for each thread, which the threads and processes
//! that it starts inherit. Strategy: one for each thread that there is, of
//! `raw_syscalls:sys_enter`. Cost: some tens of nanoseconds a call, and a descriptor for each
//! thread that ran before. The gap: it takes CAP_PERFMON (or kernel.perf_event_paranoid below 2)
//! and the right to read tracefs, which is root's as a rule; and what an io_uring does is not a
//! system call.

#![expect(
    unsafe_code,
    reason = "the safe bindings of this call bring six crates along"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, c_ulong};

use super::process;

/// The number of the tracepoint, where tracefs is mounted, and where it was before Linux 4.1.
const TRACEPOINT: [&str; 2] = [
    "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
    "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
];

/// How often the threads of a group may change while they are attached to.
const ATTEMPTS: u32 = 20;

/// The system calls of a process group, being counted. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Counter {
    /// One for each thread that there was at the begin.
    events: Vec<OwnedFd>,
}

impl Counter {
    /// Counts what the group's threads call from now on, and what those do that they start. Fails
    /// with `PermissionDenied` where the system forbids it.
    pub(crate) fn attach(group: i32) -> io::Result<Self> {
        let id = tracepoint()?;
        for _ in 0..ATTEMPTS {
            let tasks = tasks(group)?;
            let events = open_all(&tasks, id)?;
            // Of a thread that came meanwhile nobody knows whether it has inherited a counter.
            if self::tasks(group)? == tasks {
                return Ok(Self { events });
            }
        }
        Err(io::Error::other("its threads come and go too fast"))
    }

    /// How many there were until now.
    pub(crate) fn count(&self) -> io::Result<u64> {
        let mut sum = 0;
        for event in &self.events {
            let mut count = [0; 8];
            rustix::io::read(event, &mut count)?;
            sum += u64::from_ne_bytes(count);
        }
        Ok(sum)
    }
}

fn tracepoint() -> io::Result<u64> {
    let text = fs::read_to_string(TRACEPOINT[0]).or_else(|error| {
        // Its own error says less.
        fs::read_to_string(TRACEPOINT[1]).map_err(|_| error)
    });
    let text =
        text.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", TRACEPOINT[0])))?;
    text.trim()
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, TRACEPOINT[0]))
}

fn tasks(group: i32) -> io::Result<BTreeSet<i32>> {
    let mut tasks = BTreeSet::new();
    for pid in process::members(group)? {
        // Those of a process that is gone are, too.
        tasks.extend(process::tasks(pid).unwrap_or_default());
    }
    Ok(tasks)
}

fn open_all(tasks: &BTreeSet<i32>, id: u64) -> io::Result<Vec<OwnedFd>> {
    let mut events = Vec::with_capacity(tasks.len());
    for &task in tasks {
        match open(task, id) {
            Ok(event) => events.push(event),
            Err(Errno::ESRCH) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(events)
}

/// `struct perf_event_attr` in its first version, which every kernel takes.
#[repr(C)]
#[derive(Debug, Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    config1: u64,
}

const PERF_TYPE_TRACEPOINT: u32 = 2;
/// `inherit`, the second bit of the flags. Bit fields begin at the lower end on a little-endian
/// machine, and at the upper end on others.
const INHERIT: u64 = if cfg!(target_endian = "little") {
    1 << 1
} else {
    1 << 62
};
const PERF_FLAG_FD_CLOEXEC: c_ulong = 1 << 3;

/// A counter of one thread on any processor, which counts at once and is inherited.
fn open(task: i32, tracepoint: u64) -> Result<OwnedFd, Errno> {
    let attributes = Attributes {
        kind: PERF_TYPE_TRACEPOINT,
        size: size_of::<Attributes>() as u32,
        config: tracepoint,
        flags: INHERIT,
        ..Attributes::default()
    };
    let (any_processor, no_group): (c_int, c_int) = (-1, -1);
    // SAFETY: the attributes are as long as they say, live through the call, and ask for no
    // memory to be written to.
    let fd: c_long = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            task,
            any_processor,
            no_group,
            PERF_FLAG_FD_CLOEXEC,
        )
    };
    let fd = Errno::result(fd)?;
    // SAFETY: the call has just made this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_are_those_of_the_first_version() {
        assert_eq!(size_of::<Attributes>(), 64);
    }

    #[test]
    fn a_thread_that_does_not_exist_has_no_counter() {
        assert!(open(i32::MAX, 1).is_err());
    }
}
