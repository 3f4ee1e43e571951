//! What takes long to look at: how large a server is, and how often its threads left the
//! processor.

use std::collections::BTreeMap;
use std::io;

use super::reason;
use super::server::ServerProcess;
use crate::report::data::Reason;
use crate::sys::process;

/// What a server is and has done at a moment.
///
/// To take one reads all of /proc and a file for each thread: milliseconds, and hundreds of them
/// for thousands of threads. So no message that counts may be on its way meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    members: Result<Vec<i32>, Reason>,
    size: Result<Size, Reason>,
    /// How often each thread left the processor.
    switches: Result<BTreeMap<i32, u64>, Reason>,
}

/// How large a server is at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Memory, added up over the processes; pages that they share count for each.
    pub(crate) rss_bytes: u64,
    /// The most that each of them ever had, added up.
    pub(crate) rss_peak_bytes: u64,
    pub(crate) threads: u64,
}

impl Survey {
    /// Looks at `server`.
    pub(crate) fn of(server: &ServerProcess) -> Self {
        Self::of_found(members(server.group()))
    }

    #[cfg(test)]
    pub(super) fn of_members(members: Vec<i32>) -> Self {
        Self::of_found(Ok(members))
    }

    fn of_found(members: Result<Vec<i32>, Reason>) -> Self {
        let pids = || members.as_deref().map_err(Reason::clone);
        let size = pids().and_then(|pids| size(pids).map_err(reason));
        let switches = pids().and_then(|pids| switches(pids).map_err(reason));
        Self {
            members,
            size,
            switches,
        }
    }

    /// The processes that there were.
    pub(super) fn members(&self) -> Result<&[i32], &Reason> {
        self.members.as_deref()
    }

    /// How large the server was then.
    pub(crate) fn size(&self) -> Result<Size, Reason> {
        self.size.clone()
    }

    /// How often threads have left the processor since `earlier`, by themselves or for others.
    /// Not known where a thread has ended, since the system forgets its switches with it.
    pub(crate) fn context_switches_since(&self, earlier: &Self) -> Result<u64, Reason> {
        let (earlier, later) = (earlier.switches.as_ref(), self.switches.as_ref());
        switches_since(
            earlier.map_err(Reason::clone)?,
            later.map_err(Reason::clone)?,
        )
    }
}

/// The processes of a group; a reason where there are none.
pub(super) fn members(group: i32) -> Result<Vec<i32>, Reason> {
    match process::members(group).map_err(reason)? {
        none if none.is_empty() => Err(ended()),
        members => Ok(members),
    }
}

/// Why nothing is known of a server without a process.
pub(super) fn ended() -> Reason {
    Reason::System {
        text: "the server has ended".to_owned(),
    }
}

/// A process or a thread may end while it is looked at; it counts no more then.
pub(super) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn size(members: &[i32]) -> io::Result<Size> {
    let mut sum = Size::default();
    for &pid in members {
        if let Some(size) = unless_gone(process::size(pid))? {
            sum.rss_bytes += size.rss_bytes;
            sum.rss_peak_bytes += size.rss_peak_bytes;
            sum.threads += size.threads;
        }
    }
    Ok(sum)
}

fn switches(members: &[i32]) -> io::Result<BTreeMap<i32, u64>> {
    let mut switches = BTreeMap::new();
    for &pid in members {
        for task in unless_gone(process::tasks(pid))?.unwrap_or_default() {
            if let Some(count) = unless_gone(process::context_switches(pid, task))? {
                switches.insert(task, count);
            }
        }
    }
    Ok(switches)
}

fn switches_since(earlier: &BTreeMap<i32, u64>, later: &BTreeMap<i32, u64>) -> Result<u64, Reason> {
    let mut sum: u64 = later.values().sum();
    for (task, &before) in earlier {
        if later.get(task).is_none_or(|&now| now < before) {
            return Err(Reason::System {
                text: "a thread ended whose switches are not known".to_owned(),
            });
        }
        sum -= before;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::super::fake::listening;
    use super::*;

    #[test]
    fn switches_of_new_threads_count_and_those_of_ended_ones_are_not_known() {
        let before = BTreeMap::from([(1, 10), (2, 20)]);
        let later = BTreeMap::from([(1, 11), (2, 22), (3, 100)]);
        assert_eq!(switches_since(&before, &later), Ok(103));
        let ended = BTreeMap::from([(1, 11)]);
        assert!(switches_since(&before, &ended).is_err());
        let replaced = BTreeMap::from([(1, 11), (2, 1)]);
        assert!(switches_since(&before, &replaced).is_err());
    }

    #[test]
    fn of_a_server_that_has_ended_there_is_nothing_to_see() {
        let server = listening("");
        let before = Survey::of(&server);
        let group = server.group();
        server.end();
        let after = Survey::of_found(members(group));
        assert!(after.size().is_err() && after.members().is_err());
        assert!(after.context_switches_since(&before).is_err());
    }
}
