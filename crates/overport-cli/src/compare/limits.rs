//! How many connections this machine lets a server and the load have.

use super::candidate::Candidate;
use crate::report::data::{Limits, Reason};

/// Descriptors that a process needs beside its connections.
const HEADROOM: u64 = 64;

/// Where the limits do not allow so many connections: how many they do, and which limit it is.
pub(super) fn bound(
    limits: &Limits,
    candidate: &Candidate,
    connections: u64,
) -> Option<(u64, Reason)> {
    let each = candidate.descriptors_for(1).max(1);
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
