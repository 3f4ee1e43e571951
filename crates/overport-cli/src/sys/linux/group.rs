//! A child process that leads a process group of its own (setpgid(2)), so that all it starts
//! can be found and ended with it. The child's end is waited for by pidfd_open(2) and seen by
//! waitid(2) without reaping: until the group is gone its number belongs to nobody else.
//!
//! What leaves the group (setsid(2)) is not the group's any more. Where this process
//! [adopts orphans](adopt_orphans), such a process becomes its child when its own parent has ended
//! (PR_SET_CHILD_SUBREAPER), and is ended with the group. The gap: one that has left the group, and
//! whose parent leaves it, too, and stays, is its parent's child as long as that runs.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, kill_process_group, pidfd_open,
    pidfd_send_signal, set_child_subreaper, waitid,
};

use super::affinity;
use super::process::{children, members};

/// How long a process may take to end that was made to: it may be held up in the kernel.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// The groups that there are; none as long as orphans are not adopted.
static KNOWN: Mutex<Option<BTreeSet<i32>>> = Mutex::new(None);

/// From now on, what a group's processes leave behind comes to this process, and is ended with the
/// group. All children of this process have to be started as groups then: another is taken for
/// an orphan, too. To be called before the first group is started.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    known().get_or_insert_with(BTreeSet::new);
    Ok(())
}

/// The number of a group, which is its leader's.
pub(crate) type GroupId = i32;

/// A child process and all the processes of its group. Dropping it ends them at once.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    leader: Pid,
    id: GroupId,
    /// Readable from the leader's end on.
    pidfd: OwnedFd,
    over: bool,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    ExitCode(i32),
    Signal(i32),
}

impl Group {
    /// Starts `command` as the leader of a new group, bound to `cpus` from its first
    /// instruction on.
    pub(crate) fn start(mut command: Command, cpus: &[usize]) -> io::Result<Self> {
        command.process_group(0);
        // Held until the child is known: else it might be taken for an orphan.
        let mut known = known();
        // A child inherits the affinity of the thread that starts it.
        let pinned = || affinity::pin(cpus).and_then(|()| command.spawn());
        let spawned = thread::scope(|scope| scope.spawn(pinned).join());
        let mut child = spawned.unwrap_or_else(|_| Err(io::Error::other("the start panicked")))?;
        let leader = Pid::from_child(&child);
        if let Some(groups) = &mut *known {
            groups.insert(leader.as_raw_pid());
        }
        drop(known);
        match pidfd_open(leader, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self {
                child,
                leader,
                id: leader.as_raw_pid(),
                pidfd,
                over: false,
            }),
            Err(error) => {
                // Nothing but the group's end can be done without it.
                let _ = kill_process_group(leader, Signal::KILL);
                let _ = child.wait();
                forget(leader);
                Err(error.into())
            }
        }
    }

    /// What names it.
    pub(crate) fn id(&self) -> &GroupId {
        &self.id
    }

    /// The pipes of the leader that `command` asked for.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the leader ended, if it has.
    pub(crate) fn ended(&self) -> io::Result<Option<Ended>> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(self.leader), options)?;
        Ok(status.and_then(|status| {
            let code = status.exit_status().map(Ended::ExitCode);
            code.or(status.terminating_signal().map(Ended::Signal))
        }))
    }

    /// Waits until the leader has ended or the time is over.
    pub(crate) fn wait(&self, timeout: Duration) {
        wait_for_end(&self.pidfd, timeout);
    }

    /// Asks every process of the group to end (SIGTERM), waits for the leader no longer than
    /// `grace`, ends by force (SIGKILL) what is left, and waits for its end.
    pub(crate) fn end(&mut self, grace: Duration) {
        if self.over {
            return;
        }
        self.over = true;
        // A group that is gone can't be asked and has nothing left to end.
        let _ = kill_process_group(self.leader, Signal::TERM);
        wait_for_end(&self.pidfd, grace);
        // Before the leader is reaped, since the group's number is free after that.
        let members = members(self.id).unwrap_or_default();
        let members = members.into_iter().filter_map(Pid::from_raw);
        let left: Vec<OwnedFd> = members
            .filter_map(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
            .collect();
        let _ = kill_process_group(self.leader, Signal::KILL);
        for process in left.iter().chain([&self.pidfd]) {
            wait_for_end(process, KILL_PATIENCE);
        }
        let _ = self.child.try_wait();
        forget(self.leader);
        end_orphans(grace);
    }
}

/// Ends the adopted children, and what they leave behind in their turn, as a group is ended.
fn end_orphans(grace: Duration) {
    let deadline = Instant::now() + grace;
    let force = deadline + KILL_PATIENCE;
    loop {
        let orphans = orphans();
        if orphans.is_empty() || Instant::now() >= force {
            return;
        }
        for (_, pidfd) in &orphans {
            let _ = pidfd_send_signal(pidfd, Signal::TERM);
        }
        for (pid, pidfd) in &orphans {
            wait_for_end(pidfd, deadline.saturating_duration_since(Instant::now()));
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
            wait_for_end(pidfd, force.saturating_duration_since(Instant::now()));
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
            let _ = waitid(WaitId::Pid(*pid), options);
        }
    }
}

/// The children of this process that are of no known group. Nobody but this process can free
/// their numbers.
fn orphans() -> Vec<(Pid, OwnedFd)> {
    let known = known();
    let Some(groups) = &*known else {
        return Vec::new();
    };
    let all = children(getpid().as_raw_pid()).unwrap_or_default();
    let adopted = all
        .into_iter()
        .filter(|child| !groups.contains(&child.group));
    let adopted = adopted.filter_map(|child| Pid::from_raw(child.pid));
    adopted
        .filter_map(|pid| Some((pid, pidfd_open(pid, PidfdFlags::empty()).ok()?)))
        .collect()
}

fn forget(leader: Pid) {
    if let Some(groups) = &mut *known() {
        groups.remove(&leader.as_raw_pid());
    }
}

fn known() -> MutexGuard<'static, Option<BTreeSet<i32>>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until the process has ended or the time is over.
fn wait_for_end(pidfd: &OwnedFd, patience: Duration) {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(pidfd, PollFlags::IN)], timeout.as_ref()) {
            Err(Errno::INTR) => {}
            _ => return,
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExitCode(code) => write!(formatter, "exit code {code}"),
            Self::Signal(number) => write!(formatter, "signal {number}"),
        }
    }
}
