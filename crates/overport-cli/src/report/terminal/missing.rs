//! Figures that there are not, and why.

use super::Shown;
use crate::report::data::{Figure, Reason};

/// What is missing for the same reason in the same runs.
struct Missing<'a> {
    reason: &'a Reason,
    figures: Vec<Figure>,
    runs: Vec<usize>,
}

/// A line a reason. What a server with a problem lacks is no news.
pub(super) fn lines(shown: &Shown<'_>) -> Vec<String> {
    let sound = shown
        .runs()
        .filter(|(_, run)| run.problem.is_none())
        .count();
    collected(shown)
        .iter()
        .map(|missing| {
            let figures: Vec<&str> = missing
                .figures
                .iter()
                .map(|&figure| shown.texts.figure(figure))
                .collect();
            let names = (missing.runs.len() < sound).then(|| shown.list(&missing.runs));
            shown.texts.missing_figures(
                &shown.texts.list(&figures),
                names.as_deref(),
                missing.reason,
            )
        })
        .collect()
}

fn collected<'a>(shown: &Shown<'a>) -> Vec<Missing<'a>> {
    let mut of_figures: Vec<Missing<'a>> = Vec::new();
    for (index, run) in shown.runs().filter(|(_, run)| run.problem.is_none()) {
        for (&figure, reason) in &run.unavailable {
            let known = of_figures
                .iter_mut()
                .find(|missing| missing.reason == reason && missing.figures == [figure]);
            match known {
                Some(missing) => missing.runs.push(index),
                None => of_figures.push(Missing {
                    reason,
                    figures: vec![figure],
                    runs: vec![index],
                }),
            }
        }
    }
    let mut joined: Vec<Missing<'a>> = Vec::new();
    for missing in of_figures {
        let known = joined
            .iter_mut()
            .find(|known| known.reason == missing.reason && known.runs == missing.runs);
        match known {
            Some(known) => known.figures.extend(missing.figures),
            None => joined.push(missing),
        }
    }
    joined
}
