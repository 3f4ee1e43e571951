//! A thread's alertable waits, ended from other threads.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{DUPLICATE_SAME_ACCESS, DuplicateHandle};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetCurrentThread, QueueUserAPC};

use super::codes::last_error;

/// A thread of this process, which may have ended.
#[derive(Debug)]
pub(crate) struct Thread(OwnedHandle);

impl Thread {
    /// The calling thread.
    pub(crate) fn current() -> io::Result<Self> {
        let mut handle = ptr::null_mut();
        // SAFETY: the handles of the process and the thread are always open, and there is room
        // for the new one.
        let done = unsafe {
            let process = GetCurrentProcess();
            DuplicateHandle(
                process,
                GetCurrentThread(),
                process,
                &raw mut handle,
                0,
                0,
                DUPLICATE_SAME_ACCESS,
            )
        };
        if done == 0 {
            return Err(last_error());
        }
        // SAFETY: the handle is new, and nobody else's.
        Ok(Self(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    /// Ends the thread's alertable wait, or its next one (QueueUserAPC).
    pub(crate) fn alert(&self) {
        // It fails for a thread that has ended.
        // SAFETY: the handle is open, and the function may be called on any thread.
        unsafe { QueueUserAPC(Some(nothing), self.0.as_raw_handle(), 0) };
    }
}

unsafe extern "system" fn nothing(_: usize) {}
