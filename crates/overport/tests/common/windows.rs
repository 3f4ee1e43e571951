//! What the tests ask of Windows.

use std::os::windows::io::{AsHandle, AsRawHandle};
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{FILETIME, WAIT_OBJECT_0};
use windows_sys::Win32::System::Threading::{
    GetCurrentThread, GetThreadTimes, WaitForSingleObject,
};

/// A thread, to be looked at by others.
#[derive(Clone, Copy)]
pub(crate) struct ThreadId;

impl ThreadId {
    pub(crate) fn current() -> Self {
        Self
    }

    /// Returns when the thread is likely to wait. No documented call tells whether it does, so it
    /// is given some time; if that is too short a test shows less than it could, and passes.
    pub(crate) fn wait_until_blocked(self) {
        thread::sleep(Duration::from_millis(30));
    }
}

/// The processor time that the calling thread has used, in steps of some ten milliseconds.
#[expect(unsafe_code, reason = "a call of Windows")]
pub(crate) fn thread_cpu_time() -> Duration {
    let mut times = [FILETIME::default(); 4];
    let [creation, exit, kernel, user] = &mut times;
    // SAFETY: the handle is the thread's own, and the structures are written only.
    let result = unsafe { GetThreadTimes(GetCurrentThread(), creation, exit, kernel, user) };
    assert_ne!(result, 0);
    let nanos = |time: &FILETIME| {
        (u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)) * 100
    };
    Duration::from_nanos(nanos(kernel) + nanos(user))
}

/// Whether the object is signalled, or becomes so in time.
#[expect(unsafe_code, reason = "a call of Windows")]
pub(crate) fn is_readable(object: impl AsHandle, timeout: Duration) -> bool {
    let timeout_ms = u32::try_from(timeout.as_millis()).unwrap();
    let handle = object.as_handle().as_raw_handle();
    // SAFETY: the handle is open for as long as it is borrowed.
    unsafe { WaitForSingleObject(handle, timeout_ms) == WAIT_OBJECT_0 }
}
