//! Running `overport load` and reading what it says.

use std::net::SocketAddr;
use std::process::Command;

use crate::ended::Ended;

/// The command `overport load --connect ADDRESS`, with the words of `options`.
pub(crate) fn load(address: SocketAddr, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command
        .arg("load")
        .arg("--connect")
        .arg(address.to_string());
    command.args(options.split_ascii_whitespace());
    command
}

/// The command `overport load --serve MODEL`, with the words of `options`.
pub(crate) fn load_served(model: &str, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command.arg("load").arg("--serve").arg(model);
    command.args(options.split_ascii_whitespace());
    command
}

/// Runs the command to its end.
pub(crate) fn run(mut command: Command) -> Ended {
    command.output().unwrap().into()
}

/// Runs `overport load` with a report in JSON to its end.
pub(crate) fn run_load(address: SocketAddr, options: &str) -> Ended {
    run(load(address, &format!("--json {options}")))
}
