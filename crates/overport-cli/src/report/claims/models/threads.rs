//! How many threads a model needs.

use crate::report::claims::facts::{Fact, Facts, Of, ThreadsAt};
use crate::report::claims::judge::{Judged, whether};
use crate::report::claims::thresholds::WAITED_FOR;
use crate::report::claims::{Evidence, MissingEvidence};

/// No other model has fewer threads at the main load.
pub(super) fn fewest_threads(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let at = |of: Of<'_>| {
        Some(ThreadsAt {
            connections: of.run.connections,
            threads: of.run.server.threads_peak?,
        })
    };
    let own = at(of).ok_or(MissingEvidence::Threads)?;
    let others = facts.others(of).filter_map(|of| Some((of, at(of)?)));
    let fewest = others.min_by_key(|(_, at)| at.threads);
    let mut evidence = vec![own.evidence(of)];
    evidence.extend(fewest.map(|(other, at)| at.evidence(other)));
    let holds = fewest.is_none_or(|(_, at)| own.threads <= at.threads);
    Ok((whether(holds), evidence))
}

/// It has as many threads with the most connections as with the fewest.
pub(super) fn one_thread(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let [least, most] = of.threads()?;
    let evidence = vec![least.evidence(of), most.evidence(of)];
    Ok((whether(most.threads <= least.threads), evidence))
}

/// It has as many threads with the most connections that one can wait for as with the fewest. The
/// listener is one of the sockets.
pub(super) fn many_on_one_thread(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let [least, most] = of.threads_within(WAITED_FOR - 1)?;
    let evidence = vec![least.evidence(of), most.evidence(of)];
    Ok((whether(most.threads <= least.threads), evidence))
}

pub(super) fn bound(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let (bound, evidence) = bound_to_waits(of)?;
    Ok((whether(bound), evidence))
}

pub(super) fn not_bound(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let (bound, evidence) = bound_to_waits(of)?;
    Ok((whether(!bound), evidence))
}

/// Whether each thread serves no more than it can wait for: then there are more threads with more
/// connections, or the server stops. Threads that it has beside them are there with few connections
/// too, so only those that are added count.
fn bound_to_waits(of: Of<'_>) -> Fact<(bool, Vec<Evidence>)> {
    if let Ok([least, most]) = of.threads() {
        if least.connections <= WAITED_FOR && most.connections > WAITED_FOR {
            let added = most.threads.saturating_sub(least.threads);
            let room = added.saturating_add(1).saturating_mul(WAITED_FOR);
            let evidence = vec![least.evidence(of), most.evidence(of)];
            return Ok((most.connections <= room, evidence));
        }
    }
    let stopped = of
        .points()
        .any(|point| point.stopped.is_some() && point.connections > WAITED_FOR);
    let connections = of.most()?.connections;
    if stopped && connections <= WAITED_FOR {
        let run = of.index;
        return Ok((true, vec![Evidence::MostConnections { run, connections }]));
    }
    Err(MissingEvidence::Connections)
}
