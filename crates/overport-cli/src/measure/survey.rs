//! What takes long to look at: how large a server is, and how often its threads left the
//! processor.

use std::collections::BTreeMap;

use super::reason;
use super::server::ServerProcess;
use crate::report::data::Reason;
use crate::sys::group::GroupId;
use crate::sys::members::Members;
pub(crate) use crate::sys::usage::Size;

/// What a server is and has done at a moment.
///
/// To take one looks at every process of the system and at each thread: milliseconds, and hundreds
/// of them for thousands of threads. So no message that counts may be on its way meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    members: Result<Members, Reason>,
    size: Result<Size, Reason>,
    /// How often each thread left the processor.
    switches: Result<BTreeMap<i32, u64>, Reason>,
}

impl Survey {
    /// Looks at `server`.
    pub(crate) fn of(server: &ServerProcess) -> Self {
        Self::of_found(members(server.group()))
    }

    pub(super) fn of_found(members: Result<Members, Reason>) -> Self {
        let found = || members.as_ref().map_err(Reason::clone);
        let size = found().and_then(|members| members.size().map_err(reason));
        let switches = found().and_then(|members| members.context_switches().map_err(reason));
        Self {
            members,
            size,
            switches,
        }
    }

    /// The processes that there were.
    pub(super) fn members(&self) -> Result<&Members, &Reason> {
        self.members.as_ref()
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
pub(super) fn members(group: &GroupId) -> Result<Members, Reason> {
    Members::of(group).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ended(),
        _ => reason(error),
    })
}

/// Why nothing is known of a server without a process.
pub(super) fn ended() -> Reason {
    Reason::System {
        text: "the server has ended".to_owned(),
    }
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
        let server = listening();
        let before = Survey::of(&server);
        let group = server.group().to_owned();
        server.end();
        let after = Survey::of_found(members(&group));
        assert!(after.size().is_err() && after.members().is_err());
        assert!(after.context_switches_since(&before).is_err());
    }
}
