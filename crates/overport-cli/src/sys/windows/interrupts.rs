//! The console's wishes that a program end (SetConsoleCtrlHandler): Ctrl-C, Ctrl-Break, and the end
//! of the console.
//!
//! The system calls a handler on a thread of its own, so it may lock; ours only counts, and wakes
//! who waits. When the console ends, the process does when the handler has returned, or some
//! seconds later; so that one never returns, and the process has these seconds to end by itself.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::core::BOOL;

use super::done;

/// How many have come, and whom to wake for them.
static COUNT: Mutex<u64> = Mutex::new(0);
static CAME: Condvar = Condvar::new();

/// The end of the console is one of them.
static HANGUP: AtomicBool = AtomicBool::new(false);

const TRUE: BOOL = 1;
const FALSE: BOOL = 0;

/// The wishes that the program end. From its making on they do not end the program by themselves.
#[derive(Debug)]
pub(crate) struct Interrupts {
    seen: u64,
}

impl Interrupts {
    /// Ctrl-C and Ctrl-Break.
    pub(crate) fn new() -> io::Result<Self> {
        let seen = *COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handler is a function of this program, which is never unloaded.
        done(unsafe { SetConsoleCtrlHandler(Some(handle), TRUE) })?;
        Ok(Self { seen })
    }

    /// The same, and the end of the console.
    pub(crate) fn with_hangup() -> io::Result<Self> {
        HANGUP.store(true, Ordering::Release);
        Self::new()
    }

    /// Waits for the next one; one that came before is not missed.
    pub(crate) fn wait(&mut self) {
        let count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        let none_came = |count: &mut u64| *count == self.seen;
        let count = CAME.wait_while(count, none_came);
        drop(count.unwrap_or_else(PoisonError::into_inner));
        self.seen += 1;
    }
}

/// The type is the one that SetConsoleCtrlHandler takes.
extern "system" fn handle(event: u32) -> BOOL {
    match event {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => {
            came();
            TRUE
        }
        CTRL_CLOSE_EVENT if HANGUP.load(Ordering::Acquire) => {
            came();
            loop {
                thread::park();
            }
        }
        _ => FALSE,
    }
}

fn came() {
    *COUNT.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    CAME.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_one_is_waited_for_once() {
        let mut interrupts = Interrupts {
            seen: *COUNT.lock().unwrap(),
        };
        assert_eq!(handle(CTRL_C_EVENT), TRUE);
        assert_eq!(handle(CTRL_BREAK_EVENT), TRUE);
        interrupts.wait();
        interrupts.wait();
        assert_eq!(interrupts.seen, *COUNT.lock().unwrap());
    }
}
