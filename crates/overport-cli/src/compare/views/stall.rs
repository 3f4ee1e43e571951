//! Handlers that block: one message in a hundred makes its handler wait for ten milliseconds.
//! What happens to the others is the question, so theirs are the latencies that are shown.

use super::super::comparison::{Comparison, explain};
use super::super::progress::Stage;
use super::super::trial::{Measurement, Trial, Trouble};
use crate::failure::Failure;
use crate::report::data::{Figure, Reason, Stall, View};
use crate::stall_mark::STALL_MARK;

/// So many measurements' time, since only a few of the messages block.
const TIMES: u32 = 3;

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    let least_bytes = STALL_MARK.len() as u64;
    let too_short = comparison.settings.message_bytes < least_bytes;
    comparison.leave_out_one_at_a_time(Figure::Stall);
    for (candidate, run) in comparison.candidates.iter().zip(&mut comparison.runs) {
        explain(
            run,
            Figure::Stall,
            too_short,
            Reason::MessageTooShort { least_bytes },
        );
        let placeholder = "{stall_ms}".to_owned();
        let deaf = !candidate.takes_stalls();
        explain(
            run,
            Figure::Stall,
            deaf,
            Reason::NoPlaceholder { placeholder },
        );
    }
    let settings = &comparison.settings;
    let mut without = Trial::main_load(settings);
    without.rate = Some(settings.stall_rate_per_s);
    // The port has more threads when handlers may block; both are measured with them.
    without.stall_ms = settings.stall_ms;
    let mut with = without.clone();
    with.time *= TIMES;
    with.mark_every = Some(settings.stall_every);
    comparison.round(
        Stage::View(View::Stall),
        Figure::Stall,
        0,
        1,
        |bench, _settings, candidate, run, _turn| {
            let calm = bench.measure(candidate, &without)?;
            let stalled = bench.measure(candidate, &with)?;
            did_block(&stalled, &with)?;
            run.stall = Some(Stall {
                with: stalled.latency()?,
                without: calm.latency()?,
                unsent: stalled.load.unsent,
                threads: stalled.threads,
                disturbed: calm.noise.disturbed || stalled.noise.disturbed,
            });
            Ok(())
        },
    )
}

/// Fails where the marked messages did not block their handlers, as of a server that does not know
/// the mark.
fn did_block(stalled: &Measurement, trial: &Trial) -> Result<(), Trouble> {
    let Some(marked) = stalled.load.marked_latency else {
        return Err(Trouble::Here(Reason::TooFewMessages));
    };
    let took_us = marked.p50;
    if took_us < trial.stall_ms as f64 * 1000.0 {
        return Err(Trouble::Here(Reason::DidNotBlock {
            stall_ms: trial.stall_ms,
            took_us,
        }));
    }
    Ok(())
}
