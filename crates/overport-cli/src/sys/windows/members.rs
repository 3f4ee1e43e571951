//! What the processes of a group are and have used, added up: the accounting of its job object,
//! GetProcessMemoryInfo, and the threads of a tool help snapshot.
//!
//! The accounting has the times of all processes that the job ever had, and takes one call. Where
//! the system counts nothing there, as Wine 10, the times of those threads are added up that there
//! were when the members were looked for. What has come since is added later; where threads have
//! also ended meanwhile, others may have come and gone, so the time is not known.

use std::collections::BTreeMap;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::Arc;

use super::clock;
use super::group::GroupId;
use super::process::{self, Times};
use super::snapshot;
use crate::sys::usage::{Size, Used, unless_gone};

/// The processes of a group at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Members {
    group: GroupId,
    processes: Arc<[OwnedHandle]>,
    /// By their numbers, which a thread keeps for as long as there is a handle of it.
    threads: Arc<BTreeMap<u32, OwnedHandle>>,
}

impl Members {
    /// The processes that the group has now; `NotFound` where it has none.
    pub(crate) fn of(group: &GroupId) -> io::Result<Self> {
        let pids = group.job().processes()?;
        let mut processes = Vec::with_capacity(pids.len());
        for &pid in &pids {
            processes.extend(unless_gone(process::open(pid))?);
        }
        if processes.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut threads = BTreeMap::new();
        let all = snapshot::threads()?.into_iter();
        for thread in all.filter(|thread| pids.contains(&thread.process)) {
            let opened = unless_gone(process::open_thread(thread.id))?;
            threads.extend(opened.map(|handle| (thread.id, handle)));
        }
        Ok(Self {
            group: group.clone(),
            processes: processes.into(),
            threads: threads.into(),
        })
    }

    /// What they have used until now; none if all of them are gone.
    pub(crate) fn used(&self) -> io::Result<Option<Used>> {
        let accounting = self.group.job().accounting()?;
        if accounting.active_processes == 0 {
            return Ok(None);
        }
        if accounting.times.ns() > 0 {
            return Ok(Some(accounting.times.into()));
        }
        Ok(Some(used_by(self.threads.values())?.into()))
    }

    /// What those have used until now that were not there `earlier`, as far as that is not in what
    /// the earlier ones have. Fails where it is not known.
    pub(crate) fn used_by_newcomers(&self, earlier: &Self) -> io::Result<Used> {
        if self.group.job().accounting()?.times.ns() > 0 {
            return Ok(Used::default());
        }
        if earlier
            .threads
            .keys()
            .any(|id| !self.threads.contains_key(id))
        {
            return Err(io::Error::other(
                "threads came and went whose time is not known",
            ));
        }
        let threads = self.threads.iter();
        let new = threads.filter(|(id, _)| !earlier.threads.contains_key(id));
        Ok(used_by(new.map(|(_, thread)| thread))?.into())
    }

    /// How large they are now.
    pub(crate) fn size(&self) -> io::Result<Size> {
        let mut sum = Size {
            threads: self.threads.len() as u64,
            ..Size::default()
        };
        for process in self.processes.iter() {
            let memory = process::memory(process)?;
            sum.rss_bytes += memory.rss_bytes;
            sum.rss_peak_bytes += memory.rss_peak_bytes;
        }
        Ok(sum)
    }

    /// Fails with `Unsupported`: Windows has no documented call that counts them.
    pub(crate) fn context_switches(&self) -> io::Result<BTreeMap<i32, u64>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl From<Times> for Used {
    fn from(times: Times) -> Self {
        let tick_ns = clock::tick_ns();
        Self {
            ns: times.ns(),
            user_ticks: times.user_ns / tick_ns,
            system_ticks: times.system_ns / tick_ns,
        }
    }
}

/// What these threads have used until now, or until their ends.
fn used_by<'thread>(threads: impl Iterator<Item = &'thread OwnedHandle>) -> io::Result<Times> {
    let mut sum = Times::default();
    for thread in threads {
        let times = Times::of_thread(thread.as_raw_handle())?;
        sum.user_ns += times.user_ns;
        sum.system_ns += times.system_ns;
    }
    Ok(sum)
}
