//! What the port rests on here, or why there is none.

use std::env;
use std::fmt;
use std::io;

use overport::completion_port::Backend;

use super::setup::Setup;
use crate::failure::Failure;

/// With it the environment forces a back-end.
const VARIABLE: &str = "OVERPORT_BACKEND";

/// What a completion port rests on, and why.
#[derive(Clone, Debug)]
pub(crate) struct RestsOn {
    pub(crate) backend: Backend,
    pub(crate) reason: String,
}

/// Why there is no completion port, and what to do.
#[derive(Debug)]
pub(crate) struct NoPort {
    pub(crate) error: io::Error,
    /// What lifts the demand for a back-end, where there is one.
    pub(crate) instead: Option<&'static str>,
}

/// What the port of a server would rest on that the calling thread started now, with no option
/// and on the processors of that thread.
pub(crate) fn rests_on() -> Result<RestsOn, NoPort> {
    Ok(Setup::default().open()?.rests_on)
}

impl NoPort {
    /// `error` of a port for which the command line `asked` for a back-end.
    pub(super) fn new(error: io::Error, asked: Option<Backend>) -> Self {
        let by_environment = || env::var_os(VARIABLE).is_some_and(|name| !name.is_empty());
        let instead = match asked {
            Some(_) => Some("leave --backend out"),
            None if by_environment() => Some("unset OVERPORT_BACKEND"),
            None => None,
        };
        Self { error, instead }
    }
}

impl fmt::Display for NoPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot make a completion port: {}", self.error)?;
        match self.instead {
            Some(instead) => write!(formatter, "; {instead} to have one on what works here"),
            None => Ok(()),
        }
    }
}

impl From<NoPort> for Failure {
    fn from(why: NoPort) -> Self {
        Self::failed(why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_end_that_was_asked_for_and_can_t_be_used_is_said_with_what_to_do() {
        let forbidden = io::Error::other("io_uring: forbidden");
        assert_eq!(
            NoPort::new(forbidden, Some(Backend::IoUring)).to_string(),
            "cannot make a completion port: io_uring: forbidden; leave --backend out to have one \
             on what works here"
        );
    }

    #[test]
    fn what_nobody_asked_for_is_not_to_be_lifted() {
        let without = NoPort {
            error: io::Error::other("no descriptors"),
            instead: None,
        };
        assert_eq!(
            without.to_string(),
            "cannot make a completion port: no descriptors"
        );
    }
}
