//! Who can be chosen.

use crate::report::data::{Report, Run};
use crate::report::ranking::{Metric, Ranking, rank};

/// The part of a processor from which a server without clients counts as burning it. One that waits
/// takes none; one that polls takes all of it, or most.
pub(in crate::report) const BURNS_PART: f64 = 0.25;

/// The servers that came through, and their rankings.
pub(super) struct Candidates<'a> {
    pub(super) report: &'a Report,
    pub(super) cost: Ranking,
    pub(super) speed: Ranking,
    pub(super) latency: Ranking,
    /// Those that came through the main load.
    pub(super) through: Vec<usize>,
    /// Of these the ones that don't burn a processor, or all where every one does.
    pub(super) eligible: Vec<usize>,
}

impl<'a> Candidates<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let through: Vec<usize> = (0..report.runs.len())
            .filter(|&run| came_through(&report.runs[run]))
            .collect();
        let waiting: Vec<usize> = through
            .iter()
            .copied()
            .filter(|&run| burns(&report.runs[run]).is_none())
            .collect();
        Self {
            report,
            cost: rank(report, Metric::Cost),
            speed: rank(report, Metric::Speed),
            latency: rank(report, Metric::Latency),
            eligible: if waiting.is_empty() {
                through.clone()
            } else {
                waiting
            },
            through,
        }
    }

    pub(super) fn run(&self, run: usize) -> &'a Run {
        &self.report.runs[run]
    }

    /// The eligible ones but for this.
    pub(super) fn others(&self, than: usize) -> impl Iterator<Item = usize> {
        self.eligible
            .iter()
            .copied()
            .filter(move |&run| run != than)
    }
}

/// The part of a processor that the server burns with nobody connected, if it does.
pub(super) fn burns(run: &Run) -> Option<f64> {
    run.idle
        .as_ref()?
        .cpu_part_unconnected
        .filter(|&part| part > BURNS_PART)
}

fn came_through(run: &Run) -> bool {
    run.problem.is_none() && !run.one_at_a_time && !run.rounds.is_empty()
}

/// The run with the least of a figure, and the figure.
pub(super) fn least(
    runs: impl Iterator<Item = usize>,
    figure: impl Fn(usize) -> Option<f64>,
) -> Option<(usize, f64)> {
    runs.filter_map(|run| Some((run, figure(run)?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
}
