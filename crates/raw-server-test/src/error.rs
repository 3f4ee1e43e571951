//! The thread's last error, and how a function gets to its result.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use overport::error::{is_cancelled, wsa_code};

/// A code of winerror.h.
#[derive(Clone, Copy)]
pub(crate) struct Code(pub(crate) u32);

impl Code {
    pub(crate) const INVALID_HANDLE: Self = Self(6);
    pub(crate) const NETNAME_DELETED: Self = Self(64);
    pub(crate) const WAIT_TIMEOUT: Self = Self(258);
    pub(crate) const ABANDONED_WAIT: Self = Self(735);
    pub(crate) const OPERATION_ABORTED: Self = Self(995);
    pub(crate) const IO_PENDING: Self = Self(997);
    pub(crate) const NOT_FOUND: Self = Self(1168);
    pub(crate) const CONNECTION_ABORTED: Self = Self(1236);
    pub(crate) const INTERNAL_ERROR: Self = Self(1359);
    pub(crate) const FAULT: Self = Self(10014);
    pub(crate) const NOT_SOCKET: Self = Self(10038);
}

impl From<io::Error> for Code {
    /// As a packet tells it, in the words of the system rather than those of Winsock.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            _ if is_cancelled(&error) => Self::OPERATION_ABORTED,
            io::ErrorKind::ConnectionReset => Self::NETNAME_DELETED,
            io::ErrorKind::ConnectionAborted => Self::CONNECTION_ABORTED,
            _ => wsa_code(&error)
                .and_then(|code| u32::try_from(code).ok())
                .map_or(Self::INTERNAL_ERROR, Self),
        }
    }
}

thread_local! {
    static LAST_ERROR: Cell<u32> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "called by the C program")]
#[unsafe(no_mangle)]
extern "C" fn raw_server_GetLastError() -> u32 {
    LAST_ERROR.get()
}

/// The result of `f`; where it fails, `failure`, and the code is the thread's last error. A panic
/// fails, too, and goes no further.
pub(crate) fn call<R>(failure: R, f: impl FnOnce() -> Result<R, Code>) -> R {
    let result = catch_unwind(AssertUnwindSafe(f));
    match result.unwrap_or(Err(Code::INTERNAL_ERROR)) {
        Ok(result) => result,
        Err(Code(code)) => {
            LAST_ERROR.set(code);
            failure
        }
    }
}
