//! gettid(2), proc(5) and membarrier(2): which thread this is, whether another one runs, and a
//! push for those that do.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::thread::{MembarrierCommand, membarrier};

/// The system's name of a thread of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(i32);

impl ThreadId {
    pub(crate) fn current() -> Self {
        Self(rustix::thread::gettid().as_raw_nonzero().get())
    }

    /// Whether the thread sleeps in the kernel, or is gone. A thread that computes, or only
    /// waits for a processor, is not blocked; nor is one that can't be looked at.
    pub(crate) fn is_blocked(self) -> bool {
        match fs::read(format!("{TASKS}/{}/stat", self.0)) {
            Ok(stat) => state(&stat).is_some_and(|state| state != b'R'),
            Err(error) => error.kind() == io::ErrorKind::NotFound && Path::new(TASKS).exists(),
        }
    }
}

/// A number of this thread, never 0, that no other thread of the process ever has.
pub(crate) fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|&number| number)
}

/// Has every thread of this process that runs now enter the kernel for a moment, so that it does
/// there what waits for it (membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED). Where that is
/// not to be had, nothing happens.
pub(crate) fn interrupt_running() {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered =
        REGISTERED.get_or_init(|| membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok());
    if *registered {
        // It can't fail once it is registered.
        let _ = membarrier(MembarrierCommand::PrivateExpedited);
    }
}

/// A directory for each thread of this process, where proc(5) is mounted.
const TASKS: &str = "/proc/self/task";

/// The state letter; the name before it may hold any byte, so it is looked for behind the
/// last parenthesis.
fn state(stat: &[u8]) -> Option<u8> {
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    stat.get(name_end + 2).copied()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn the_state_is_found_behind_a_name_with_parentheses() {
        assert_eq!(state(b"17 (a) R (b) S 1 17"), Some(b'S'));
        assert_eq!(state(b"17 (a"), None);
    }

    #[test]
    fn a_thread_that_waits_is_blocked_and_one_that_is_gone_too() {
        assert!(!ThreadId::current().is_blocked());
        let (id_sender, id_receiver) = mpsc::channel();
        let (end_sender, end_receiver) = mpsc::channel::<()>();
        let waiter = thread::spawn(move || {
            id_sender.send(ThreadId::current()).ok();
            end_receiver.recv().ok();
        });
        let id = id_receiver.recv().expect("the thread sends its name");
        while !id.is_blocked() {
            thread::yield_now();
        }
        drop(end_sender);
        waiter.join().expect("the thread ends");
        // For a moment it still runs, on its way out.
        while !id.is_blocked() {
            thread::yield_now();
        }
    }
}
