//! What a server is for and what that demands, asked of the completion port.

use super::facts::{Facts, Of};
use super::judge::{Judged, better_than, claim, costs_less, whether};
use super::stalls::holds_up_least;
use super::thresholds::{AS_CHEAP, AS_MANY_CALLS, LITTLE_MEMORY_BYTES, STEADY_THREADS};
use super::{About, Claim, ClaimId, Evidence, Finding, MissingEvidence};
use crate::report::ranking::Metric;

/// None if no completion port was entered.
pub(super) fn claims(facts: &Facts<'_>) -> Vec<Claim> {
    if facts.entered("completion-port").is_none() {
        return Vec::new();
    }
    let port = || facts.model("completion-port");
    let goal = |id: ClaimId, judged: Judged| claim(About::Goal, id, judged);
    let demand = |id: ClaimId, judged: Judged| claim(About::Demand, id, judged);
    vec![
        goal(
            ClaimId::GoalManyClients,
            port().and_then(|port| many_clients(facts, port)),
        ),
        goal(
            ClaimId::GoalQuickAnswers,
            port().and_then(|port| quick_answers(facts, port)),
        ),
        goal(
            ClaimId::GoalLittleResources,
            port().and_then(|port| little_resources(facts, port)),
        ),
        demand(
            ClaimId::DemandLittleBlocking,
            port().and_then(|port| holds_up_least(facts, port)),
        ),
        demand(
            ClaimId::DemandSteadyThreads,
            port().and_then(steady_threads),
        ),
        demand(
            ClaimId::DemandComputingBesideIo,
            port().and_then(|_| computing_beside_io(facts)),
        ),
        demand(
            ClaimId::DemandFewSwitches,
            port().and_then(|port| few_switches(facts, port)),
        ),
    ]
}

/// No view has handlers that compute, whatever the processors.
pub(super) fn computing_beside_io(facts: &Facts<'_>) -> Judged {
    if facts.report.host.pinning.server_cpus.len() < 2 {
        return Err(MissingEvidence::SecondProcessor);
    }
    Err(MissingEvidence::Computing)
}

/// No model has more connections, and with that many none is cheaper.
fn many_clients(facts: &Facts<'_>, port: Of<'_>) -> Judged {
    let most = port.most()?;
    let connections = most.connections;
    let mut furthest = vec![Evidence::MostConnections {
        run: port.index,
        connections,
    }];
    let further = facts
        .others(port)
        .filter_map(|of| Some((of.index, of.most().ok()?.connections)))
        .max_by_key(|&(_, connections)| connections);
    if let Some((run, other)) = further {
        furthest.push(Evidence::MostConnections {
            run,
            connections: other,
        });
    }
    let own = port.cost_at(connections)?;
    let cheapest = facts
        .others(port)
        .filter_map(|of| Some((of.index, of.cost_at(connections).ok()?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b));
    let cost = cheapest.map(|(to, cost)| Evidence::CostRatio {
        run: port.index,
        to,
        ratio: own / cost,
    });
    let goes_furthest = further.is_none_or(|(_, other)| other <= connections);
    let is_cheapest = cheapest.is_none_or(|(_, cost)| own <= AS_CHEAP * cost);
    // What decides comes first.
    let (first, second) = match goes_furthest {
        true => (Vec::from_iter(cost), furthest),
        false => (furthest, Vec::from_iter(cost)),
    };
    Ok((
        whether(goes_furthest && is_cheapest),
        [first, second].concat(),
    ))
}

fn quick_answers(facts: &Facts<'_>, port: Of<'_>) -> Judged {
    let others = facts.others(port).map(|of| of.index);
    let (finding, next) = better_than(facts, Metric::Latency, port, others)?;
    let rate = facts.report.settings.latency_rate_per_s;
    let rate_per_s = rate.ok_or(MissingEvidence::Latency)?;
    let evidence = [port.index, next]
        .into_iter()
        .filter_map(|run| {
            Some(Evidence::P99Us {
                run,
                p99_us: facts.latency.place(run)?.value,
                rate_per_s,
            })
        })
        .collect();
    Ok((finding, evidence))
}

/// The least of the processor's time, and little memory.
fn little_resources(facts: &Facts<'_>, port: Of<'_>) -> Judged {
    let others = facts.others(port).map(|of| of.index);
    let (finding, mut evidence) = costs_less(facts, port, others)?;
    let bytes = port.idle_bytes()?;
    evidence.push(Evidence::BytesPerConnection {
        run: port.index,
        bytes,
    });
    if bytes > LITTLE_MEMORY_BYTES {
        return Ok((Finding::Contradicted, evidence));
    }
    Ok((finding, evidence))
}

fn steady_threads(port: Of<'_>) -> Judged {
    let [least, most] = port.threads()?;
    let steady = most.threads <= STEADY_THREADS * least.threads;
    Ok((
        whether(steady),
        vec![least.evidence(port), most.evidence(port)],
    ))
}

/// No model makes fewer system calls for a message, or hardly fewer. Those of one that serves one client at a time
/// are of another load.
fn few_switches(facts: &Facts<'_>, port: Of<'_>) -> Judged {
    let calls = port.syscalls()?;
    let others = facts.others(port).filter(|of| !of.run.one_at_a_time);
    let next = others
        .filter_map(|of| Some((of.index, of.syscalls().ok()?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b));
    let (run, least): (usize, f64) = next.ok_or(MissingEvidence::Model)?;
    let mut evidence = vec![
        Evidence::SyscallsPerMessage {
            run: port.index,
            calls,
        },
        Evidence::SyscallsPerMessage { run, calls: least },
    ];
    if let Some(switches) = port.run.server.context_switches_per_message {
        evidence.push(Evidence::ContextSwitchesPerMessage {
            run: port.index,
            switches,
        });
    }
    Ok((whether(calls <= AS_MANY_CALLS * least), evidence))
}
