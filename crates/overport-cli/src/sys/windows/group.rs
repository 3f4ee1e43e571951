//! A child process in a job object of its own, which takes in all that it starts: nothing leaves
//! it, so all can be counted and ended together, and ends with this process at the latest.
//!
//! It is asked to end by Ctrl-Break, which goes to a process group of its own
//! (CREATE_NEW_PROCESS_GROUP): the terminal's Ctrl-C does not reach such a one. The gap: without a
//! console nobody can be asked, so the job is ended by force at once.

use std::fmt;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_SUSPENDED, GetExitCodeProcess, OpenThread, ResumeThread,
    THREAD_SUSPEND_RESUME, WaitForSingleObject,
};

use super::job::Job;
use super::process::{self, owned};
use super::{affinity, done, snapshot};

/// How long a process may take to end that was made to: it may be held up in the kernel.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// What names a group: its job.
#[derive(Clone, Debug)]
pub(crate) struct GroupId(Arc<Job>);

/// A child process and all the processes of its group. Dropping it ends them at once.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: GroupId,
    over: bool,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    ExitCode(u32),
}

/// Nothing leaves a job, so there is nothing to be done for it.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

impl Group {
    /// Starts `command` as the leader of a new group, bound to `cpus` from its first
    /// instruction on.
    pub(crate) fn start(mut command: Command, cpus: &[usize]) -> io::Result<Self> {
        let job = Job::new()?;
        command.creation_flags(CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP);
        let mut child = command.spawn()?;
        let ready = job
            .take(&child)
            .and_then(|()| affinity::bind(&child, cpus))
            .and_then(|()| resume(child.id()));
        if let Err(error) = ready {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        Ok(Self {
            child,
            id: GroupId(Arc::new(job)),
            over: false,
        })
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
        if !wait_for_end(&self.child, Duration::ZERO) {
            return Ok(None);
        }
        let mut code = 0;
        // SAFETY: the child's handle is open; the call writes one number, which lives through it.
        done(unsafe { GetExitCodeProcess(self.child.as_raw_handle(), &mut code) })?;
        Ok(Some(Ended::ExitCode(code)))
    }

    /// Waits until the leader has ended or the time is over.
    pub(crate) fn wait(&self, timeout: Duration) {
        wait_for_end(&self.child, timeout);
    }

    /// Asks every process of the group to end (Ctrl-Break), waits for the leader no longer than
    /// `grace`, ends by force (TerminateJobObject) what is left, and waits for its end.
    pub(crate) fn end(&mut self, grace: Duration) {
        if self.over {
            return;
        }
        self.over = true;
        // SAFETY: the call takes numbers only. The group's number is the leader's, whose handle
        // keeps it from becoming another's.
        let asked = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.child.id()) };
        if asked != 0 {
            wait_for_end(&self.child, grace);
        }
        let left = self.id.job().processes().unwrap_or_default();
        let left: Vec<OwnedHandle> = left
            .into_iter()
            .filter_map(|pid| process::open(pid).ok())
            .collect();
        let _ = self.id.job().terminate();
        let force = Instant::now() + KILL_PATIENCE;
        for process in &left {
            wait_for_end(process, force.saturating_duration_since(Instant::now()));
        }
        wait_for_end(&self.child, force.saturating_duration_since(Instant::now()));
    }
}

impl GroupId {
    pub(super) fn job(&self) -> &Job {
        &self.0
    }
}

/// Lets a process run that was started suspended, and so has one thread.
fn resume(pid: u32) -> io::Result<()> {
    let threads = snapshot::threads()?.into_iter();
    for thread in threads.filter(|thread| thread.process == pid) {
        // SAFETY: the call takes numbers only.
        let thread = owned(unsafe { OpenThread(THREAD_SUSPEND_RESUME, 0, thread.id) })?;
        // SAFETY: the handle is open, with the right that the call needs.
        if unsafe { ResumeThread(thread.as_raw_handle()) } == u32::MAX {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Waits until the process has ended or the time is over. Says whether it has ended.
fn wait_for_end(process: &impl AsRawHandle, patience: Duration) -> bool {
    // The largest number would be no limit.
    let ms = patience.as_nanos().div_ceil(1_000_000);
    let ms = u32::try_from(ms).unwrap_or(u32::MAX).min(u32::MAX - 1);
    // SAFETY: the handle is open, with the right to wait.
    unsafe { WaitForSingleObject(process.as_raw_handle(), ms) == WAIT_OBJECT_0 }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::ExitCode(code) = *self;
        // The system's own codes, such as that of an access violation, are known in this form.
        match i32::try_from(code) {
            Ok(code) => write!(formatter, "exit code {code}"),
            Err(_) => write!(formatter, "exit code {code:#010x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_own_exit_codes_are_told_in_hexadecimal() {
        assert_eq!(Ended::ExitCode(3).to_string(), "exit code 3");
        let violation = Ended::ExitCode(0xc000_0005).to_string();
        assert_eq!(violation, "exit code 0xc0000005");
    }
}
