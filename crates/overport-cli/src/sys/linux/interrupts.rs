//! The signals that ask a program to end (signal(7)): SIGINT, which is Ctrl-C, SIGTERM and SIGHUP.

use std::io;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The wishes that the program end. From its making on they do not end the program by themselves.
#[derive(Debug)]
pub(crate) struct Interrupts(Signals);

impl Interrupts {
    /// SIGINT and SIGTERM.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(Signals::new([SIGINT, SIGTERM])?))
    }

    /// The same, and the end of the terminal.
    pub(crate) fn with_hangup() -> io::Result<Self> {
        Ok(Self(Signals::new([SIGINT, SIGTERM, SIGHUP])?))
    }

    /// Waits for the next one; one that came before is not missed.
    pub(crate) fn wait(&mut self) {
        self.0.forever().next();
    }
}
