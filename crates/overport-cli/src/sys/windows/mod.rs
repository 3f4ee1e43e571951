//! Windows: job objects, tool help, process, thread and console functions, through `windows-sys`.
//!
//! Wine, which lacks the job's times, is met by a second source of the same figure
//! ([`members`]), and told by its own mark ([`host`]).

#![allow(
    unsafe_code,
    reason = "the calls of this system have no safe bindings; each block says why it is sound"
)]

pub(crate) mod affinity;
pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod descriptors;
pub(crate) mod edge;
pub(crate) mod group;
pub(crate) mod host;
pub(crate) mod interrupts;
mod job;
pub(crate) mod means;
pub(crate) mod members;
mod process;
pub(crate) mod processors;
pub(crate) mod receiving;
mod registry;
mod snapshot;
pub(crate) mod timer;
pub(crate) mod window;
pub(crate) mod winsock;
pub(crate) mod words;

use std::io;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::core::BOOL;

/// The error of a call that returned FALSE.
fn done(result: BOOL) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// A duration or a time as the system gives it, in units of 100 ns.
fn hundreds_of_ns(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}
