//! gettid(2) and proc(5): which thread this is, and whether another one runs.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Whether a thread can be told to be blocked, seen from outside.
#[derive(Debug)]
pub(crate) struct Probe {
    id: i32,
    stat: Option<File>,
}

impl Probe {
    /// A probe of the calling thread.
    pub(crate) fn of_current() -> Self {
        let id = rustix::thread::gettid().as_raw_nonzero().get();
        Self { id, stat: None }
    }

    /// Whether the probe is of the calling thread.
    pub(crate) fn is_current(&self) -> bool {
        self.id == rustix::thread::gettid().as_raw_nonzero().get()
    }

    /// Whether the thread sleeps in the kernel, or is gone. A thread that computes, or waits
    /// for a processor only, is not blocked; nor is one that can't be looked at.
    pub(crate) fn is_blocked(&mut self) -> bool {
        match self.state() {
            Ok(state) => !matches!(state, b'R'),
            Err(error) => {
                error.kind() == io::ErrorKind::NotFound
                    || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
            }
        }
    }

    /// The state letter of /proc/self/task/TID/stat; the name before it may hold any byte,
    /// so the letter is looked for behind the last parenthesis.
    fn state(&mut self) -> io::Result<u8> {
        let stat = match &mut self.stat {
            Some(stat) => stat,
            none => none.insert(File::open(format!("/proc/self/task/{}/stat", self.id))?),
        };
        let mut text = [0u8; 128];
        let length = stat.read_at(&mut text, 0)?;
        text[..length]
            .rsplit(|&byte| byte == b')')
            .next()
            .and_then(|rest| rest.get(1).copied())
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
