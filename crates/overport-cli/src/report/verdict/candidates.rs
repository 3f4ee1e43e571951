//! Who can be chosen.

use crate::report::data::{Report, Run, Stall};
use crate::report::ranking::{Metric, Ranking, rank, values};

/// The part of a processor from which a server without clients counts as burning it. One that waits
/// takes none; one that polls takes all of it, or most.
pub(in crate::report) const BURNS_PART: f64 = 0.25;

/// The servers that came through the main load, and their rankings.
pub(super) struct Candidates<'a> {
    pub(super) report: &'a Report,
    pub(super) cost: Ranking,
    pub(super) speed: Ranking,
    pub(super) latency: Ranking,
    /// Those whose cost is known: they have a place by it, or some rounds with it if none has a
    /// place.
    pub(super) costed: Vec<usize>,
    /// Of these the ones that don't burn a processor, or all where every one does.
    pub(super) eligible: Vec<usize>,
    /// Those that came through and may be named beside the chosen one, whether their cost is known
    /// or not.
    named: Vec<usize>,
    /// How many came through, whether their cost is known or not.
    pub(super) through: usize,
}

impl<'a> Candidates<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let cost = rank(report, Metric::Cost);
        let through: Vec<usize> = (0..report.runs.len())
            .filter(|&run| came_through(&report.runs[run]))
            .collect();
        let costed: Vec<usize> = through
            .iter()
            .copied()
            .filter(|&run| match cost.places.is_empty() {
                true => !values(&report.runs[run], Metric::Cost).is_empty(),
                false => cost.place(run).is_some(),
            })
            .collect();
        let waits = |run: &usize| burns(&report.runs[*run]).is_none();
        let all_burn = !costed.iter().any(waits);
        let allowed = |of: &[usize]| -> Vec<usize> {
            let runs = of.iter().copied();
            runs.filter(|run| all_burn || waits(run)).collect()
        };
        Self {
            report,
            speed: rank(report, Metric::Speed),
            latency: rank(report, Metric::Latency),
            eligible: allowed(&costed),
            named: allowed(&through),
            through: through.len(),
            cost,
            costed,
        }
    }

    pub(super) fn run(&self, run: usize) -> &'a Run {
        &self.report.runs[run]
    }

    /// Those that may be named beside the chosen one. One that burns a processor was passed over,
    /// and is no advice for another load either.
    pub(super) fn others(&self, than: usize) -> impl Iterator<Item = usize> {
        self.named.iter().copied().filter(move |&run| run != than)
    }
}

/// The part of a processor that the server burns with nobody connected, if it does. The time is the
/// server's own, which a busy machine can only lessen, so it counts although the view was disturbed.
pub(super) fn burns(run: &Run) -> Option<f64> {
    run.idle
        .as_ref()?
        .cpu_part_unconnected
        .filter(|&part| part > BURNS_PART)
}

fn came_through(run: &Run) -> bool {
    let answered = run.rounds.iter().any(|round| round.messages > 0);
    run.problem.is_none() && !run.one_at_a_time && answered
}

/// The view of stalls, if nothing disturbed it.
pub(super) fn stall(run: &Run) -> Option<&Stall> {
    run.stall.as_ref().filter(|stall| !stall.disturbed)
}

/// The p99 when handlers block, if it is known. Of a server that left messages unsent it is higher
/// than what was measured, and nobody knows by how much.
pub(super) fn stalled_p99_us(run: &Run) -> Option<f64> {
    let stall = stall(run).filter(|stall| stall.unsent == 0)?;
    Some(stall.with.p99)
}

/// The run with the least of a figure, and the figure.
pub(super) fn least(
    runs: impl Iterator<Item = usize>,
    figure: impl Fn(usize) -> Option<f64>,
) -> Option<(usize, f64)> {
    runs.filter_map(|run| Some((run, figure(run)?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
}
