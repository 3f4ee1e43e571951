//! What a model costs: the processor's time, memory, and code.

use crate::report::claims::facts::{Facts, Of};
use crate::report::claims::judge::{Judged, costs_less, whether};
use crate::report::claims::thresholds::{GROWTH_FROM, MUCH_MEMORY, SCAN_GROWTH};
use crate::report::claims::{Evidence, MissingEvidence};
use crate::report::verdict::BURNS_PART;

/// The models that wait until a socket is ready.
const READINESS: [&str; 3] = ["select", "async-select", "event-select"];

/// No model that serves several clients at once has less code.
pub(super) fn shortest_code(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    code(facts, of, |own, other| own <= other)
}

/// No model has more code.
pub(super) fn longest_code(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    code(facts, of, |own, other| own >= other)
}

/// No model takes more memory for an idle connection, and one takes far less.
pub(super) fn most_memory(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let own = of.idle_bytes()?;
    let mut others: Vec<(usize, f64)> = facts
        .others(of)
        .filter_map(|of| Some((of.index, of.idle_bytes().ok()?)))
        .collect();
    others.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let (Some(&least), Some(&most)) = (others.first(), others.last()) else {
        return Err(MissingEvidence::Idle);
    };
    let evidence = [(of.index, own), least, most]
        .map(|(run, bytes)| Evidence::BytesPerConnection { run, bytes })
        .to_vec();
    Ok((
        whether(own >= most.1 && own >= MUCH_MEMORY * least.1),
        evidence,
    ))
}

pub(super) fn burns(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let idle = of.idle()?;
    let part = idle.cpu_part_unconnected.ok_or(MissingEvidence::Idle)?;
    let run = of.index;
    let burns = part > BURNS_PART;
    // A busy machine leaves a server less of the processor's time, never more.
    if idle.disturbed && !burns {
        return Err(MissingEvidence::Disturbed);
    }
    Ok((
        whether(burns),
        vec![Evidence::CpuPartUnconnected { run, part }],
    ))
}

/// Its cost grows more with the connections than that of the model for which it grows least.
pub(super) fn scans(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let most = of.most()?.connections;
    let from = of
        .reached()
        .map(|point| point.connections)
        .find(|&connections| connections >= GROWTH_FROM && connections < most)
        .ok_or(MissingEvidence::Connections)?;
    let growth = |of: Of<'_>| Ok(of.cost_at(most)? / of.cost_at(from)?);
    let own = growth(of)?;
    let (other, least) = facts
        .others(of)
        .filter_map(|of| Some((of.index, growth(of).ok()?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .ok_or(MissingEvidence::Model)?;
    let evidence = [(of.index, own), (other, least)]
        .map(|(run, ratio)| Evidence::CostGrowth {
            run,
            from_connections: from,
            to_connections: most,
            ratio,
        })
        .to_vec();
    Ok((whether(own >= SCAN_GROWTH * least), evidence))
}

pub(super) fn beats_select(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let select = facts.model("select")?;
    costs_less(facts, of, std::iter::once(select.index))
}

pub(super) fn beats_readiness(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let others = READINESS.iter().filter_map(|name| facts.model(name).ok());
    costs_less(facts, of, others.map(|other| other.index))
}

pub(super) fn costs_least(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    costs_less(facts, of, facts.others(of).map(|other| other.index))
}

/// Compares its lines of code with those of every other model that serves several clients at once;
/// the evidence is the one that comes nearest.
fn code(facts: &Facts<'_>, of: Of<'_>, holds: fn(u64, u64) -> bool) -> Judged {
    let lines = of.run.source_lines.ok_or(MissingEvidence::Model)?;
    let others: Vec<(usize, u64)> = facts
        .others(of)
        .filter(|of| !of.run.one_at_a_time)
        .filter_map(|of| Some((of.index, of.run.source_lines?)))
        .collect();
    let against = others.iter().find(|(_, other)| !holds(lines, *other));
    let nearest = others.iter().min_by_key(|(_, other)| other.abs_diff(lines));
    let &(run, other) = against.or(nearest).ok_or(MissingEvidence::Model)?;
    let evidence = [(of.index, lines), (run, other)]
        .map(|(run, lines)| Evidence::SourceLines { run, lines })
        .to_vec();
    Ok((whether(against.is_none()), evidence))
}
