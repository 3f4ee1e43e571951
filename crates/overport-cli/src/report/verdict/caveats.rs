//! What to hold against the figures that decide.

use super::Caveat;
use super::candidates::Candidates;
use crate::report::data::Round;
use crate::report::statistics::median;

/// From this part of the measurements on it is told that they were disturbed.
const MANY: f64 = 0.25;

pub(super) fn caveats(candidates: &Candidates<'_>) -> Vec<Caveat> {
    let rounds: Vec<&Round> = candidates
        .costed
        .iter()
        .flat_map(|&run| &candidates.run(run).rounds)
        .collect();
    disturbed(&rounds).into_iter().collect()
}

fn disturbed(rounds: &[&Round]) -> Option<Caveat> {
    let noises = rounds.iter().map(|round| round.noise);
    let disturbed: Vec<_> = noises.filter(|noise| noise.disturbed).collect();
    let many = !disturbed.is_empty() && disturbed.len() as f64 >= MANY * rounds.len() as f64;
    let parts: Vec<f64> = disturbed
        .iter()
        .filter_map(|noise| noise.foreign_part)
        .collect();
    many.then(|| Caveat::Disturbed {
        disturbed: disturbed.len(),
        of: rounds.len(),
        foreign_part: median(&parts),
    })
}
