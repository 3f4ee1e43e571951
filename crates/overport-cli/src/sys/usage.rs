//! What processes and processors have used, as each system's calls tell it.

use std::io;

/// The processor's time that processes have used until a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// User and system. That of threads that have ended is included, and that of processes that
    /// have; on Linux only if their parent in the group has waited for them.
    pub(crate) ns: u64,
    /// Its parts, in the ticks of [`clock::tick_ns`](super::clock::tick_ns).
    pub(crate) user_ticks: u64,
    pub(crate) system_ticks: u64,
}

/// How large processes are at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Memory (the resident or working sets), added up over the processes; pages that they share
    /// count for each.
    pub(crate) rss_bytes: u64,
    /// The most that each of them ever had, added up.
    pub(crate) rss_peak_bytes: u64,
    pub(crate) threads: u64,
}

/// The time of one or several processors since the system started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProcessorTime {
    /// How many processors it is of.
    pub(crate) processors: usize,
    /// Nothing was to be done, or only a device was waited for.
    pub(crate) idle_ticks: u64,
    /// Interrupts, and what they left to do.
    pub(crate) interrupt_ticks: u64,
    /// The hypervisor ran somebody else; none where the system does not tell.
    pub(crate) steal_ticks: Option<u64>,
    /// The time of interrupts is not in that of the processes which they interrupt.
    pub(crate) interrupts_apart: bool,
}

/// What was told of something that may have ended meanwhile; none if it has.
pub(super) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
