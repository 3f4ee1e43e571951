//! Async-select's queue is the program's: what its own messages in it do to the sockets' ones.

use super::super::comparison::{Comparison, explain};
use super::super::progress::Stage;
use super::super::trial::Trial;
use crate::failure::Failure;
use crate::report::data::{Figure, Flood, Reason, View};

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    for (candidate, run) in comparison.candidates.iter().zip(&mut comparison.runs) {
        let other = !candidate.takes_own_messages();
        explain(run, Figure::Flood, other, Reason::NoQueueOfItsOwn);
    }
    let Some(rate) = comparison.settings.latency_rate_per_s else {
        return Ok(());
    };
    let mut without = Trial::main_load(&comparison.settings);
    without.rate = Some(rate);
    let mut with = without.clone();
    with.own_messages_per_s = comparison.settings.flood_per_s;
    comparison.round(
        Stage::View(View::Flood),
        Figure::Flood,
        0,
        1,
        |bench, _settings, candidate, run, _turn| {
            let calm = bench.measure(candidate, &without)?;
            let flooded = bench.measure(candidate, &with)?;
            run.flood = Some(Flood {
                own_messages_per_s: with.own_messages_per_s,
                disturbed: calm.noise.disturbed || flooded.noise.disturbed,
                with: flooded.latency()?,
                without: calm.latency()?,
                cpu_us_per_message_with: flooded.per_message().cpu_us,
                cpu_us_per_message_without: calm.per_message().cpu_us,
            });
            Ok(())
        },
    )
}
