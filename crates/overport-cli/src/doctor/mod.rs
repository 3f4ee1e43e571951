//! `overport doctor`: what this machine offers, tried where it can be tried.
//!
//! What is looked at is each system's own: a folder a system, whose `Findings` come before the
//! models and the advice, which are the same everywhere.

mod models;
mod text;

#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod findings;

use serde::Serialize;

use crate::failure::Failure;
use crate::output;
use crate::serve;

/// Show what this machine offers to the models, and what to change for more.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// All that is known of the machine.
#[derive(Debug, Serialize)]
struct Examination {
    #[serde(flatten)]
    findings: findings::Findings,
    models: Vec<models::Model>,
    advice: Vec<Advice>,
}

/// Something to change, why, and how.
#[derive(Debug, Serialize)]
struct Advice {
    why: String,
    /// A command, as root where it begins with sysctl, or a file to edit.
    how: String,
}

/// Examines the machine and prints what it offers.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let examination = findings::examine(&serve::port_rests_on());
    output::print(&examination, args.json, text::render)
}
