//! Servers that have nothing to do: with nobody connected, and with many who say nothing.

use super::super::comparison::{Comparison, explain};
use super::super::limits;
use super::super::progress::Stage;
use super::super::trial::Trial;
use crate::failure::Failure;
use crate::measure::usage::Usage;
use crate::report::data::{Figure, Idle, View};

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    let mut trial = Trial::main_load(&comparison.settings);
    trial.connections = 0;
    trial.idle = comparison.settings.idle_connections;
    trial.unconnected = Some(trial.time);
    comparison.leave_out_one_at_a_time(Figure::Idle);
    for (candidate, run) in comparison.candidates.iter().zip(&mut comparison.runs) {
        if let Some((_, reason)) = limits::bound(&comparison.bench.limits, candidate, trial.idle) {
            explain(run, Figure::Idle, true, reason);
        }
    }
    comparison.round(
        Stage::View(View::Idle),
        Figure::Idle,
        0,
        1,
        |bench, _settings, candidate, run, _turn| {
            let measurement = bench.measure(candidate, &trial)?;
            let (before, after) = (measurement.before.ok(), measurement.after.ok());
            let grown = before
                .zip(after)
                .map(|(before, after)| after.rss_bytes.saturating_sub(before.rss_bytes) as f64);
            let held = measurement.load.held;
            run.idle = Some(Idle {
                cpu_part_unconnected: measurement.unconnected.as_ref().and_then(cpu_part),
                cpu_part_connected: cpu_part(&measurement.usage),
                connections: held,
                bytes_per_connection: grown.map(|bytes| bytes / held as f64),
                threads_unconnected: before.map(|size| size.threads),
                threads_connected: after.map(|size| size.threads),
                disturbed: measurement.noise.disturbed,
            });
            Ok(())
        },
    )
}

/// The part of one processor's time.
fn cpu_part(usage: &Usage) -> Option<f64> {
    let cpu_ns = usage.cpu_ns.as_ref().ok()?;
    Some(*cpu_ns as f64 / usage.elapsed.as_nanos() as f64)
}
