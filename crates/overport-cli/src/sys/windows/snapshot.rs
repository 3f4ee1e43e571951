//! The processes and threads of the system at a moment (CreateToolhelp32Snapshot).

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CREATE_TOOLHELP_SNAPSHOT_FLAGS, CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32,
    Thread32First, Thread32Next,
};

/// A thread of some process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) id: u32,
    pub(super) process: u32,
}

/// Every thread of the system.
pub(super) fn threads() -> io::Result<Vec<Thread>> {
    let snapshot = snapshot(TH32CS_SNAPTHREAD)?;
    let mut entry = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..Default::default()
    };
    let mut threads = Vec::new();
    // SAFETY: the snapshot is open, and the entry says how large it is.
    let mut more = unsafe { Thread32First(snapshot.as_raw_handle(), &mut entry) };
    // What ends the list is an error like any; a thread that came later is not missed.
    while more != 0 {
        threads.push(Thread {
            id: entry.th32ThreadID,
            process: entry.th32OwnerProcessID,
        });
        // SAFETY: as above.
        more = unsafe { Thread32Next(snapshot.as_raw_handle(), &mut entry) };
    }
    Ok(threads)
}

fn snapshot(of: CREATE_TOOLHELP_SNAPSHOT_FLAGS) -> io::Result<OwnedHandle> {
    // SAFETY: the call takes numbers only.
    let handle = unsafe { CreateToolhelp32Snapshot(of, 0) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just opened it, and nobody else knows of it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_the_threads_that_it_starts() {
        let own = || {
            let all = threads().unwrap().into_iter();
            all.filter(|thread| thread.process == std::process::id())
                .count()
        };
        let before = own();
        assert!(before > 0);
        let barrier = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| barrier.wait());
            assert!(own() > 1);
            barrier.wait();
        });
    }
}
