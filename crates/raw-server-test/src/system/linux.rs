//! Sockets of Linux.
#![expect(unsafe_code, reason = "a descriptor of the C program's")]

use std::os::fd::{FromRawFd, OwnedFd};

use socket2::Socket;

use crate::types::Handle;

/// The socket of this descriptor; none if it can't be one.
///
/// # Safety
/// Whoever has the descriptor, if there is one, hands it over.
pub(crate) unsafe fn owned(handle: Handle) -> Option<Socket> {
    let descriptor = i32::try_from(handle).ok()?;
    // SAFETY: the caller promises it.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) }.into())
}
