//! Ranks, and who shares one.

use super::Shown;
use crate::report::ranking::{Metric, Place, Ranking, WhyUnranked};

/// A run's rank, marked where it is not told apart from another one.
pub(super) fn rank(ranking: &Ranking, run: usize) -> Option<String> {
    let place = ranking.place(run)?;
    let mark = if place.not_told_apart.is_empty() {
        ""
    } else {
        "="
    };
    Some(format!("{}{mark}", place.rank))
}

/// For each metric the servers that the rounds do not tell apart.
pub(super) fn not_told_apart(shown: &Shown<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for ranking in shown.rankings() {
        let groups: Vec<String> = groups(ranking)
            .iter()
            .map(|group| shown.list(group))
            .collect();
        if !groups.is_empty() {
            let (metric, rounds) = (ranking.metric, ranking.rounds);
            lines.push(shown.texts.not_told_apart_by(metric, rounds, &groups));
        }
    }
    lines
}

/// Runs that are not told apart from each other, each of them from each. Any two that are not
/// told apart are together in a group; a run may be in several, as it may be like two that are not
/// alike.
fn groups(ranking: &Ranking) -> Vec<Vec<usize>> {
    let places = &ranking.places;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        for other in places[index + 1..]
            .iter()
            .filter(|other| alike(place, other))
        {
            let pair = [place.run, other.run];
            let known = |group: &Vec<usize>| pair.iter().all(|run| group.contains(run));
            if !groups.iter().any(known) {
                groups.push(group_of(places, [place, other]));
            }
        }
    }
    groups
}

/// The pair and who is like all of the group, in the order of their places.
fn group_of(places: &[Place], pair: [&Place; 2]) -> Vec<usize> {
    let mut group = pair.to_vec();
    for place in places {
        let known = group.iter().any(|member| member.run == place.run);
        if !known && group.iter().all(|member| alike(place, member)) {
            group.push(place);
        }
    }
    let members = places.iter().map(|place| place.run);
    members
        .filter(|run| group.iter().any(|member| member.run == *run))
        .collect()
}

fn alike(one: &Place, other: &Place) -> bool {
    one.not_told_apart.contains(&other.run)
}

/// Who has no place, and why; with a problem there is a line that says more, and who was not
/// asked for something is told among the missing figures.
pub(super) fn not_ranked(shown: &Shown<'_>) -> Vec<String> {
    let mut whys: Vec<(&WhyUnranked, Vec<usize>, Vec<Metric>)> = Vec::new();
    for ranking in shown.rankings() {
        for unranked in &ranking.unranked {
            match unranked.why {
                WhyUnranked::OneAtATime | WhyUnranked::LoadLate => {}
                WhyUnranked::LoadLimited | WhyUnranked::Problem | WhyUnranked::Missing(_) => {
                    continue;
                }
            }
            match whys.iter_mut().find(|(why, ..)| **why == unranked.why) {
                Some((_, runs, metrics)) => {
                    push_new(runs, unranked.run);
                    push_new(metrics, ranking.metric);
                }
                None => whys.push((&unranked.why, vec![unranked.run], vec![ranking.metric])),
            }
        }
    }
    whys.iter()
        .map(|(why, runs, metrics)| {
            let why = shown.texts.why_unranked(why);
            shown.texts.not_ranked_by(&shown.list(runs), metrics, &why)
        })
        .collect()
}

fn push_new<T: PartialEq>(values: &mut Vec<T>, value: T) {
    if !values.contains(&value) {
        values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ranking::Ratio;

    fn ranking(alike: &[&[usize]]) -> Ranking {
        let place = |(run, not_told_apart): (usize, &&[usize])| Place {
            run,
            rank: run + 1,
            value: 1.0,
            ratio: Ratio {
                value: 1.0,
                low: 1.0,
                high: 1.0,
            },
            not_told_apart: not_told_apart.to_vec(),
        };
        Ranking {
            metric: Metric::Cost,
            rounds: 8,
            places: alike.iter().enumerate().map(place).collect(),
            unranked: Vec::new(),
        }
    }

    #[test]
    fn a_shared_rank_is_marked() {
        let ranking = ranking(&[&[], &[2], &[1]]);
        assert_eq!(rank(&ranking, 0).as_deref(), Some("1"));
        assert_eq!(rank(&ranking, 1).as_deref(), Some("2="));
        assert_eq!(rank(&ranking, 7), None);
    }

    #[test]
    fn a_group_is_of_those_that_are_all_alike() {
        assert!(groups(&ranking(&[&[], &[]])).is_empty());
        assert_eq!(groups(&ranking(&[&[1], &[0], &[]])), [[0, 1]]);
        assert_eq!(groups(&ranking(&[&[1, 2], &[0, 2], &[0, 1]])), [[0, 1, 2]]);
        // The one in the middle is like both, which are not alike.
        assert_eq!(groups(&ranking(&[&[1], &[0, 2], &[1]])), [[0, 1], [1, 2]]);
        // The one in the middle is told from both, which are alike.
        assert_eq!(groups(&ranking(&[&[2], &[], &[0]])), [[0, 2]]);
    }
}
