//! `overport load`: loads an echo server and checks every byte of the echo.
//!
//! From the outside in: `drive` runs a `worker` a thread, which drives its `client`s; what a
//! connection may send and must get back is decided by its `exchange`, from the `pattern`
//! that says what every message holds, and when a message is due by the `pacing`. What
//! happened is a `tally`, and of all tallies together a `report` is made.
//!
//! [`measure`] is the same for who compares servers: what counts is what happens in a `window`,
//! and what it came to is [`Measured`].

mod args;
mod client;
mod drive;
mod durations;
mod error;
mod exchange;
mod fault;
mod measured;
mod pacing;
mod pattern;
mod plan;
pub(crate) mod ports;
mod report;
mod served;
mod tally;
mod text;
mod usage;
mod verdict;
mod window;
mod work;
mod worker;

use std::sync::Arc;

pub(crate) use args::Args;
pub(crate) use durations::Quantiles;
pub(crate) use error::Error;
pub(crate) use fault::FaultKind;
pub(crate) use measured::{Measured, measure};
pub(crate) use plan::{Bound, Plan};
pub(crate) use tally::Failed;
pub(crate) use window::Window;

use report::Report;
use served::Served;

use crate::descriptors;
use crate::failure::Failure;
use crate::output;
use crate::stop::{self, Stop};

/// Descriptors of a thread beside its connections: the poll, its waker, its timer.
const DESCRIPTORS_PER_THREAD: u64 = 3;

/// Loads the server until the plan is done or a signal comes, and prints the report. Blocks
/// for as long.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let descriptors = args.clients() + args.threads() * DESCRIPTORS_PER_THREAD;
    descriptors::ensure(usize::try_from(descriptors).unwrap_or(usize::MAX), 1)?;
    ports::ensure(args.clients())?;
    // From here on a signal ends the run, and with it the server that is started for it.
    let stop = Arc::new(Stop::default());
    stop::on_interrupts(&stop).map_err(Error::start)?;
    let served = args
        .serve
        .map(|model| Served::start(model, args.clients(), &stop))
        .transpose()?;
    let plan = args.plan(served.as_ref().map(Served::address))?;

    let outcome = drive::drive(&plan, None, &stop)?;
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
