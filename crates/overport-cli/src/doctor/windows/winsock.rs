//! Winsock: its version, and what of it newer models rest on.

use std::io;

use serde::Serialize;

use crate::sys::winsock;

/// What Winsock offers to this process.
#[derive(Debug, Serialize)]
pub(super) struct Winsock {
    /// Such as "2.2".
    pub(super) version: Option<String>,
    pub(super) features: Vec<Feature>,
}

/// Something that the completion port makes use of.
#[derive(Debug, Serialize)]
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) works: bool,
    /// The error that the trial gave.
    pub(super) reason: Option<String>,
}

/// What lets an operation that is done at once go without a packet.
pub(super) const HANDLES: &str = "IFS handles";

/// Tries all of it.
pub(super) fn examine() -> Winsock {
    let extensions = winsock::EXTENSIONS.iter();
    let extensions =
        extensions.map(|&(name, extension)| Feature::new(name, winsock::find(extension)));
    let handles = winsock::sockets_are_handles().and_then(|are| match are {
        true => Ok(()),
        false => Err(io::Error::other(
            "a provider between the program and the system makes the sockets",
        )),
    });
    Winsock {
        version: winsock::version().ok(),
        features: extensions.chain([Feature::new(HANDLES, handles)]).collect(),
    }
}

impl Feature {
    fn new(name: &'static str, trial: io::Result<()>) -> Self {
        Self {
            name,
            works: trial.is_ok(),
            reason: trial.err().map(|error| error.to_string()),
        }
    }
}
