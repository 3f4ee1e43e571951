//! Sockets of Windows.
#![expect(unsafe_code, reason = "a socket of the C program's")]

use std::os::windows::io::{FromRawSocket, OwnedSocket, RawSocket};

use socket2::Socket;

use crate::types::Handle;

/// The socket of this handle; none if it can't be one.
///
/// # Safety
/// Whoever has the handle, if there is one, hands it over.
pub(crate) unsafe fn owned(handle: Handle) -> Option<Socket> {
    let socket = RawSocket::try_from(handle).ok()?;
    // SAFETY: the caller promises it.
    Some(unsafe { OwnedSocket::from_raw_socket(socket) }.into())
}
