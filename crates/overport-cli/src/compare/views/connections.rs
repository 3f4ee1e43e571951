//! The main load over the number of connections: from one to as many as there can be. A server
//! that stops at one of them stops there only; the report says why.

use super::super::bench::Bench;
use super::super::candidate::Candidate;
use super::super::comparison::Comparison;
use super::super::limits;
use super::super::progress::Stage;
use super::super::trial::{Trial, Trouble};
use crate::failure::Failure;
use crate::report::data::{ConnectionsPoint, Figure, Problem, Reason, Run, Settings, View};

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    comparison.leave_out_one_at_a_time(Figure::OverConnections);
    let trial = Trial::main_load(&comparison.settings);
    let counts = counts(&comparison.settings);
    let rounds = counts.len() as u64;
    for (round, connections) in (0..).zip(counts) {
        comparison.round(
            Stage::View(View::Connections),
            Figure::OverConnections,
            round,
            rounds,
            |bench, _settings, candidate, run, _turn| {
                point(bench, candidate, run, &trial, connections)
            },
        )?;
    }
    Ok(())
}

/// The numbers of connections that are measured here; the main load's is a point of its own,
/// with all its rounds.
pub(super) fn counts(settings: &Settings) -> Vec<u64> {
    let counts = settings.connection_counts.iter().copied();
    counts
        .filter(|&count| count != settings.connections)
        .collect()
}

/// Adds the point of so many connections, or of the most that the limits allow.
fn point(
    bench: &Bench<'_>,
    candidate: &Candidate,
    run: &mut Run,
    trial: &Trial,
    connections: u64,
) -> Result<(), Trouble> {
    let last = run.over_connections.last();
    if last.is_some_and(|point| point.stopped.is_some()) {
        return Ok(());
    }
    let measured = last.map_or(0, |point| point.connections);
    let bound = limits::bound(&bench.limits, candidate, connections);
    let (connections, stopped) = match bound {
        Some((most, reason)) => (most, Some(reason)),
        None => (connections, None),
    };
    let mut point = ConnectionsPoint {
        connections,
        messages_per_s: None,
        cpu_us_per_message: None,
        rss_peak_bytes: None,
        threads: None,
        load_limited: false,
        disturbed: false,
        stopped,
    };
    if connections > measured {
        let trial = Trial {
            connections,
            ..trial.clone()
        };
        match bench.measure(candidate, &trial) {
            Ok(measurement) => {
                point.messages_per_s = Some(measurement.load.messages_per_s);
                point.cpu_us_per_message = measurement.per_message().cpu_us;
                point.rss_peak_bytes = measurement.after.ok().map(|size| size.rss_peak_bytes);
                point.threads = measurement.threads;
                point.disturbed = measurement.noise.disturbed;
                point.load_limited = measurement.load.generator_limit.is_some();
            }
            // What is wrong with many connections may be right with fewer, but never with bytes.
            Err(Trouble::Server { problem, .. }) if !matches!(problem, Problem::Wrong { .. }) => {
                point.stopped = Some(Reason::Failed { problem });
            }
            Err(trouble) => return Err(trouble),
        }
    }
    run.over_connections.push(point);
    Ok(())
}
