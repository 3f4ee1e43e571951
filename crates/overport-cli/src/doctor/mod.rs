//! `overport doctor`: what this machine offers, tried where it can be tried.
//!
//! Each subject is a file that examines and gives a record; `advice` reads the records, and
//! `text` shows them to people.

mod advice;
mod models;
mod readiness;
mod system;
mod text;
mod trials;
mod uring;

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
    system: system::System,
    readiness: readiness::Readiness,
    io_uring: uring::Uring,
    models: Vec<models::Model>,
    advice: Vec<advice::Advice>,
}

/// Examines the machine and prints what it offers.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    output::print(&examine(), args.json, text::render)
}

fn examine() -> Examination {
    let system = system::examine();
    let readiness = readiness::examine();
    let io_uring = uring::examine();
    let port = serve::port_rests_on();
    Examination {
        models: models::examine(&readiness, &port),
        advice: advice::advise(&system, &io_uring, &port),
        system,
        readiness,
        io_uring,
    }
}
