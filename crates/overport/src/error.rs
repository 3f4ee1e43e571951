//! The errors of the data path: [`std::io::Error`], and what Winsock calls them.

use std::io;

use rustix::io::Errno;

use crate::sys::codes;

/// Whether an operation ended because it was cancelled (`ERROR_OPERATION_ABORTED`).
///
/// A cancelled operation took nothing from its socket: data that arrives later is for the
/// next operation. The one exception is a stream send that had begun; how much of it the
/// peer gets is unknown then.
#[must_use]
pub fn is_cancelled(error: &io::Error) -> bool {
    system_code(error).is_some_and(codes::is_cancelled)
}

/// The Winsock code (`WSAGetLastError`) that stands for `error`, if there is one.
///
/// Linux keeps apart what Winsock does not: a broken pipe is `WSAESHUTDOWN` here, and a
/// socket that was closed (EBADF) is `WSAENOTSOCK`. On Windows it is the code itself, or the
/// one that Winsock has for what the completion port calls otherwise.
///
/// ```
/// use std::io;
/// let error = io::Error::from(io::ErrorKind::WouldBlock);
/// assert_eq!(overport::error::wsa_code(&error), Some(10035));
/// ```
#[must_use]
#[doc(alias = "WSAGetLastError")]
pub fn wsa_code(error: &io::Error) -> Option<i32> {
    match system_code(error) {
        Some(code) => codes::wsa_code(code),
        None => wsa_code_of_kind(error.kind()),
    }
}

pub(crate) fn wsa_code_of_kind(kind: io::ErrorKind) -> Option<i32> {
    Some(match kind {
        io::ErrorKind::WouldBlock => 10035,
        io::ErrorKind::Interrupted => 10004,
        io::ErrorKind::PermissionDenied => 10013,
        io::ErrorKind::InvalidInput => 10022,
        io::ErrorKind::Unsupported => 10045,
        io::ErrorKind::AddrInUse => 10048,
        io::ErrorKind::AddrNotAvailable => 10049,
        io::ErrorKind::ConnectionAborted => 10053,
        io::ErrorKind::ConnectionReset => 10054,
        io::ErrorKind::NotConnected => 10057,
        io::ErrorKind::BrokenPipe => 10058,
        io::ErrorKind::TimedOut => 10060,
        io::ErrorKind::ConnectionRefused => 10061,
        io::ErrorKind::HostUnreachable => 10065,
        _ => return None,
    })
}

pub(crate) fn is_errno(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

pub(crate) fn from_errno(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.raw_os_error())
}

/// The socket was closed.
pub(crate) fn closed() -> io::Error {
    from_errno(codes::CLOSED)
}

/// The code that the system gave, also where the error was given another kind.
fn system_code(error: &io::Error) -> Option<i32> {
    let under = |error: &io::Error| error.get_ref()?.downcast_ref::<io::Error>()?.raw_os_error();
    error.raw_os_error().or_else(|| under(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: SK33
    #[test]
    fn raw_and_plain_errors_have_the_same_code() {
        assert_eq!(wsa_code(&from_errno(Errno::CONNRESET)), Some(10054));
        assert_eq!(
            wsa_code(&io::ErrorKind::ConnectionReset.into()),
            Some(10054)
        );
        assert_eq!(wsa_code(&io::Error::other("no code")), None);
    }
}
