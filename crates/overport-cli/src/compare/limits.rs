//! How many connections this machine lets a server and the load have.

use super::candidate::Candidate;
use super::comparison::{Comparison, explain};
use crate::report::data::{Figure, Limits, Reason};

/// Descriptors that a process needs beside its connections.
const HEADROOM: u64 = 64;

/// What has as many connections as the main load.
const OF_THE_MAIN_LOAD: [Figure; 6] = [
    Figure::Rounds,
    Figure::LatencyUs,
    Figure::Stall,
    Figure::Flood,
    Figure::Sessions,
    Figure::SyscallsPerMessage,
];

/// Leaves those servers out of the main load that the limits do not allow so many connections.
pub(super) fn leave_out(comparison: &mut Comparison<'_>) {
    let connections = comparison.settings.connections;
    for (candidate, run) in comparison.candidates.iter().zip(&mut comparison.runs) {
        if let Some((_, reason)) = bound(&comparison.bench.limits, candidate, connections) {
            for figure in OF_THE_MAIN_LOAD {
                explain(run, figure, true, reason.clone());
            }
        }
    }
}

/// Where the limits do not allow so many connections: how many they do, and which limit it is.
pub(super) fn bound(
    limits: &Limits,
    candidate: &Candidate,
    connections: u64,
) -> Option<(u64, Reason)> {
    let each = candidate.descriptors_a_client();
    let descriptors = limits.descriptors.map(|limit| {
        let needed = connections.saturating_mul(each) + HEADROOM;
        let most = limit.saturating_sub(HEADROOM) / each;
        (most, Reason::Descriptors { needed, limit })
    });
    let ports = limits.local_ports.map(|limit| {
        let needed = connections;
        (limit, Reason::LocalPorts { needed, limit })
    });
    [descriptors, ports]
        .into_iter()
        .flatten()
        .filter(|&(most, _)| most < connections)
        .min_by_key(|&(most, _)| most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::candidate::candidates;
    use crate::serve::Model;

    fn limits(descriptors: u64, local_ports: u64) -> Limits {
        Limits {
            descriptors: Some(descriptors),
            local_ports: Some(local_ports),
            somaxconn: None,
        }
    }

    #[test]
    fn a_model_with_two_descriptors_a_client_stops_at_half_as_many() {
        let candidates = candidates(Model::all().collect(), Vec::new()).unwrap();
        let limits = limits(HEADROOM + 1000, 5000);
        for candidate in &candidates {
            let each = candidate.descriptors_a_client();
            assert!(bound(&limits, candidate, 1000 / each).is_none());
            let (most, reason) = bound(&limits, candidate, 1000 / each + 1).unwrap();
            assert_eq!(most, 1000 / each, "{}", candidate.name());
            assert!(matches!(reason, Reason::Descriptors { limit: 1064, .. }));
        }
    }

    #[test]
    fn the_tighter_limit_is_the_one_that_is_named() {
        let candidates = candidates(Model::all().take(1).collect(), Vec::new()).unwrap();
        let (most, reason) = bound(&limits(10_000, 500), &candidates[0], 50_000).unwrap();
        assert_eq!(most, 500);
        let needed = 50_000;
        assert_eq!(reason, Reason::LocalPorts { needed, limit: 500 });
    }
}
