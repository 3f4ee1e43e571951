//! When another server than the chosen one is right. The thresholds are about what makes somebody
//! choose otherwise; what is measured in many rounds has to be told apart as well.

use std::cmp::Ordering;

use super::Change;
use super::candidates::{Candidates, least, stall, stalled_p99_us};
use super::choose::STALLS_APART;
use crate::report::data::{ConnectionsPoint, Run};
use crate::report::ranking::{Metric, Place, Ranking, ratio};

/// With another number of connections another server must cost no more than this part. These points
/// have few rounds, and less than a tenth could be their noise.
const CHEAPER: f64 = 0.9;

/// Up to this multiple of the main load's connections, and down to this part, the load is the same.
const OTHER_LOAD: u64 = 2;

/// Of an idle connection's memory another one's must be below this part, and the whole be so much
/// that it matters: 512 bytes are half a gigabyte for a million connections.
const LESS_MEMORY: f64 = 0.5;
const MEMORY_BYTES: f64 = 512.0;

/// Code of two thirds is simpler to those who read it; a few lines less are not.
const SIMPLER_LINES: f64 = 2.0 / 3.0;

pub(super) fn changes(candidates: &Candidates<'_>, chosen: usize) -> Vec<Change> {
    let main = candidates.report.settings.connections;
    let beyond = |count: u64, than: u64| count > than.saturating_mul(OTHER_LOAD);
    let fewer = |count: u64| beyond(main, count);
    let more = |count: u64| beyond(count, main);
    let fewer = with_connections(candidates, chosen, fewer, Ordering::Greater);
    let more = with_connections(candidates, chosen, more, Ordering::Less);
    [
        fewer,
        more,
        handlers_block(candidates, chosen),
        latency_first(candidates, chosen),
        speed_first(candidates, chosen),
        idle_memory(candidates, chosen),
        chosen_stops(candidates, chosen),
        simpler_code(candidates, chosen),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The cheaper one at the number of connections that is the first in this order.
fn with_connections(
    candidates: &Candidates<'_>,
    chosen: usize,
    wanted: impl Fn(u64) -> bool,
    order: Ordering,
) -> Option<Change> {
    let counts = &candidates.run(chosen).over_connections;
    counts
        .iter()
        .map(|point| point.connections)
        .filter(|&count| wanted(count))
        .filter_map(|count| cheaper_at(candidates, chosen, count).map(|change| (count, change)))
        .min_by(|(a, _), (b, _)| if order.is_lt() { a.cmp(b) } else { b.cmp(a) })
        .map(|(_, change)| change)
}

fn cheaper_at(candidates: &Candidates<'_>, chosen: usize, connections: u64) -> Option<Change> {
    let cost = |run: usize| point(candidates.run(run), connections)?.cpu_us_per_message;
    let own = cost(chosen)?;
    let (run, least) = least(candidates.others(chosen), cost)?;
    let ratio = least / own;
    (ratio <= CHEAPER).then_some(Change::Connections {
        connections,
        run,
        ratio,
    })
}

fn handlers_block(candidates: &Candidates<'_>, chosen: usize) -> Option<Change> {
    // If the chosen one left messages unsent, its p99 is even higher.
    let chosen_p99_us = stall(candidates.run(chosen))?.with.p99;
    let p99_us = |run: usize| stalled_p99_us(candidates.run(run));
    let (run, p99_us) = least(candidates.others(chosen), p99_us)?;
    (p99_us * STALLS_APART < chosen_p99_us).then_some(Change::HandlersBlock {
        run,
        p99_us,
        chosen_p99_us,
    })
}

fn latency_first(candidates: &Candidates<'_>, chosen: usize) -> Option<Change> {
    let (best, own) = better(candidates, &candidates.latency, chosen)?;
    Some(Change::LatencyFirst {
        run: best.run,
        p99_us: best.value,
        chosen_p99_us: own.value,
    })
}

fn speed_first(candidates: &Candidates<'_>, chosen: usize) -> Option<Change> {
    let (best, own) = better(candidates, &candidates.speed, chosen)?;
    Some(Change::SpeedFirst {
        run: best.run,
        messages_per_s: best.value,
        chosen_messages_per_s: own.value,
    })
}

/// The best of the others' places and the chosen one's, if that one is told to be better.
fn better<'a>(
    candidates: &Candidates<'_>,
    ranking: &'a Ranking,
    chosen: usize,
) -> Option<(&'a Place, &'a Place)> {
    let own = ranking.place(chosen)?;
    let others: Vec<usize> = candidates.others(chosen).collect();
    let before = ranking
        .places
        .iter()
        .take_while(|place| place.run != chosen);
    let best = before
        .filter(|place| others.contains(&place.run))
        .find(|place| !place.not_told_apart.contains(&chosen))?;
    Some((best, own))
}

fn idle_memory(candidates: &Candidates<'_>, chosen: usize) -> Option<Change> {
    let bytes = |run: usize| {
        let idle = candidates.run(run).idle.as_ref()?;
        idle.bytes_per_connection.filter(|_| !idle.disturbed)
    };
    let chosen_bytes = bytes(chosen).filter(|&bytes| bytes > MEMORY_BYTES)?;
    let (run, bytes) = least(candidates.others(chosen), bytes)?;
    (bytes < LESS_MEMORY * chosen_bytes).then_some(Change::IdleMemory {
        run,
        bytes,
        chosen_bytes,
    })
}

/// Where the chosen one stops and another goes on.
fn chosen_stops(candidates: &Candidates<'_>, chosen: usize) -> Option<Change> {
    let points = &candidates.run(chosen).over_connections;
    let stop = points
        .iter()
        .find(|point| point.stopped.is_some() && !point.disturbed)?;
    candidates
        .others(chosen)
        .filter_map(|run| point(candidates.run(run), stop.connections))
        .find(|point| point.stopped.is_none())?;
    let last = points
        .iter()
        .filter(|point| point.stopped.is_none())
        .map(|point| point.connections)
        .max()?;
    Some(Change::ChosenStops { connections: last })
}

fn simpler_code(candidates: &Candidates<'_>, chosen: usize) -> Option<Change> {
    let own = candidates.run(chosen).source_lines?;
    let run = candidates
        .others(chosen)
        .filter(|&run| candidates.run(run).source_lines.is_some())
        .min_by_key(|&run| candidates.run(run).source_lines)?;
    let lines = candidates.run(run).source_lines?;
    let ratio = ratio(candidates.report, Metric::Cost, run, chosen)?;
    (lines as f64 <= SIMPLER_LINES * own as f64).then_some(Change::SimplerCode {
        run,
        lines,
        ratio: ratio.value,
    })
}

/// What a run showed with so many connections, if nothing disturbed it.
fn point(run: &Run, connections: u64) -> Option<&ConnectionsPoint> {
    run.over_connections
        .iter()
        .find(|point| point.connections == connections && !point.disturbed)
}
