//! TIOCGWINSZ (tty_ioctl(4)).

use std::io;
use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;

/// Columns of the terminal that standard output is; none where it is no terminal, or one that
/// does not tell.
pub(crate) fn output_columns() -> Option<usize> {
    columns(io::stdout())
}

/// The same of standard error.
pub(crate) fn error_columns() -> Option<usize> {
    columns(io::stderr())
}

/// Whether the terminal that standard error is obeys the control sequences of ECMA-48, as far as
/// TERM tells.
pub(crate) fn error_obeys_sequences() -> bool {
    std::env::var_os("TERM").is_some_and(|name| name != "dumb")
}

fn columns(terminal: impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}
