//! Running `overport load` and reading what it says.

use std::net::SocketAddr;
use std::process::{Command, Output};

use serde_json::Value;

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The report, of a run with `--json`.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// What it said on standard error, which must be one line that ends with a newline.
    pub(crate) fn line(&self) -> &str {
        let line = self.stderr.strip_suffix('\n').unwrap_or_default();
        assert!(!line.is_empty() && !line.contains('\n'), "{}", self.stderr);
        line
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

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

/// The same command in a shell that has done `setup` before.
pub(crate) fn in_shell(setup: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{setup}; exec \"$0\" \"$@\""));
    shell.arg(command.get_program()).args(command.get_args());
    shell
}
