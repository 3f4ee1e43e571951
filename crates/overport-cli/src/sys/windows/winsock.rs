//! What Winsock offers here: WSAStartup, the extension functions of WSAIoctl, and
//! SO_PROTOCOL_INFO.

use std::io;
use std::os::windows::io::AsRawSocket;
use std::ptr::null_mut;

use socket2::{Domain, Socket, Type};
use windows_sys::Win32::Networking::WinSock::{
    SIO_GET_EXTENSION_FUNCTION_POINTER, SO_PROTOCOL_INFOW, SOCKET, SOCKET_ERROR, SOL_SOCKET,
    WSACleanup, WSADATA, WSAID_ACCEPTEX, WSAID_CONNECTEX, WSAID_DISCONNECTEX, WSAIoctl,
    WSAPROTOCOL_INFOW, WSAStartup, XP1_IFS_HANDLES, getsockopt,
};
use windows_sys::core::GUID;

/// The version that is asked for, 2.2, which every Windows has had since 1996.
const WANTED: u16 = 0x0202;

/// The extension functions that the completion port uses.
pub(crate) const EXTENSIONS: [(&str, Extension); 3] = [
    ("AcceptEx", Extension(WSAID_ACCEPTEX)),
    ("ConnectEx", Extension(WSAID_CONNECTEX)),
    ("DisconnectEx", Extension(WSAID_DISCONNECTEX)),
];

/// A function that is found at run time, by this name.
#[derive(Clone, Copy)]
pub(crate) struct Extension(GUID);

/// The version of Winsock that a program gets, such as "2.2".
pub(crate) fn version() -> io::Result<String> {
    let mut data = WSADATA::default();
    // SAFETY: the call writes one such structure, which lives through it.
    let code = unsafe { WSAStartup(WANTED, &mut data) };
    if code != 0 {
        return Err(io::Error::from_raw_os_error(code));
    }
    // SAFETY: it takes back the start above, and no other.
    unsafe { WSACleanup() };
    let [major, minor] = data.wVersion.to_le_bytes();
    Ok(format!("{major}.{minor}"))
}

/// Fails where the provider of TCP does not have the function.
pub(crate) fn find(extension: Extension) -> io::Result<()> {
    let socket = tcp()?;
    let mut function = 0_usize;
    let mut bytes = 0;
    // SAFETY: the socket is open; what is read and written has the lengths that are told, and
    // lives through the call, which is not overlapped.
    let result = unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            SIO_GET_EXTENSION_FUNCTION_POINTER,
            (&raw const extension.0).cast(),
            size_of::<GUID>() as u32,
            (&raw mut function).cast(),
            size_of::<usize>() as u32,
            &mut bytes,
            null_mut(),
            None,
        )
    };
    checked(result)
}

/// Whether the sockets of TCP are handles of the system, and of no provider in between: only then
/// does an operation that is done at once need no packet
/// (SetFileCompletionNotificationModes).
pub(crate) fn sockets_are_handles() -> io::Result<bool> {
    let socket = tcp()?;
    let mut protocol = WSAPROTOCOL_INFOW::default();
    let mut bytes = size_of::<WSAPROTOCOL_INFOW>() as i32;
    // SAFETY: the socket is open; the call writes one such structure, of the length that is told,
    // which lives through it.
    let result = unsafe {
        getsockopt(
            socket.as_raw_socket() as SOCKET,
            SOL_SOCKET,
            SO_PROTOCOL_INFOW,
            (&raw mut protocol).cast(),
            &mut bytes,
        )
    };
    checked(result)?;
    Ok(protocol.dwServiceFlags1 & XP1_IFS_HANDLES != 0)
}

fn tcp() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

/// The error of a call of Winsock.
fn checked(result: i32) -> io::Result<()> {
    match result {
        // Winsock's last error is the thread's last error.
        SOCKET_ERROR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
