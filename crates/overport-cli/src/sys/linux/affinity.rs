//! sched_getaffinity(2), sched_setaffinity(2), and /sys/devices/system/cpu.

use std::fs;
use std::io;
use std::num::NonZero;
use std::thread;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that the calling thread may use, in ascending order.
pub(crate) fn usable() -> io::Result<Vec<usize>> {
    Ok(numbers(&sched_getaffinity(None)?))
}

/// How many threads can run at once: one for each usable processor, or fewer where a control
/// group has a quota.
pub(crate) fn parallelism() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Binds the calling thread, and the threads and processes that it starts from now on, to `cpus`.
///
/// A system whose threads do not inherit it binds all of this process.
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

/// The processors that the leader of a group may use.
#[cfg(test)]
pub(crate) fn of(group: &super::group::GroupId) -> io::Result<Vec<usize>> {
    let leader = rustix::process::Pid::from_raw(*group);
    Ok(numbers(&sched_getaffinity(leader)?))
}

#[cfg(test)]
mod tests {
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
