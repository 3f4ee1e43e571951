//! What is wrong with the server, and from when on.

use std::process;

use crate::sleep_for_ever;

/// The status that the server exits with when it dies.
const EXIT_CODE: i32 = 3;

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Nothing
    None,
    /// One byte is not sent
    Loses,
    /// One byte is another one
    Changes,
    /// One byte is sent twice
    Repeats,
    /// It says so on standard error and exits with code 3
    Dies,
    /// It aborts
    Aborts,
    /// It answers nobody any more; the system still takes connections for it
    Hangs,
    /// It closes each connection
    Refuses,
    /// It runs and does not listen, whatever --after says
    NeverListens,
}

/// A fault that comes when it is due.
pub(crate) struct Fault {
    kind: Kind,
    /// Receives until it is due.
    after: u64,
}

impl Fault {
    pub(crate) fn new(kind: Kind, after: u64) -> Self {
        Self { kind, after }
    }

    /// Whether connections are closed now.
    pub(crate) fn refuses(&self) -> bool {
        self.kind == Kind::Refuses && self.after == 0
    }

    /// Makes of what was received, which is not empty, what is sent.
    pub(crate) fn spoil(&mut self, bytes: &mut Vec<u8>) {
        if self.after > 0 {
            self.after -= 1;
            return;
        }
        match self.kind {
            Kind::Loses => drop(bytes.remove(0)),
            Kind::Changes => bytes[0] ^= 1,
            Kind::Repeats => bytes.insert(0, bytes[0]),
            Kind::Dies => {
                eprintln!("faulty-server: it dies, as it was told to");
                process::exit(EXIT_CODE);
            }
            Kind::Aborts => process::abort(),
            Kind::Hangs => sleep_for_ever(),
            Kind::None | Kind::Refuses | Kind::NeverListens => return,
        }
        // One byte is enough.
        self.kind = Kind::None;
    }
}
