//! What a port rests on, and how it is chosen.

#[cfg_attr(target_os = "linux", path = "backend/linux.rs")]
#[cfg_attr(windows, path = "backend/windows.rs")]
mod system;

use std::env::{self, VarError};
use std::fmt;
use std::io;
use std::str::FromStr;

/// What a port rests on.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// io_uring(7).
    IoUring,
    /// epoll(7), and calls that don't wait.
    Epoll,
    /// An I/O completion port of Windows.
    Iocp,
}

impl Backend {
    /// Its name, as OVERPORT_BACKEND and reports have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IoUring => "io_uring",
            Self::Epoll => "epoll",
            Self::Iocp => "iocp",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = io::Error;

    /// # Errors
    /// `InvalidInput` if there is none of this name.
    fn from_str(name: &str) -> io::Result<Self> {
        [Self::IoUring, Self::Epoll, Self::Iocp]
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| {
                invalid(&format!(
                    "no back-end {name:?}: io_uring, epoll or iocp is meant"
                ))
            })
    }
}

/// The environment variable that says which back-end to use.
const VARIABLE: &str = "OVERPORT_BACKEND";

/// What is made on a back-end, which one that is, and why.
pub(super) struct Chosen<T> {
    pub(super) made: T,
    pub(super) reason: String,
}

/// Makes something on the back-end that the program asks for, or else the environment, or else on
/// what [suits](system::choose) it here.
pub(super) fn choose<T>(
    asked: Option<Backend>,
    pinned: bool,
    make: impl Fn(Backend) -> io::Result<T>,
) -> io::Result<Chosen<T>> {
    let (forced, by) = match asked {
        Some(backend) => (Some(backend), "the program"),
        None => (from_environment(env::var(VARIABLE))?, VARIABLE),
    };
    let Some(backend) = forced else {
        return system::choose(pinned, make);
    };
    match make(backend) {
        Ok(made) => Ok(Chosen {
            made,
            reason: format!("asked for by {by}"),
        }),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("{backend}, which {by} asks for, can't be used: {error}"),
        )),
    }
}

fn from_environment(value: Result<String, VarError>) -> io::Result<Option<Backend>> {
    match value {
        Err(VarError::NotPresent) => Ok(None),
        Ok(name) if name.is_empty() => Ok(None),
        Ok(name) => name
            .parse()
            .map(Some)
            .map_err(|error| invalid(&format!("{VARIABLE}: {error}"))),
        Err(error) => Err(invalid(&format!("{VARIABLE}: {error}"))),
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn forbidden(backend: Backend) -> io::Result<Backend> {
        match backend {
            Backend::IoUring => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "io_uring_setup: forbidden",
            )),
            _ => Ok(backend),
        }
    }

    #[test]
    fn what_the_program_asks_for_is_used_or_fails() {
        let chosen = choose(Some(Backend::Epoll), true, Ok).expect("all can be made");
        assert_eq!(chosen.made, Backend::Epoll);
        assert_eq!(chosen.reason, "asked for by the program");
        let error = choose(Some(Backend::IoUring), false, forbidden)
            .map(|chosen| chosen.made)
            .expect_err("it can't be made");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("io_uring_setup: forbidden"));
    }

    #[test]
    fn the_environment_names_a_back_end_or_none() {
        let name = |name: &str| from_environment(Ok(name.to_owned()));
        assert_eq!(name("epoll").ok(), Some(Some(Backend::Epoll)));
        assert_eq!(name("io_uring").ok(), Some(Some(Backend::IoUring)));
        assert_eq!(name("iocp").ok(), Some(Some(Backend::Iocp)));
        assert_eq!(name("").ok(), Some(None));
        assert_eq!(from_environment(Err(VarError::NotPresent)).ok(), Some(None));
        let error = name("kqueue").expect_err("there is no such back-end");
        assert_eq!(
            error.to_string(),
            "OVERPORT_BACKEND: no back-end \"kqueue\": io_uring, epoll or iocp is meant"
        );
    }
}
