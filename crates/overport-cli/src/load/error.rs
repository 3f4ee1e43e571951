//! Why a load could not be put on at all.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::failure::Failure;

/// Why there is nothing to report about a load.
#[derive(Debug)]
pub(crate) enum Error {
    /// A connect failed, and no other had succeeded before.
    Unreachable { target: SocketAddr, text: String },
    /// What the load needs of this machine could not be had.
    Local {
        what: &'static str,
        error: io::Error,
    },
}

impl Error {
    /// The threads and what they wait with.
    pub(super) fn start(error: io::Error) -> Self {
        Self::Local {
            what: "start",
            error,
        }
    }

    /// The events of the connections.
    pub(super) fn wait(error: io::Error) -> Self {
        Self::Local {
            what: "wait for events",
            error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { target, text } => write!(
                formatter,
                "cannot connect to {target}: {text}; is a server listening there?"
            ),
            Self::Local { what, error } => write!(formatter, "cannot {what}: {error}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::failed(error.to_string())
    }
}
