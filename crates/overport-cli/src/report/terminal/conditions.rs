//! Where and how it was measured, how quiet it was, and how to do it again.

use super::sheet::Sheet;
use super::{Shown, shell};
use crate::report::data::{Report, Run};
use crate::report::statistics::quartiles;

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    let (report, texts, words) = (shown.report, shown.texts, shown.words);
    let row = |name: &str, text: String| (name.to_owned(), text);
    let mut rows = vec![
        row(words.made, made(report)),
        row(
            words.load,
            texts.measured(&report.settings, report.elapsed_s),
        ),
        row(words.machine, texts.machine(&report.host)),
        row(words.processors, texts.processors(&report.host)),
        row(words.noise, texts.noise(&report.noise)),
    ];
    rows.extend(spread(shown).map(|text| row(words.spread, text)));
    sheet.title(words.conditions);
    sheet.rows(&rows);
    sheet.title(&format!("{}:", words.repeat));
    sheet.verbatim(&shell::continued(&report.command, sheet.width()));
}

/// When, and by which version.
pub(super) fn made(report: &Report) -> String {
    format!("{}, overport {}", report.created, report.overport)
}

/// How far the rounds of a server scatter about their median: of the middle one of the servers,
/// and of the most scattered one.
fn spread(shown: &Shown<'_>) -> Option<String> {
    let mut spreads: Vec<(f64, &str)> = shown
        .runs()
        .filter(|(_, run)| run.problem.is_none())
        .filter_map(|(_, run)| Some((quartile_distance(run)?, run.model.as_str())))
        .collect();
    spreads.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (most, name) = *spreads.last()?;
    let (middle, _) = spreads[spreads.len() / 2];
    Some(shown.texts.spread(middle, most, name))
}

/// As a part of the median; none of fewer than two rounds.
fn quartile_distance(run: &Run) -> Option<f64> {
    let costs: Vec<f64> = run
        .rounds
        .iter()
        .filter_map(|round| round.cpu_us_per_message)
        .collect();
    let quartiles = quartiles(&costs).filter(|_| costs.len() > 1)?;
    let distance = (quartiles.upper - quartiles.lower) / quartiles.median;
    distance.is_finite().then_some(distance)
}
