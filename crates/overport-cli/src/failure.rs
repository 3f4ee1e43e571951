//! How the program ends when it does not succeed.

use std::io::Write;
use std::process::ExitCode;

/// Why the program ends, and the exit code that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Something that was asked for rightly could not be done; exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            code: 1,
            message: message.into(),
        }
    }

    /// The command line does not make sense; exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
        }
    }

    /// Something was slower than it may be; exit code 3.
    pub(crate) fn slower(message: impl Into<String>) -> Self {
        Self {
            code: 3,
            message: message.into(),
        }
    }

    /// A signal ended the work before it was done; exit code 130.
    pub(crate) fn interrupted() -> Self {
        Self {
            code: 130,
            message: "interrupted".into(),
        }
    }

    /// Prints the one line on standard error, and gives the code to exit with.
    pub(crate) fn report(&self) -> ExitCode {
        let line = format!("overport: {}\n", self.message);
        // In one write, so that lines of several processes do not mix. Nobody can be told that
        // standard error is closed.
        let _ = std::io::stderr().write_all(line.as_bytes());
        ExitCode::from(self.code)
    }
}
