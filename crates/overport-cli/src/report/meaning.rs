//! What is made of a report, for whoever shows it: terminal and page alike.

use super::claims::{Claim, claims};
use super::data::Report;
use super::ranking::{Metric, Ranking, rank};
use super::verdict::{Verdict, verdict};

/// The ranks, the verdict, the claims, and the order in which the servers are listed.
pub(super) struct Meaning {
    pub(super) cost: Ranking,
    pub(super) speed: Ranking,
    pub(super) latency: Ranking,
    pub(super) verdict: Verdict,
    pub(super) claims: Vec<Claim>,
    pub(super) order: Vec<usize>,
}

impl Meaning {
    pub(super) fn of(report: &Report) -> Self {
        let cost = rank(report, Metric::Cost);
        Self {
            order: order(report, &cost),
            speed: rank(report, Metric::Speed),
            latency: rank(report, Metric::Latency),
            verdict: verdict(report),
            claims: claims(report),
            cost,
        }
    }
}

/// All runs: by their cost, then those without a place, and at last those with a problem.
fn order(report: &Report, cost: &Ranking) -> Vec<usize> {
    let mut order: Vec<usize> = (0..report.runs.len()).collect();
    order.sort_by_key(|&index| {
        let place = cost.places.iter().position(|place| place.run == index);
        let has_problem = report.runs[index].problem.is_some();
        (has_problem, place.unwrap_or(usize::MAX))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn servers_without_a_common_round_are_listed_all_the_same() {
        let mut report = sample::report();
        report.runs[3].rounds.retain(|round| round.round % 2 == 0);
        report.runs[4].rounds.retain(|round| round.round % 2 == 1);
        let mut order = order(&report, &rank(&report, Metric::Cost));
        order.sort_unstable();
        assert!(order.into_iter().eq(0..report.runs.len()));
    }
}
