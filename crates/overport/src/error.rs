//! The errors of the data path: [`std::io::Error`], and what Winsock calls them.

use std::io;

use rustix::io::Errno;

/// Whether an operation ended because it was cancelled (`ERROR_OPERATION_ABORTED`).
///
/// A cancelled operation took nothing from its socket: data that arrives later is for the
/// next operation. The one exception is a stream send that had begun; how much of it the
/// peer gets is unknown then.
#[must_use]
pub fn is_cancelled(error: &io::Error) -> bool {
    is_errno(error, Errno::CANCELED)
}

/// The Winsock code (`WSAGetLastError`) that stands for `error`, if there is one.
///
/// Linux keeps apart what Winsock does not: a broken pipe is `WSAECONNABORTED` here, and a
/// socket that was closed (EBADF) is `WSAENOTSOCK`.
///
/// ```
/// use std::io;
/// let error = io::Error::from(io::ErrorKind::WouldBlock);
/// assert_eq!(overport::error::wsa_code(&error), Some(10035));
/// ```
#[must_use]
#[doc(alias = "WSAGetLastError")]
pub fn wsa_code(error: &io::Error) -> Option<i32> {
    match error.raw_os_error() {
        Some(code) => WSA_CODES
            .iter()
            .find(|(errno, _)| errno.raw_os_error() == code)
            .map(|&(_, wsa)| wsa),
        None => wsa_code_of_kind(error.kind()),
    }
}

/// The codes of winsock2.h beside the errno values of errno(3) with the same meaning.
const WSA_CODES: &[(Errno, i32)] = &[
    (Errno::INTR, 10004),
    (Errno::BADF, 10038),
    (Errno::ACCESS, 10013),
    (Errno::PERM, 10013),
    (Errno::FAULT, 10014),
    (Errno::INVAL, 10022),
    (Errno::MFILE, 10024),
    (Errno::NFILE, 10024),
    (Errno::AGAIN, 10035),
    (Errno::INPROGRESS, 10035),
    (Errno::ALREADY, 10037),
    (Errno::NOTSOCK, 10038),
    (Errno::DESTADDRREQ, 10039),
    (Errno::MSGSIZE, 10040),
    (Errno::PROTOTYPE, 10041),
    (Errno::NOPROTOOPT, 10042),
    (Errno::PROTONOSUPPORT, 10043),
    (Errno::SOCKTNOSUPPORT, 10044),
    (Errno::OPNOTSUPP, 10045),
    (Errno::AFNOSUPPORT, 10047),
    (Errno::ADDRINUSE, 10048),
    (Errno::ADDRNOTAVAIL, 10049),
    (Errno::NETDOWN, 10050),
    (Errno::NETUNREACH, 10051),
    (Errno::NETRESET, 10052),
    (Errno::CONNABORTED, 10053),
    (Errno::PIPE, 10053),
    (Errno::CONNRESET, 10054),
    (Errno::NOBUFS, 10055),
    (Errno::NOMEM, 10055),
    (Errno::ISCONN, 10056),
    (Errno::NOTCONN, 10057),
    (Errno::SHUTDOWN, 10058),
    (Errno::TIMEDOUT, 10060),
    (Errno::CONNREFUSED, 10061),
    (Errno::HOSTUNREACH, 10065),
    (Errno::CANCELED, 995),
];

fn wsa_code_of_kind(kind: io::ErrorKind) -> Option<i32> {
    Some(match kind {
        io::ErrorKind::WouldBlock => 10035,
        io::ErrorKind::Interrupted => 10004,
        io::ErrorKind::PermissionDenied => 10013,
        io::ErrorKind::InvalidInput => 10022,
        io::ErrorKind::AddrInUse => 10048,
        io::ErrorKind::AddrNotAvailable => 10049,
        io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => 10053,
        io::ErrorKind::ConnectionReset => 10054,
        io::ErrorKind::NotConnected => 10057,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: SK33
    #[test]
    fn an_error_has_the_code_of_its_kind() {
        for &(errno, code) in WSA_CODES {
            let error = from_errno(errno);
            assert_eq!(wsa_code(&error), Some(code));
            let of_kind = wsa_code_of_kind(error.kind());
            assert!(of_kind.is_none_or(|of_kind| of_kind == code), "{error}");
        }
    }

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

    #[test]
    fn only_a_cancelled_operation_is_cancelled() {
        assert!(is_cancelled(&from_errno(Errno::CANCELED)));
        assert!(!is_cancelled(&from_errno(Errno::CONNABORTED)));
    }
}
