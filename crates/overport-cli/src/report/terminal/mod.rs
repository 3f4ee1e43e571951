//! The report for a terminal: the verdict first, then the figures, the views, the textbook's
//! claims and the conditions. There are no colours, so it is the same in a file.
//!
//! A part of the report is a file; `sheet` and `columns` are how text fits a width.

mod claims;
mod columns;
mod conditions;
mod difference;
mod figures;
mod missing;
mod notes;
mod ranks;
mod sheet;
mod shell;
mod verdict;
mod views;

#[cfg(test)]
mod tests;

pub(crate) use difference::render_difference;

use self::sheet::Sheet;
use super::data::{Report, Run};
use super::meaning::Meaning;
use super::ranking::Ranking;
use crate::lang::terminal::TerminalWords;
use crate::lang::{Lang, Names, Texts, number};
use crate::sys::window;

/// The report in lines of at most `width` columns, but for words that are longer. No line feed
/// at the end.
pub(crate) fn render(report: &Report, lang: Lang, width: usize) -> String {
    let shown = Shown::of(report, lang);
    let mut sheet = Sheet::new(width);
    verdict::show(&shown, &mut sheet);
    figures::show(&shown, &mut sheet);
    views::show(&shown, &mut sheet);
    claims::show(&shown, &mut sheet);
    conditions::show(&shown, &mut sheet);
    sheet.into_text()
}

/// The width of the terminal that standard output is; otherwise COLUMNS, or 80.
pub(crate) fn width() -> usize {
    let set = || std::env::var("COLUMNS").ok()?.parse().ok();
    window::output_columns().or_else(set).unwrap_or(80)
}

/// A report, and what is made of it.
struct Shown<'a> {
    report: &'a Report,
    texts: &'static dyn Texts,
    words: &'static TerminalWords,
    names: Names<'a>,
    meaning: Meaning,
}

impl<'a> Shown<'a> {
    fn of(report: &'a Report, lang: Lang) -> Self {
        let texts = lang.texts();
        Self {
            report,
            texts,
            words: texts.terminal(),
            names: Names::new(report),
            meaning: Meaning::of(report),
        }
    }

    /// The runs in the order in which they are listed.
    fn runs(&self) -> impl Iterator<Item = (usize, &'a Run)> {
        self.meaning
            .order
            .iter()
            .map(|&index| (index, &self.report.runs[index]))
    }

    fn rankings(&self) -> [&Ranking; 3] {
        [
            &self.meaning.cost,
            &self.meaning.speed,
            &self.meaning.latency,
        ]
    }

    /// Whether any server has an interval that tells nothing.
    fn has_wide_interval(&self) -> bool {
        let mut ratios = self.meaning.cost.places.iter().map(|place| place.ratio);
        ratios.any(|ratio| !number::tells(ratio.low, ratio.high))
    }

    /// The names of these runs as a list in a sentence.
    fn list(&self, runs: &[usize]) -> String {
        let names: Vec<&str> = runs.iter().map(|&run| self.names.of(run)).collect();
        self.texts.list(&names)
    }
}
