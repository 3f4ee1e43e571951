//! The codes of winsock2.h and winerror.h. The calls of Winsock speak the former, packets at
//! a completion port and calls on handles the latter.

use std::io;

use rustix::io::Errno;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ADDRESS_ALREADY_ASSOCIATED, ERROR_CONNECTION_ABORTED,
    ERROR_CONNECTION_ACTIVE, ERROR_CONNECTION_INVALID, ERROR_CONNECTION_REFUSED,
    ERROR_GRACEFUL_DISCONNECT, ERROR_HOST_UNREACHABLE, ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER, ERROR_MORE_DATA, ERROR_NETNAME_DELETED, ERROR_NETWORK_UNREACHABLE,
    ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY, ERROR_OPERATION_ABORTED,
    ERROR_PORT_UNREACHABLE, ERROR_PROTOCOL_UNREACHABLE, ERROR_SEM_TIMEOUT,
    ERROR_TOO_MANY_OPEN_FILES, WIN32_ERROR,
};
use windows_sys::Win32::Networking::WinSock::{
    WSAEACCES, WSAEADDRINUSE, WSAECONNABORTED, WSAECONNREFUSED, WSAECONNRESET, WSAEDISCON,
    WSAEHOSTUNREACH, WSAEINVAL, WSAEISCONN, WSAEMFILE, WSAEMSGSIZE, WSAENETUNREACH, WSAENOBUFS,
    WSAENOTCONN, WSAENOTSOCK, WSAEOPNOTSUPP, WSAESHUTDOWN, WSAETIMEDOUT,
};

/// A call on a handle that is no socket, or not any more.
pub(crate) const CLOSED: Errno = Errno::NOTSOCK;

/// A non-blocking connect goes on.
pub(crate) const CONNECTING: Errno = Errno::WOULDBLOCK;

/// What a cancelled operation fails with.
pub(crate) fn cancelled() -> io::Error {
    from_code(ABORTED)
}

pub(crate) fn is_cancelled(code: i32) -> bool {
    code == ABORTED
}

/// What a call fails with that sockets of its kind don't have.
pub(crate) fn unsupported() -> io::Error {
    from_code(WSAEOPNOTSUPP)
}

/// An error by its code, of whichever header. It has the code of winsock2.h where there is one
/// with the same meaning, and its kind where the standard library knows another or none.
pub(crate) fn from_code(code: i32) -> io::Error {
    let code = WSA_CODES
        .iter()
        .find(|&&(win32, _)| i64::from(win32) == i64::from(code))
        .map_or(code, |&(_, wsa)| wsa);
    let error = io::Error::from_raw_os_error(code);
    match code {
        WSAEOPNOTSUPP => io::Error::new(io::ErrorKind::Unsupported, error),
        WSAESHUTDOWN => io::Error::new(io::ErrorKind::BrokenPipe, error),
        // The standard library takes it for a timeout.
        ABORTED => io::Error::other(error),
        _ => error,
    }
}

/// As [`from_code`], for an error that a call has made.
pub(crate) fn normalised(error: io::Error) -> io::Error {
    error.raw_os_error().map_or(error, from_code)
}

/// What the thread's last call failed with (GetLastError, which is WSAGetLastError, too).
pub(super) fn last_error() -> io::Error {
    normalised(io::Error::last_os_error())
}

/// The code of winsock2.h with the same meaning.
pub(crate) fn wsa_code(code: i32) -> Option<i32> {
    let own = WSA_RANGE.contains(&code) || code == ABORTED;
    let translated = || {
        WSA_CODES
            .iter()
            .find(|&&(win32, _)| i64::from(win32) == i64::from(code))
            .map(|&(_, wsa)| wsa)
    };
    own.then_some(code).or_else(translated)
}

/// `WSA_OPERATION_ABORTED`, the same number.
const ABORTED: i32 = ERROR_OPERATION_ABORTED as i32;

/// From `WSABASEERR` to beyond the last code.
const WSA_RANGE: std::ops::Range<i32> = 10_000..12_000;

const WSA_CODES: &[(WIN32_ERROR, i32)] = &[
    (ERROR_TOO_MANY_OPEN_FILES, WSAEMFILE),
    (ERROR_ACCESS_DENIED, WSAEACCES),
    (ERROR_INVALID_HANDLE, WSAENOTSOCK),
    (ERROR_NOT_ENOUGH_MEMORY, WSAENOBUFS),
    (ERROR_NETNAME_DELETED, WSAECONNRESET),
    (ERROR_INVALID_PARAMETER, WSAEINVAL),
    (ERROR_SEM_TIMEOUT, WSAETIMEDOUT),
    (ERROR_MORE_DATA, WSAEMSGSIZE),
    (ERROR_CONNECTION_REFUSED, WSAECONNREFUSED),
    (ERROR_GRACEFUL_DISCONNECT, WSAEDISCON),
    (ERROR_ADDRESS_ALREADY_ASSOCIATED, WSAEADDRINUSE),
    (ERROR_CONNECTION_INVALID, WSAENOTCONN),
    (ERROR_CONNECTION_ACTIVE, WSAEISCONN),
    (ERROR_NETWORK_UNREACHABLE, WSAENETUNREACH),
    (ERROR_HOST_UNREACHABLE, WSAEHOSTUNREACH),
    (ERROR_PROTOCOL_UNREACHABLE, WSAENETUNREACH),
    (ERROR_PORT_UNREACHABLE, WSAECONNRESET),
    (ERROR_CONNECTION_ABORTED, WSAECONNABORTED),
    (ERROR_NO_SYSTEM_RESOURCES, WSAENOBUFS),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{is_cancelled, wsa_code, wsa_code_of_kind};

    /// Rules: SK33
    #[test]
    fn an_error_has_the_code_of_its_kind() {
        let own = [WSAEOPNOTSUPP, WSAESHUTDOWN, WSAENOTSOCK, ABORTED];
        let own = own.map(|code| (code, code));
        let translated = WSA_CODES.iter().map(|&(win32, wsa)| (win32 as i32, wsa));
        for (code, wsa) in translated.chain(own) {
            let error = from_code(code);
            assert_eq!(wsa_code(&error), Some(wsa));
            assert_eq!(wsa_code(&io::Error::from_raw_os_error(code)), Some(wsa));
            let of_kind = wsa_code_of_kind(error.kind());
            assert!(of_kind.is_none_or(|of_kind| of_kind == wsa), "{error}");
        }
    }

    #[test]
    fn a_cancelled_operation_is_none_whose_time_was_over() {
        assert!(is_cancelled(&cancelled()));
        assert_ne!(cancelled().kind(), io::ErrorKind::TimedOut);
        assert!(!is_cancelled(&from_code(WSAETIMEDOUT)));
    }
}
