//! One process or thread: GetProcessTimes, GetThreadTimes and GetProcessMemoryInfo.
//!
//! A handle stays the process's after its end, whose number may be another's then.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, FILETIME, HANDLE};
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessTimes, GetThreadTimes, OpenProcess, OpenThread,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, PROCESS_VM_READ,
    THREAD_QUERY_LIMITED_INFORMATION,
};

use super::{clock, done};

/// The processor's time that was used, in its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) user_ns: u64,
    pub(super) system_ns: u64,
}

/// The memory of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) rss_bytes: u64,
    pub(super) rss_peak_bytes: u64,
}

impl Times {
    pub(super) fn of_this_process() -> io::Result<Self> {
        Self::read(|created, ended, system, user| {
            // SAFETY: a pseudo handle of this process, which may ask for its own times; the call
            // writes four times, which live through it.
            unsafe { GetProcessTimes(GetCurrentProcess(), created, ended, system, user) }
        })
    }

    /// Those of a thread, which may have ended. The handle is one that may ask for them.
    pub(super) fn of_thread(thread: HANDLE) -> io::Result<Self> {
        Self::read(|created, ended, system, user| {
            // SAFETY: a handle that is none is refused; the call writes four times, which live
            // through it.
            unsafe { GetThreadTimes(thread, created, ended, system, user) }
        })
    }

    fn read(
        call: impl FnOnce(&mut FILETIME, &mut FILETIME, &mut FILETIME, &mut FILETIME) -> i32,
    ) -> io::Result<Self> {
        let [mut created, mut ended, mut system, mut user] = [FILETIME::default(); 4];
        done(call(&mut created, &mut ended, &mut system, &mut user))?;
        Ok(Self {
            user_ns: clock::ns(user),
            system_ns: clock::ns(system),
        })
    }

    /// Both parts.
    pub(super) fn ns(self) -> u64 {
        self.user_ns + self.system_ns
    }
}

/// A handle that may ask for what a process uses, and wait for its end. `NotFound` where there is
/// no such process.
pub(super) fn open(pid: u32) -> io::Result<OwnedHandle> {
    let access = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_VM_READ | PROCESS_SYNCHRONIZE;
    // SAFETY: the call takes numbers only.
    owned(unsafe { OpenProcess(access, 0, pid) })
}

/// The same of a thread, without waiting.
pub(super) fn open_thread(thread: u32) -> io::Result<OwnedHandle> {
    // SAFETY: the call takes numbers only.
    owned(unsafe { OpenThread(THREAD_QUERY_LIMITED_INFORMATION, 0, thread) })
}

/// The handle that a call has opened, or the call's error.
pub(super) fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        let error = io::Error::last_os_error();
        return Err(match error.raw_os_error() {
            // That a number names nothing.
            Some(code) if code == ERROR_INVALID_PARAMETER as i32 => io::ErrorKind::NotFound.into(),
            _ => error,
        });
    }
    // SAFETY: the call has just opened it, and nobody else knows of it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// What a process has in memory, pages that it shares with others included.
pub(super) fn memory(process: &OwnedHandle) -> io::Result<Memory> {
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    let mut counters = PROCESS_MEMORY_COUNTERS {
        cb: size,
        ..Default::default()
    };
    // SAFETY: the handle is open; the call writes as many bytes as it is told there are.
    done(unsafe { GetProcessMemoryInfo(process.as_raw_handle(), &mut counters, size) })?;
    Ok(Memory {
        rss_bytes: counters.WorkingSetSize as u64,
        rss_peak_bytes: counters.PeakWorkingSetSize as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        let memory = memory(&open(std::process::id()).unwrap()).unwrap();
        assert!(memory.rss_bytes > 0 && memory.rss_peak_bytes >= memory.rss_bytes);
    }

    #[test]
    fn a_process_that_does_not_exist_is_not_found() {
        // Numbers are multiples of four.
        assert_eq!(open(3_999_999).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
