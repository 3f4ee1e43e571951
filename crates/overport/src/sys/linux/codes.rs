//! errno(3): what this system calls the errors of the data path, and what Winsock calls them.

use std::io;

use rustix::io::Errno;

/// A call on a descriptor that is none, or not any more.
pub(crate) const CLOSED: Errno = Errno::BADF;

/// A non-blocking connect goes on.
pub(crate) const CONNECTING: Errno = Errno::INPROGRESS;

pub(crate) fn is_cancelled(code: i32) -> bool {
    code == Errno::CANCELED.raw_os_error()
}

/// What a call fails with that sockets of its kind don't have.
pub(crate) fn unsupported() -> io::Error {
    Errno::OPNOTSUPP.into()
}

/// The code of winsock2.h with the same meaning.
pub(crate) fn wsa_code(code: i32) -> Option<i32> {
    WSA_CODES
        .iter()
        .find(|(errno, _)| errno.raw_os_error() == code)
        .map(|&(_, wsa)| wsa)
}

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
    (Errno::PIPE, 10058),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::wsa_code_of_kind;

    /// Rules: SK33
    #[test]
    fn an_error_has_the_code_of_its_kind() {
        for &(errno, code) in WSA_CODES {
            assert_eq!(wsa_code(errno.raw_os_error()), Some(code));
            let of_kind = wsa_code_of_kind(io::Error::from(errno).kind());
            assert!(of_kind.is_none_or(|of_kind| of_kind == code), "{errno}");
        }
    }

    #[test]
    fn only_a_cancelled_operation_is_cancelled() {
        assert!(crate::error::is_cancelled(&Errno::CANCELED.into()));
        assert!(!crate::error::is_cancelled(&Errno::CONNABORTED.into()));
    }
}
