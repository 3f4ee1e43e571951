//! Answers at one rate that every server can carry, in an open loop: a late answer delays no
//! question, so the time from when a message was due is its latency.

use super::super::comparison::Comparison;
use super::super::progress::Stage;
use super::super::trial::Trial;
use crate::failure::Failure;
use crate::report::data::{Figure, LatencyRound, View};

/// Rounds of the open loop; fewer tell nothing apart.
pub(super) const ROUNDS: u64 = 5;

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    comparison.leave_out_one_at_a_time(Figure::LatencyUs);
    // Without a rate no server with many clients works, and each run says what is wrong.
    let Some(rate) = comparison.settings.latency_rate_per_s else {
        return Ok(());
    };
    let mut trial = Trial::main_load(&comparison.settings);
    trial.rate = Some(rate);
    for round in 0..ROUNDS {
        comparison.round(
            Stage::View(View::Latency),
            Figure::LatencyUs,
            round,
            ROUNDS,
            |bench, _settings, candidate, run, turn| {
                let measurement = bench.measure(candidate, &trial)?;
                let load = &measurement.load;
                run.latency_rounds.push(LatencyRound {
                    round: turn.round,
                    turn: turn.turn,
                    rate_per_s: rate,
                    messages: load.messages,
                    latency_us: measurement.latency()?,
                    unsent: load.unsent,
                    late_part: load.late_part,
                    cpu_us_per_message: measurement.per_message().cpu_us,
                    noise: measurement.noise,
                    errors: load.errors,
                });
                Ok(())
            },
        )?;
    }
    Ok(())
}
