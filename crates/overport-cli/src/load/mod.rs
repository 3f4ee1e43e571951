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

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

pub(crate) use args::Args;
use report::Report;
use served::Served;

use crate::descriptors;
use crate::failure::Failure;
use crate::output;

/// Descriptors of a thread beside its connections: the poll, its waker, its timer.
const DESCRIPTORS_PER_THREAD: u64 = 3;

/// Loads the server until the plan is done or a signal comes, and prints the report. Blocks
/// for as long.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let descriptors = args.clients() + args.threads() * DESCRIPTORS_PER_THREAD;
    descriptors::ensure(usize::try_from(descriptors).unwrap_or(usize::MAX), 1)?;
    ports::ensure(args.clients())?;
    // From here on a signal ends the run, and with it the server that is started for it.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(drive::cannot_start)?;
    let served = args
        .serve
        .map(|model| Served::start(model, args.clients()))
        .transpose()?;
    let plan = args.plan(served.as_ref().map(Served::address))?;

    let outcome = drive::drive(&plan, signals)?;
    let mut report = Report::new(&plan, &outcome);
    if let (Some(model), Some(served)) = (args.serve, served) {
        report.served(model.name(), served.cpu());
    }
    output::print(&report, args.json, text::render)?;
    if outcome.interrupted {
        return Err(Failure::interrupted());
    }
    match report.first_error() {
        Some(error) => Err(Failure::failed(error)),
        None => Ok(()),
    }
}
