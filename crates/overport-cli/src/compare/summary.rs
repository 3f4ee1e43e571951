//! What the rounds of a run come to, and why figures are missing.

use super::comparison::explain;
use crate::report::data::{ConnectionsPoint, Figure, Latency, Reason, Run, View};
use crate::report::statistics::median;

/// Fills in the medians and peaks of the rounds.
pub(super) fn summarise(run: &mut Run, views: &[View]) {
    let rounds = &run.rounds;
    run.messages_per_s = median_of(rounds.iter().map(|round| Some(round.messages_per_s)));
    let limited = rounds.iter().filter(|round| round.load_limited).count();
    run.load_limited = 2 * limited > rounds.len();
    let server = &mut run.server;
    server.cpu_us_per_message = median_of(rounds.iter().map(|round| round.cpu_us_per_message));
    server.user_us_per_message = median_of(rounds.iter().map(|round| round.user_us_per_message));
    server.system_us_per_message =
        median_of(rounds.iter().map(|round| round.system_us_per_message));
    server.context_switches_per_message = median_of(
        rounds
            .iter()
            .map(|round| round.context_switches_per_message),
    );
    server.rss_peak_bytes = rounds.iter().filter_map(|round| round.rss_peak_bytes).max();
    server.threads_peak = rounds.iter().filter_map(|round| round.threads).max();
    let open = &run.latency_rounds;
    server.cpu_us_per_message_at_rate =
        median_of(open.iter().map(|round| round.cpu_us_per_message));
    let latency = |quantile: fn(&Latency) -> f64| {
        median_of(open.iter().map(|round| Some(quantile(&round.latency_us))))
    };
    run.latency_us = latency(|latency| latency.p50)
        .zip(latency(|latency| latency.p99))
        .zip(latency(|latency| latency.p99_9))
        .map(|((p50, p99), p99_9)| Latency { p50, p99, p99_9 });
    run.errors += rounds.iter().map(|round| round.errors).sum::<u64>();
    run.errors += open.iter().map(|round| round.errors).sum::<u64>();
    insert_main_load(run);
    explain_all(run, views);
}

/// The main load is a point among the numbers of connections.
fn insert_main_load(run: &mut Run) {
    if run.over_connections.is_empty() || run.messages_per_s.is_none() {
        return;
    }
    let connections = run.connections;
    let stopped_before = run
        .over_connections
        .iter()
        .any(|point| point.stopped.is_some() && point.connections < connections);
    if stopped_before {
        return;
    }
    let place = run
        .over_connections
        .partition_point(|point| point.connections < connections);
    let disturbed = run
        .rounds
        .iter()
        .filter(|round| round.noise.disturbed)
        .count();
    let point = ConnectionsPoint {
        connections,
        messages_per_s: run.messages_per_s,
        cpu_us_per_message: run.server.cpu_us_per_message,
        rss_peak_bytes: run.server.rss_peak_bytes,
        threads: run.server.threads_peak,
        load_limited: run.load_limited,
        disturbed: 2 * disturbed > run.rounds.len(),
        stopped: None,
    };
    run.over_connections.insert(place, point);
}

/// Says of every figure that is missing why it is, and of no other.
fn explain_all(run: &mut Run, views: &[View]) {
    let server = &run.server;
    let missing = [
        (Figure::Rounds, None, run.rounds.is_empty()),
        (Figure::Cpu, None, server.cpu_us_per_message.is_none()),
        (Figure::RssPeakBytes, None, server.rss_peak_bytes.is_none()),
        (Figure::ThreadsPeak, None, server.threads_peak.is_none()),
        (
            Figure::ContextSwitchesPerMessage,
            None,
            server.context_switches_per_message.is_none(),
        ),
        (
            Figure::SyscallsPerMessage,
            Some(View::Syscalls),
            server.syscalls_per_message.is_none(),
        ),
        (
            Figure::LatencyUs,
            Some(View::Latency),
            run.latency_us.is_none(),
        ),
        (
            Figure::OverConnections,
            Some(View::Connections),
            run.over_connections.is_empty(),
        ),
        (Figure::Stall, Some(View::Stall), run.stall.is_none()),
        (Figure::Idle, Some(View::Idle), run.idle.is_none()),
        (Figure::Flood, Some(View::Flood), run.flood.is_none()),
        (
            Figure::Sessions,
            Some(View::Sessions),
            run.sessions.is_none(),
        ),
    ];
    for (figure, view, missing) in missing {
        if !missing {
            run.unavailable.remove(&figure);
        }
        let reason = match (view, run.unavailable.get(&Figure::Rounds)) {
            (Some(view), _) if !views.contains(&view) => Reason::NotAskedFor,
            (None, Some(reason)) => reason.clone(),
            _ => Reason::NotTold,
        };
        explain(run, figure, missing, reason);
    }
}

/// The median of what could be had.
fn median_of(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    median(&values.flatten().collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::Problem;
    use crate::report::sample;

    /// A run of the sample with nothing made of its rounds.
    fn raw() -> Run {
        let mut run = sample::report().runs.swap_remove(8);
        run.messages_per_s = None;
        run.latency_us = None;
        run.server = Default::default();
        run.over_connections
            .retain(|point| point.connections != run.connections);
        run
    }

    #[test]
    fn figures_are_the_medians_of_the_rounds_and_peaks_the_most_of_them() {
        let mut run = raw();
        run.rounds.truncate(3);
        for (round, value) in run.rounds.iter_mut().zip([3.0, 1.0, 2.0]) {
            round.cpu_us_per_message = Some(value);
            round.messages_per_s = 1000.0 * value;
            round.threads = Some(value as u64);
            round.load_limited = value > 1.0;
        }
        summarise(&mut run, &[]);
        assert_eq!(run.server.cpu_us_per_message, Some(2.0));
        assert_eq!(run.messages_per_s, Some(2000.0));
        assert_eq!(run.server.threads_peak, Some(3));
        assert!(run.load_limited);
        assert!(run.latency_us.is_some());
    }

    #[test]
    fn the_main_load_is_a_point_among_the_connections() {
        let mut run = raw();
        summarise(&mut run, &[]);
        let points = &run.over_connections;
        assert!(points.is_sorted_by_key(|point| point.connections));
        let main = points
            .iter()
            .find(|point| point.connections == run.connections);
        assert_eq!(
            main.and_then(|point| point.messages_per_s),
            run.messages_per_s
        );
    }

    #[test]
    fn what_is_missing_says_why() {
        let mut run = raw();
        run.stall = None;
        run.idle = None;
        run.unavailable.clear();
        summarise(&mut run, &[View::Idle]);
        assert_eq!(run.unavailable[&Figure::Stall], Reason::NotAskedFor);
        assert_eq!(run.unavailable[&Figure::Idle], Reason::NotTold);
        assert!(!run.unavailable.contains_key(&Figure::Cpu));

        let mut run = raw();
        run.rounds.clear();
        run.unavailable.clear();
        run.problem = Some(Problem::NeverListened { after_s: 1.0 });
        summarise(&mut run, &[View::Idle]);
        assert_eq!(run.unavailable[&Figure::Cpu], Reason::Problem);
    }

    #[test]
    fn a_run_that_the_limits_leave_out_says_so_of_every_figure() {
        let mut run = raw();
        run.rounds.clear();
        let reason = Reason::Descriptors {
            needed: 9,
            limit: 5,
        };
        run.unavailable.clear();
        run.unavailable.insert(Figure::Rounds, reason.clone());
        summarise(&mut run, &[]);
        assert_eq!(run.unavailable[&Figure::Cpu], reason);
        assert_eq!(run.unavailable[&Figure::ThreadsPeak], reason);
    }
}
