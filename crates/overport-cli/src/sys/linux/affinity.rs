//! sched_getaffinity(2), sched_setaffinity(2), and /sys/devices/system/cpu.

use std::fs;
use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that the calling thread may use, in ascending order.
pub(crate) fn usable() -> io::Result<Vec<usize>> {
    Ok(numbers(&sched_getaffinity(None)?))
}

/// Binds the calling thread, and the threads and processes that it starts from now on, to `cpus`.
///
/// Fails with `InvalidInput` where none of them can be used.
pub(crate) fn pin(cpus: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &cpu in cpus.iter().filter(|&&cpu| cpu < CpuSet::MAX_CPU) {
        set.set(cpu);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// What tells the core of a processor from the others: the lowest of the processors that share
/// it. None where the system does not tell.
pub(crate) fn core(cpu: usize) -> Option<usize> {
    let topology = format!("/sys/devices/system/cpu/cpu{cpu}/topology");
    // The list has a new name since Linux 5.2.
    let list = ["core_cpus_list", "thread_siblings_list"]
        .iter()
        .find_map(|name| fs::read_to_string(format!("{topology}/{name}")).ok())?;
    let lowest = list.split([',', '-']).next()?;
    lowest.trim().parse().ok()
}

fn numbers(set: &CpuSet) -> Vec<usize> {
    (0..CpuSet::MAX_CPU)
        .filter(|&cpu| set.is_set(cpu))
        .collect()
}

/// The processors that a process may use.
#[cfg(test)]
pub(crate) fn of(pid: i32) -> io::Result<Vec<usize>> {
    let pid = rustix::process::Pid::from_raw(pid);
    Ok(numbers(&sched_getaffinity(pid)?))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_can_be_bound_to_one_processor() {
        let first = usable().unwrap()[0];
        let bound = thread::spawn(move || pin(&[first]).and_then(|()| usable()));
        assert_eq!(bound.join().unwrap().unwrap(), [first]);
    }

    #[test]
    fn a_processor_that_does_not_exist_has_no_core() {
        assert_eq!(core(usize::MAX), None);
    }

    #[test]
    fn a_processor_that_does_not_exist_is_an_error() {
        let refused = thread::spawn(|| pin(&[usize::MAX])).join().unwrap();
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
