//! Servers as child processes, and what they cost.
//!
//! A server is started, and ended with all that it started ([`server`]), by a command of the
//! program's own or of the user's ([`command`]), on processors of its own ([`cpus`]). At both ends
//! of a measurement a [`moment`] is taken, which is quick: the time that the server has used
//! ([`usage`]), and what disturbed it ([`noise`]). Before and behind, a [`survey`] looks at what
//! takes longer. [`syscalls`] are counted in a run of their own.

pub(crate) mod command;
pub(crate) mod cpus;
pub(crate) mod host;
pub(crate) mod moment;
pub(crate) mod noise;
pub(crate) mod server;
pub(crate) mod survey;
pub(crate) mod syscalls;
pub(crate) mod usage;

#[cfg(test)]
mod fake;
mod listening;
mod stderr;
mod template;

use crate::report::data::Reason;

/// What the system says why a figure is missing.
fn reason(error: std::io::Error) -> Reason {
    match error.kind() {
        std::io::ErrorKind::Unsupported => Reason::NoSuchCall,
        _ => Reason::System {
            text: error.to_string(),
        },
    }
}
