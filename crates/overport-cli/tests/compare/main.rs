//! `overport compare`, run with servers that are right and servers that are not.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "../common/backends.rs"]
mod backends;
#[path = "../common/ended.rs"]
mod ended;
// Linux only: the server of a comparison is found by /proc.
#[cfg(target_os = "linux")]
mod ends;
mod faults;
#[cfg_attr(target_os = "linux", path = "../common/process/linux.rs")]
#[cfg_attr(windows, path = "../common/process/windows.rs")]
mod process;
mod ranks;
mod reports;
mod servers;
mod usage;

use std::process::Command;

use ended::Ended;
use serde_json::Value;

/// Short rounds, of no use but to see that they are made.
const SHORT: &str = "--connections 4 --rate 2000";

/// Long enough that on a busy machine, too, some messages come back in every round.
const LONGER: &str = "--round-seconds 0.2";

/// The command `overport compare` with short rounds, the words of `options`, and `servers`.
fn compare(options: &str, servers: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command.arg("compare");
    command.args(SHORT.split_ascii_whitespace());
    if !options.contains("--round-seconds") {
        command.args(LONGER.split_ascii_whitespace());
    }
    command.args(options.split_ascii_whitespace());
    for server in servers {
        command.args(["--server", server]);
    }
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// The main load on given servers alone.
fn compare_only(options: &str, servers: &[String]) -> Command {
    compare(&format!("--models none --views none {options}"), servers)
}

/// The run of that name in a report.
fn run_of<'a>(report: &'a Value, name: &str) -> &'a Value {
    let runs = report["runs"].as_array().unwrap();
    runs.iter().find(|run| run["model"] == name).unwrap()
}

fn run(mut command: Command) -> Ended {
    command.output().unwrap().into()
}
