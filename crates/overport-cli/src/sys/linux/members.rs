//! What the processes of a group are and have used, added up: their clocks
//! (clock_getcpuclockid(3)) and /proc (proc(5)).
//!
//! The processes that there are have to be found first, which reads all of /proc; their clocks are
//! then some microseconds for each, however many threads they have. A process may end while it is
//! looked at; it counts no more then.

use std::collections::BTreeMap;
use std::io;

use super::group::GroupId;
use super::{clock, process};
use crate::sys::usage::{Size, Used, unless_gone};

/// The processes of a group at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Members(Vec<i32>);

impl Members {
    /// The processes that the group has now; `NotFound` where it has none.
    pub(crate) fn of(group: &GroupId) -> io::Result<Self> {
        match process::members(*group)? {
            none if none.is_empty() => Err(io::ErrorKind::NotFound.into()),
            members => Ok(Self(members)),
        }
    }

    /// What they have used until now; none if all of them are gone.
    pub(crate) fn used(&self) -> io::Result<Option<Used>> {
        let mut sum = None;
        for &pid in &self.0 {
            let ns = unless_gone(clock::process_cpu_ns(pid))?;
            let times = unless_gone(process::times(pid))?;
            if let Some((ns, times)) = ns.zip(times) {
                let children_ticks = times.children_user_ticks + times.children_system_ticks;
                let sum = sum.get_or_insert_with(Used::default);
                sum.ns += ns + children_ticks * clock::tick_ns();
                sum.user_ticks += times.user_ticks + times.children_user_ticks;
                sum.system_ticks += times.system_ticks + times.children_system_ticks;
            }
        }
        Ok(sum)
    }

    /// What those have used until now that were not there `earlier`.
    pub(crate) fn used_by_newcomers(&self, earlier: &Self) -> io::Result<Used> {
        let new = self.0.iter().filter(|pid| !earlier.0.contains(pid));
        let used = Self(new.copied().collect()).used()?;
        Ok(used.unwrap_or_default())
    }

    /// How large they are now.
    pub(crate) fn size(&self) -> io::Result<Size> {
        let mut sum = Size::default();
        for &pid in &self.0 {
            if let Some(size) = unless_gone(process::size(pid))? {
                sum.rss_bytes += size.rss_bytes;
                sum.rss_peak_bytes += size.rss_peak_bytes;
                sum.threads += size.threads;
            }
        }
        Ok(sum)
    }

    /// How often each of their threads has left the processor until now, by itself or for others.
    /// Fails with `Unsupported` where the system does not count it.
    pub(crate) fn context_switches(&self) -> io::Result<BTreeMap<i32, u64>> {
        let mut switches = BTreeMap::new();
        for &pid in &self.0 {
            for task in unless_gone(process::tasks(pid))?.unwrap_or_default() {
                if let Some(count) = unless_gone(process::context_switches(pid, task))? {
                    switches.insert(task, count);
                }
            }
        }
        Ok(switches)
    }

    #[cfg(test)]
    pub(crate) fn pids(&self) -> &[i32] {
        &self.0
    }

    /// The same without this one.
    #[cfg(test)]
    pub(crate) fn without(&self, pid: i32) -> Self {
        Self(
            self.0
                .iter()
                .copied()
                .filter(|&other| other != pid)
                .collect(),
        )
    }
}
