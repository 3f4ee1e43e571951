//! The functions that Winsock hands out by their GUID: AcceptEx, ConnectEx, and the reader of
//! what the first of them writes.
#![expect(unsafe_code, reason = "functions that are got by their GUID")]

use std::io;
use std::os::windows::io::AsRawSocket;
use std::ptr;
use std::sync::OnceLock;

use socket2::Socket;
use windows_sys::Win32::Networking::WinSock::{
    LPFN_ACCEPTEX, LPFN_CONNECTEX, LPFN_GETACCEPTEXSOCKADDRS, SIO_GET_EXTENSION_FUNCTION_POINTER,
    SOCKET, WSAID_ACCEPTEX, WSAID_CONNECTEX, WSAID_GETACCEPTEXSOCKADDRS, WSAIoctl,
};
use windows_sys::core::GUID;

use super::codes;

/// The functions, which are the same for all sockets of the internet families.
pub(super) struct Extension {
    pub(super) accept_ex: LPFN_ACCEPTEX,
    pub(super) connect_ex: LPFN_CONNECTEX,
    pub(super) accept_ex_addresses: LPFN_GETACCEPTEXSOCKADDRS,
}

impl Extension {
    /// The functions, which the first socket to need them asks for.
    pub(super) fn of(socket: &Socket) -> io::Result<&'static Self> {
        static EXTENSION: OnceLock<Extension> = OnceLock::new();
        if let Some(extension) = EXTENSION.get() {
            return Ok(extension);
        }
        // SAFETY: each GUID stands for a function of the type that its field has.
        let extension = unsafe {
            Self {
                accept_ex: function(socket, &WSAID_ACCEPTEX)?,
                connect_ex: function(socket, &WSAID_CONNECTEX)?,
                accept_ex_addresses: function(socket, &WSAID_GETACCEPTEXSOCKADDRS)?,
            }
        };
        Ok(EXTENSION.get_or_init(|| extension))
    }
}

/// What a call of a function comes to that Winsock does not have here.
pub(super) fn missing() -> io::Error {
    codes::unsupported()
}

/// # Safety
/// `F` is an optional pointer to the function that the GUID stands for.
unsafe fn function<F: Copy>(socket: &Socket, id: &GUID) -> io::Result<Option<F>> {
    let mut function: Option<F> = None;
    let mut length = 0;
    const { assert!(size_of::<Option<F>>() == size_of::<usize>()) };
    // SAFETY: a GUID goes in, and a pointer comes out, for which there is room.
    let failed = unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            SIO_GET_EXTENSION_FUNCTION_POINTER,
            ptr::from_ref(id).cast(),
            size_of::<GUID>() as u32,
            (&raw mut function).cast(),
            size_of::<Option<F>>() as u32,
            &raw mut length,
            ptr::null_mut(),
            None,
        )
    };
    match failed {
        0 => Ok(function),
        _ => Err(codes::last_error()),
    }
}
