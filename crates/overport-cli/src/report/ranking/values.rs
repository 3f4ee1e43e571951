//! The figures that servers are ranked by, and why some have none.

use std::collections::{BTreeMap, BTreeSet};

use super::{Metric, Unranked, WhyUnranked};
use crate::report::data::{Figure, Reason, Report, Run};

/// Messages that the load may send late, as a part of all: beyond it, it is these that the p99 is of.
const LATE_PART: f64 = 0.01;

/// A run's figures by their rounds. One that isn't above 0 is a missing one.
pub(in crate::report) fn values(run: &Run, metric: Metric) -> BTreeMap<u64, f64> {
    let of_rounds: Vec<(u64, Option<f64>)> = match metric {
        Metric::Cost => run
            .rounds
            .iter()
            .map(|round| (round.round, round.cpu_us_per_message))
            .collect(),
        Metric::Speed => run
            .rounds
            .iter()
            .map(|round| (round.round, Some(round.messages_per_s)))
            .collect(),
        Metric::Latency => run
            .latency_rounds
            .iter()
            .map(|round| (round.round, Some(round.latency_us.p99)))
            .collect(),
    };
    of_rounds
        .into_iter()
        .filter_map(|(round, value)| Some((round, value?)))
        .filter(|(_, value)| value.is_finite() && *value > 0.0)
        .collect()
}

/// The servers that can be ranked.
pub(super) struct Ranked {
    pub(super) runs: Vec<usize>,
    /// Of each of these its values in the rounds that all of them have, round by round.
    pub(super) values: Vec<Vec<f64>>,
    pub(super) rounds: usize,
    pub(super) unranked: Vec<Unranked>,
}

impl Ranked {
    /// Only rounds count in which every ranked server has a value. A server that has one in less
    /// than half of the rounds would cost the others too many, and is not ranked.
    pub(super) fn of(report: &Report, metric: Metric) -> Self {
        let all: Vec<BTreeMap<u64, f64>> =
            report.runs.iter().map(|run| values(run, metric)).collect();
        let most = all.iter().map(BTreeMap::len).max().unwrap_or(0);
        let mut runs = Vec::new();
        let mut unranked = Vec::new();
        for (index, run) in report.runs.iter().enumerate() {
            let missing = all[index].is_empty() || 2 * all[index].len() < most;
            match why_unranked(run, metric, missing) {
                Some(why) => unranked.push(Unranked { run: index, why }),
                None => runs.push(index),
            }
        }
        let rounds = common_rounds(runs.iter().map(|&run| &all[run]));
        Self {
            values: runs
                .iter()
                .map(|&run| rounds.iter().map(|round| all[run][round]).collect())
                .collect(),
            rounds: rounds.len(),
            runs,
            unranked,
        }
    }
}

fn why_unranked(run: &Run, metric: Metric, missing: bool) -> Option<WhyUnranked> {
    if run.problem.is_some() {
        return Some(WhyUnranked::Problem);
    }
    if run.one_at_a_time {
        return Some(WhyUnranked::OneAtATime);
    }
    if missing {
        return Some(WhyUnranked::Missing(reason(run, metric)));
    }
    match metric {
        Metric::Speed if run.load_limited => Some(WhyUnranked::LoadLimited),
        Metric::Latency if load_late(run) => Some(WhyUnranked::LoadLate),
        Metric::Cost | Metric::Speed | Metric::Latency => None,
    }
}

/// Whether most rounds' latency is rather the load's own lateness.
fn load_late(run: &Run) -> bool {
    let rounds = &run.latency_rounds;
    let late = rounds.iter().filter(|round| round.late_part > LATE_PART);
    2 * late.count() > rounds.len()
}

/// What the run says of a figure that is missing.
fn reason(run: &Run, metric: Metric) -> Reason {
    let figures: &[Figure] = match metric {
        Metric::Cost => &[Figure::Cpu, Figure::Rounds],
        Metric::Speed => &[Figure::Rounds],
        Metric::Latency => &[Figure::LatencyUs],
    };
    figures
        .iter()
        .find_map(|figure| run.unavailable.get(figure))
        .cloned()
        .unwrap_or(Reason::NotAskedFor)
}

fn common_rounds<'a>(mut all: impl Iterator<Item = &'a BTreeMap<u64, f64>>) -> BTreeSet<u64> {
    let Some(first) = all.next() else {
        return BTreeSet::new();
    };
    let mut common: BTreeSet<u64> = first.keys().copied().collect();
    for values in all {
        common.retain(|round| values.contains_key(round));
    }
    common
}
