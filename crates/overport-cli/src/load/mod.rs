//! `overport load`: loads an echo server and checks every byte of the echo.
//!
//! From the outside in: `drive` runs a `worker` a thread, which drives its `client`s; what a
//! connection may send and must get back is decided by its `exchange`, from the `pattern`
//! that says what every message holds, and when a message is due by the `pacing`. What
//! happened is a `tally`, and of all tallies together a `report` is made.

mod args;
mod client;
mod drive;
mod exchange;
mod fault;
mod pacing;
mod pattern;
mod ports;
mod report;
mod served;
mod tally;
mod text;
mod timer;
mod usage;
mod verdict;
mod work;
mod worker;

use std::io::Write;

pub(crate) use args::Args;
use report::Report;
use served::Served;

use crate::descriptors;
use crate::failure::Failure;

/// Descriptors of a thread beside its connections: the poll, its waker, its timer.
const DESCRIPTORS_PER_THREAD: u64 = 3;

/// Loads the server until the plan is done or a signal comes, and prints the report. Blocks
/// for as long.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let served = args
        .serve
        .map(|model| Served::start(model, args.clients()))
        .transpose()?;
    let plan = args.plan(served.as_ref().map(Served::address))?;
    let connections = plan.connections + plan.idle;
    let descriptors = connections + plan.threads * DESCRIPTORS_PER_THREAD;
    descriptors::ensure(usize::try_from(descriptors).unwrap_or(usize::MAX), 1)?;
    ports::ensure(connections)?;

    let outcome = drive::drive(&plan)?;
    let mut report = Report::new(&plan, &outcome);
    if let (Some(model), Some(served)) = (args.serve, served) {
        report.served(model.name(), served.cpu());
    }
    print(&report, args.json)?;
    if outcome.interrupted {
        return Err(Failure::interrupted());
    }
    match report.first_error() {
        Some(error) => Err(Failure::failed(error)),
        None => Ok(()),
    }
}

fn print(report: &Report, json: bool) -> Result<(), Failure> {
    let mut text = if json {
        serde_json::to_string_pretty(report)
            .map_err(|error| Failure::failed(format!("cannot write the report: {error}")))?
    } else {
        text::render(report)
    };
    text.push('\n');
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::failed(format!("cannot print the report: {error}")))
}
