//! What can be wrong with a connection.

use std::fmt;
use std::io;

/// Why a connection counts as an error. Messages and offsets are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A byte came back that is not the one that was sent.
    WrongByte {
        message: u64,
        offset: usize,
        expected: u8,
        found: u8,
    },
    /// More bytes came back than were sent.
    Surplus { message: u64, offset: usize },
    /// The peer ended the stream with an echo outstanding.
    ClosedEarly {
        message: u64,
        echoed: usize,
        size: usize,
    },
    /// Nothing happened for the stall timeout with an echo outstanding.
    Stalled {
        message: u64,
        echoed: usize,
        size: usize,
    },
    /// The connect did not end within the stall timeout.
    NotAccepted,
    /// The peer did not end the stream, within the stall timeout, after it was asked to.
    NotClosed,
    /// The peer ended the stream with nothing outstanding, before it was asked to.
    ClosedIdle,
    /// The connect failed.
    Connect(String),
    /// Sending or receiving failed.
    Broken { message: u64, text: String },
}

/// How bad a fault is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaultKind {
    /// A connection was refused or dropped.
    Dropped,
    /// An answer, an accept or an end did not come.
    Hung,
    /// Bytes were lost, changed, repeated or made up.
    Wrong,
}

impl Fault {
    pub(crate) fn kind(&self) -> FaultKind {
        match self {
            Self::WrongByte { .. } | Self::Surplus { .. } => FaultKind::Wrong,
            // A part of an echo tells that the rest was lost on the way.
            Self::Stalled { echoed: 1.., .. } => FaultKind::Wrong,
            Self::Stalled { echoed: 0, .. } | Self::NotAccepted | Self::NotClosed => {
                FaultKind::Hung
            }
            Self::ClosedEarly { .. }
            | Self::ClosedIdle
            | Self::Connect(_)
            | Self::Broken { .. } => FaultKind::Dropped,
        }
    }

    pub(super) fn connect(error: &io::Error) -> Self {
        Self::Connect(error.to_string())
    }

    pub(super) fn broken(message: u64, error: &io::Error) -> Self {
        Self::Broken {
            message,
            text: error.to_string(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongByte {
                message,
                offset,
                expected,
                found,
            } => write!(
                formatter,
                "wrong byte in message {message} at offset {offset}: sent {expected:#04x}, got {found:#04x}"
            ),
            Self::Surplus { message, offset } => write!(
                formatter,
                "more bytes than were sent, at offset {offset} of message {message}"
            ),
            Self::ClosedEarly {
                message,
                echoed,
                size,
            } => write!(
                formatter,
                "closed by the server after {echoed} of the {size} bytes of message {message}"
            ),
            Self::Stalled {
                message,
                echoed,
                size,
            } => write!(
                formatter,
                "no answer any more after {echoed} of the {size} bytes of message {message}"
            ),
            Self::NotAccepted => formatter.write_str("the connect did not end"),
            Self::NotClosed => {
                formatter.write_str("the server did not close after the end of the stream")
            }
            Self::ClosedIdle => formatter.write_str("closed by the server while it was idle"),
            Self::Connect(text) => write!(formatter, "connect: {text}"),
            Self::Broken { message, text } => write!(formatter, "message {message}: {text}"),
        }
    }
}
