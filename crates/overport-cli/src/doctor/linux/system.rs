//! The kernel, its processors and its limits.

use std::thread::available_parallelism;

use serde::Serialize;

use crate::sys::limit::Limit;
use crate::sys::{descriptors, host, sysctl};

/// What the system allows.
#[derive(Debug, Serialize)]
pub(super) struct System {
    pub(super) kernel: String,
    pub(super) processors: Processors,
    pub(super) descriptors: Descriptors,
    /// RLIMIT_MEMLOCK.
    pub(super) locked_memory_bytes: Limit,
    /// net.ipv4.ip_local_port_range, the first and the last.
    pub(super) local_ports: Option<(u64, u64)>,
    /// net.core.somaxconn: the longest queue of connections that wait for an accept.
    pub(super) somaxconn: Option<u64>,
    pub(super) perf: Perf,
}

/// The processors, and how many of them this process may use.
#[derive(Debug, Serialize)]
pub(super) struct Processors {
    /// Those that are on, as the kernel lists them.
    pub(super) online: Option<String>,
    /// How many the affinity of this process names.
    pub(super) affinity: Option<u32>,
    /// How many can be used at once, a control group's quota included.
    pub(super) usable: Option<usize>,
}

/// The limits on open descriptors.
#[derive(Debug, Serialize)]
pub(super) struct Descriptors {
    /// RLIMIT_NOFILE: of this process, and how far it may raise it.
    pub(super) limit: Limit,
    /// fs.nr_open: how far root may raise it.
    pub(super) nr_open: Option<u64>,
    /// fs.file-max: all processes together.
    pub(super) file_max: Option<u64>,
}

/// Whether perf_event_open(2) may be used. It is read from the switch and the privileges: a
/// trial is not to be had by safe means.
#[derive(Debug, Serialize)]
pub(super) struct Perf {
    /// kernel.perf_event_paranoid; none where the kernel has no perf events.
    pub(super) paranoid: Option<i64>,
    /// The process has CAP_PERFMON or CAP_SYS_ADMIN, to which the switch does not apply.
    pub(super) privileged: bool,
    /// The process may count its own events, in its own code at least.
    pub(super) own_events: bool,
    /// It may also count what the kernel does for it.
    pub(super) kernel_events: bool,
}

/// Reads all of it.
pub(super) fn examine() -> System {
    System {
        kernel: host::kernel_release().unwrap_or_else(|| "unknown".to_owned()),
        processors: Processors {
            online: std::fs::read_to_string("/sys/devices/system/cpu/online")
                .ok()
                .map(|list| list.trim().to_owned()),
            affinity: rustix::thread::sched_getaffinity(None)
                .ok()
                .map(|set| set.count()),
            usable: available_parallelism().ok().map(usize::from),
        },
        descriptors: Descriptors {
            limit: descriptors::limit(),
            nr_open: sysctl::number("fs.nr_open"),
            file_max: sysctl::number("fs.file-max"),
        },
        locked_memory_bytes: host::locked_memory_bytes(),
        local_ports: host::local_ports(),
        somaxconn: host::somaxconn(),
        perf: perf(
            sysctl::number("kernel.perf_event_paranoid"),
            effective_capabilities(),
        ),
    }
}

/// The bits of capabilities(7) that let a process use perf events whatever the switch says.
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_PERFMON: u64 = 1 << 38;

fn perf(paranoid: Option<i64>, capabilities: u64) -> Perf {
    let privileged = capabilities & (CAP_SYS_ADMIN | CAP_PERFMON) != 0;
    let allowed = |most| paranoid.is_some_and(|level| privileged || level <= most);
    Perf {
        paranoid,
        privileged,
        own_events: allowed(2),
        kernel_events: allowed(1),
    }
}

fn effective_capabilities() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perf_switch_binds_the_unprivileged() {
        assert!(!perf(Some(3), 0).own_events);
        assert!(perf(Some(2), 0).own_events);
        assert!(!perf(Some(2), 0).kernel_events);
        assert!(perf(Some(1), 0).kernel_events);
        assert!(perf(Some(4), CAP_PERFMON).kernel_events);
        assert!(!perf(None, CAP_SYS_ADMIN).own_events);
    }
}
