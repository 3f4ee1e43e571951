//! What a command prints on standard output, which is what it was run for.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints `result` as JSON, or as `render` shows it to people.
pub(crate) fn print<T: Serialize>(
    result: &T,
    json: bool,
    render: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    let mut text = if json {
        serde_json::to_string_pretty(result)
            .map_err(|error| Failure::failed(format!("cannot write JSON: {error}")))?
    } else {
        render(result)
    };
    text.push('\n');
    printed(io::stdout().write_all(text.as_bytes()))
}

/// What it means that something was printed or not. Who closes the pipe, as `head` does, has
/// read enough, so that is no failure.
pub(crate) fn printed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}
