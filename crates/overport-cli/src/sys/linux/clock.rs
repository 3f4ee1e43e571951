//! clock_getcpuclockid(3), the clock tick of /proc, and what /proc tells of a thread.

use std::fs;
use std::io;
use std::process;

use nix::errno::Errno;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use rustix::param::clock_ticks_per_second;
use rustix::time::clock_gettime;

/// The processor's time that the process has used, user and system together, in nanoseconds;
/// that of its threads that have ended is included, that of its children is not. Fails with
/// `NotFound` where there is no such process.
pub(crate) fn process_cpu_ns(pid: i32) -> io::Result<u64> {
    let clock = clock_getcpuclockid(Pid::from_raw(pid));
    let time = clock.and_then(ClockId::now).map_err(|errno| match errno {
        // The second one where the process ended in between.
        Errno::ESRCH | Errno::EINVAL => io::ErrorKind::NotFound.into(),
        other => io::Error::from(other),
    })?;
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    let ns = u64::try_from(time.tv_nsec()).unwrap_or(0);
    Ok(seconds * 1_000_000_000 + ns)
}

/// The same of this process; none where the system does not tell.
pub(crate) fn own_cpu_ns() -> Option<u64> {
    let own = i32::try_from(process::id()).ok()?;
    process_cpu_ns(own).ok()
}

/// The processor's time that the calling thread has used, user and system together.
pub(crate) fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// How long the calling thread has been in a run queue, waiting for a processor: the second number
/// of /proc/thread-self/schedstat. None where the system does not tell.
pub(crate) fn thread_waited_ns() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The unit in which the system counts the parts of a process's time, and those of a processor's.
pub(crate) fn tick_ns() -> u64 {
    1_000_000_000 / clock_ticks_per_second().max(1)
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn the_clock_of_a_process_goes_on_while_it_computes() {
        let own = i32::try_from(process::id()).unwrap();
        let before = process_cpu_ns(own).unwrap();
        let mut now = before;
        while now < before + 1000 {
            now = process_cpu_ns(own).unwrap();
        }
    }

    #[test]
    fn there_is_no_clock_without_a_process() {
        let error = process_cpu_ns(1 << 28).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
