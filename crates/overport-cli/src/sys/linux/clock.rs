//! clock_getcpuclockid(3), and the clock tick of /proc.

use std::io;

use nix::errno::Errno;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use rustix::param::clock_ticks_per_second;

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

/// The unit in which /proc counts time.
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
