//! From facts to findings.

use super::facts::{Fact, Facts, Of};
use super::{About, Claim, ClaimId, Evidence, Finding, MissingEvidence};
use crate::report::ranking::{Metric, ratio};

/// A finding and what it rests on.
pub(super) type Judged = Fact<(Finding, Vec<Evidence>)>;

pub(super) fn claim(about: About, id: ClaimId, judged: Judged) -> Claim {
    let (finding, evidence) = judged
        .unwrap_or_else(|what| (Finding::NotMeasurableHere, vec![Evidence::Missing { what }]));
    Claim {
        about,
        id,
        finding,
        evidence,
    }
}

/// Confirmed, or else contradicted.
pub(super) fn whether(holds: bool) -> Finding {
    if holds {
        Finding::Confirmed
    } else {
        Finding::Contradicted
    }
}

/// Whether a model is better than each of the others by a ranked metric. Where the rounds don't
/// tell it apart from one of them, and none is told to be better, it is not told apart.
pub(super) fn better_than(
    facts: &Facts<'_>,
    metric: Metric,
    of: Of<'_>,
    others: impl Iterator<Item = usize>,
) -> Fact<(Finding, usize)> {
    let missing = match metric {
        Metric::Latency => MissingEvidence::Latency,
        Metric::Cost | Metric::Speed => MissingEvidence::Cost,
    };
    let ranking = facts.ranking(metric);
    let own = ranking.place(of.index).ok_or(missing)?;
    let others: Vec<usize> = others.collect();
    let next = ranking
        .places
        .iter()
        .find(|place| others.contains(&place.run))
        .ok_or(MissingEvidence::Model)?;
    let alike = own.not_told_apart.iter().any(|run| others.contains(run));
    let position = |run: usize| ranking.places.iter().position(|place| place.run == run);
    let behind = position(next.run) < position(of.index);
    let finding = match (own.not_told_apart.contains(&next.run), behind) {
        (false, true) => Finding::Contradicted,
        (false, false) if !alike => Finding::Confirmed,
        _ => Finding::NotToldApart,
    };
    Ok((finding, next.run))
}

/// Whether it costs less than the others, with its cost by the best of them.
pub(super) fn costs_less(
    facts: &Facts<'_>,
    of: Of<'_>,
    others: impl Iterator<Item = usize>,
) -> Judged {
    let (finding, next) = better_than(facts, Metric::Cost, of, others)?;
    let ratio = ratio(facts.report, Metric::Cost, of.index, next).ok_or(MissingEvidence::Cost)?;
    let cpu_us = |run: usize| facts.cost.place(run).map(|place| place.value);
    let mut evidence: Vec<Evidence> = [of.index, next]
        .into_iter()
        .filter_map(|run| {
            let cpu_us = cpu_us(run)?;
            Some(Evidence::CpuUsPerMessage { run, cpu_us })
        })
        .collect();
    evidence.push(Evidence::CostRatio {
        run: of.index,
        to: next,
        ratio: ratio.value,
    });
    Ok((finding, evidence))
}
