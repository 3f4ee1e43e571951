//! What the server tells, on standard error: who comes and goes, what was received, and the
//! numbered steps of the model. What is not asked for is not even formatted.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use super::args::Args;

/// Received bytes that one line shows at most.
const SHOWN_BYTES: usize = 256;

#[derive(Debug)]
pub(super) struct Log {
    events: bool,
    data: bool,
    trace: bool,
    steps: AtomicU64,
}

impl Log {
    pub(super) fn new(args: &Args) -> Self {
        Self {
            events: !args.quiet,
            data: args.log_data,
            trace: args.trace,
            steps: AtomicU64::new(0),
        }
    }

    /// A log that tells nothing.
    #[cfg(test)]
    pub(super) fn silent() -> Self {
        Self {
            events: false,
            data: false,
            trace: false,
            steps: AtomicU64::new(0),
        }
    }

    /// Something that happened to a client or to the server.
    pub(super) fn event(&self, what: Arguments<'_>) {
        if self.events {
            print(&mut io::stderr(), what);
        }
    }

    /// What `from` sent.
    pub(super) fn data(&self, from: impl std::fmt::Display, bytes: &[u8]) {
        if !self.data {
            return;
        }
        let shown = &bytes[..bytes.len().min(SHOWN_BYTES)];
        let more = if shown.len() < bytes.len() { "..." } else { "" };
        let (length, shown) = (bytes.len(), shown.escape_ascii());
        print(
            &mut io::stderr(),
            format_args!("{from} sent {length} bytes: \"{shown}\"{more}"),
        );
    }

    /// One step of the model: the call that was made and what came back.
    #[inline]
    pub(super) fn step(&self, what: Arguments<'_>) {
        if self.trace {
            self.print_step(what);
        }
    }

    #[cold]
    fn print_step(&self, what: Arguments<'_>) {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        // Numbered under the lock of the output, so that the lines come in their order.
        let mut output = io::stderr().lock();
        let step = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        print(&mut output, format_args!("step {step} [{name}] {what}"));
    }
}

/// One line in one write, so that lines of several threads do not mix.
fn print(output: &mut impl Write, what: Arguments<'_>) {
    // Nobody can be told that standard error is closed, and the clients are served on.
    let _ = output.write_all(format!("{what}\n").as_bytes());
}
