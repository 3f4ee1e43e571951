//! One measurement, for who compares servers.

use super::drive::{self, Outcome};
use super::durations::{Durations, Quantiles};
use super::error::Error;
use super::plan::Plan;
use super::tally::Failed;
use super::verdict::{self, GeneratorLimit};
use super::window::Window;
use crate::stop::Stop;

/// What a load found within its window.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// How long the window was open; 0 where the run ended before it was.
    pub(crate) seconds: f64,
    /// Messages that came back whole in it.
    pub(crate) messages: u64,
    pub(crate) messages_per_s: f64,
    /// Messages that were sent between the window's two long looks, warm-up and window: from when
    /// it was prepared to when it was concluded. All were answered in that time, but for those of
    /// connections to which nothing was answered at all.
    pub(crate) messages_between_looks: u64,
    /// In an open loop: from when a message was due to when its echo was there, of the messages
    /// that were due in the window. What was never sent counts with the time that it had waited.
    /// None where there was none.
    pub(crate) latency: Option<Quantiles>,
    /// The same of the messages with the mark, which are not among the others.
    pub(crate) marked_latency: Option<Quantiles>,
    /// Messages that were due in the window and not sent, since the server had not answered
    /// enough.
    pub(crate) unsent: u64,
    /// Part of the messages that the load itself sent more than 1 ms after they were due.
    pub(crate) late_part: f64,
    /// From a connection's connect to its first message that came back, in the window.
    pub(crate) first_answer: Option<Quantiles>,
    /// Connections that ended as they should in the window.
    pub(crate) sessions: u64,
    /// Active clients to whom nothing at all had come back when the time was over.
    pub(crate) starved: u64,
    /// Active clients.
    pub(crate) clients: u64,
    /// Idle connections that were held.
    pub(crate) held: u64,
    /// Connections that failed, in the window or out of it.
    pub(crate) errors: u64,
    /// The first of those that are as bad as any.
    pub(crate) fault: Option<Failed>,
    /// Why the load was the limit and not the server, if it was.
    pub(crate) generator_limit: Option<GeneratorLimit>,
    /// It was asked to end before its time.
    pub(crate) interrupted: bool,
}

/// Puts the load of `plan` on its target, tells `window` of the measured time,
/// and returns when all connections are closed. `stop` ends it at once.
///
/// The threads of the load run where the calling thread may run. Limits on descriptors and ports
/// are the caller's to look at. The run ends without a window when the server does not let all
/// clients come within the stall timeout; that is among the errors.
///
/// # Errors
/// Where no connection can be established, or the load needs what this machine does not have.
pub(crate) fn measure(plan: &Plan, window: &dyn Window, stop: &Stop) -> Result<Measured, Error> {
    Ok(Measured::new(plan, drive::drive(plan, Some(window), stop)?))
}

impl Measured {
    fn new(plan: &Plan, outcome: Outcome) -> Self {
        let tally = outcome.tally;
        let seconds = outcome.window_ns as f64 / 1e9;
        let latency = |durations: &Durations| plan.rate.and_then(|_| quantiles(durations));
        Self {
            seconds,
            messages: tally.messages,
            messages_per_s: if seconds > 0.0 {
                tally.messages as f64 / seconds
            } else {
                0.0
            },
            latency: latency(&tally.round_trip),
            marked_latency: latency(&tally.marked),
            messages_between_looks: tally.sent_prepared,
            unsent: tally.unsent,
            late_part: tally.lateness.part_above(verdict::LATE_NS),
            first_answer: quantiles(&tally.first_answer),
            sessions: tally.closing.count(),
            starved: tally.starved,
            clients: plan.connections,
            held: tally.held,
            errors: tally.errors,
            generator_limit: verdict::generator_limit(&tally),
            fault: worst(tally.faults),
            interrupted: outcome.interrupted,
        }
    }
}

fn quantiles(durations: &Durations) -> Option<Quantiles> {
    Some(durations.quantiles()).filter(|quantiles| quantiles.count > 0)
}

fn worst(faults: Vec<Failed>) -> Option<Failed> {
    // The last of equals wins.
    faults
        .into_iter()
        .rev()
        .max_by_key(|failed| failed.fault.kind())
}

#[cfg(test)]
#[path = "../../tests/load/servers.rs"]
mod servers;
#[cfg(test)]
mod tests;
