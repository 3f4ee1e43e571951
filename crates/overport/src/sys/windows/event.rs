//! Event objects, and the waits for them, which are also where the procedure calls run that are
//! queued to a thread.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    HANDLE, WAIT_FAILED, WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Threading::{
    CreateEventW, INFINITE, ResetEvent, SetEvent, SleepEx, WaitForMultipleObjectsEx,
};

/// An event object without a name.
#[derive(Debug)]
pub(crate) struct Event(OwnedHandle);

impl Event {
    /// An event that is not set.
    pub(crate) fn new(auto_reset: bool) -> io::Result<Self> {
        let manual_reset = i32::from(!auto_reset);
        // SAFETY: the call takes no security attributes and no name.
        let handle = unsafe { CreateEventW(ptr::null(), manual_reset, 0, ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is new, and nobody else's.
        Ok(Self(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    pub(crate) fn set(&self) {
        // It fails for what is not an event only.
        // SAFETY: the handle is open.
        unsafe { SetEvent(self.0.as_raw_handle()) };
    }

    pub(crate) fn reset(&self) {
        // It fails for what is not an event only.
        // SAFETY: the handle is open.
        unsafe { ResetEvent(self.0.as_raw_handle()) };
    }
}

impl AsHandle for Event {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.0.as_handle()
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The object with this index ended it, or all did.
    Signalled(usize),
    /// Procedure calls that were queued to this thread have run.
    Alerted,
    TimedOut,
}

/// Waits for one of the objects or for all, alertably or not, until the deadline; `None` is a
/// wait without end, and a deadline that is over a look. There may be no objects.
pub(crate) fn wait(
    objects: &[BorrowedHandle<'_>],
    all: bool,
    alertable: bool,
    deadline: Option<Instant>,
) -> io::Result<Waited> {
    loop {
        let timeout_ms = deadline.map_or(INFINITE, timeout_ms);
        match wait_ms(objects, all, alertable, timeout_ms)? {
            Waited::TimedOut if deadline.is_none_or(|deadline| Instant::now() < deadline) => {}
            waited => return Ok(waited),
        }
    }
}

fn wait_ms(
    objects: &[BorrowedHandle<'_>],
    all: bool,
    alertable: bool,
    timeout_ms: u32,
) -> io::Result<Waited> {
    if objects.is_empty() {
        // SAFETY: the call has no preconditions.
        let ended_by = unsafe { SleepEx(timeout_ms, i32::from(alertable)) };
        return Ok(match ended_by {
            WAIT_IO_COMPLETION => Waited::Alerted,
            _ => Waited::TimedOut,
        });
    }
    let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
    let handles: *const HANDLE = objects.as_ptr().cast();
    // SAFETY: a borrowed handle has the layout of a handle, and all are open for as long as
    // they are borrowed.
    let ended_by = unsafe {
        WaitForMultipleObjectsEx(
            count,
            handles,
            i32::from(all),
            timeout_ms,
            i32::from(alertable),
        )
    };
    match ended_by {
        WAIT_TIMEOUT => Ok(Waited::TimedOut),
        WAIT_IO_COMPLETION => Ok(Waited::Alerted),
        WAIT_FAILED => Err(io::Error::last_os_error()),
        index => Ok(Waited::Signalled((index - WAIT_OBJECT_0) as usize)),
    }
}

/// The time until the deadline in whole milliseconds, rounded up, or as much of it as a wait
/// takes.
fn timeout_ms(deadline: Instant) -> u32 {
    let left = deadline.saturating_duration_since(Instant::now());
    let left_ms = left
        .as_nanos()
        .div_ceil(Duration::from_millis(1).as_nanos());
    u32::try_from(left_ms).unwrap_or(u32::MAX).min(INFINITE - 1)
}
