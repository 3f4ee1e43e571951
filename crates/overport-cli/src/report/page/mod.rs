//! The comparison as one HTML file: nothing is fetched, nothing has to run, and what it says is in
//! text and tables as well as in its charts.

mod chart;
mod claims;
mod conditions;
mod connections;
mod cost;
mod difference;
mod document;
mod idle;
mod latency;
mod main_table;
mod raw;
mod rounds;
mod sessions;
mod stall;
mod table;
mod verdict;
mod view;

#[cfg(test)]
mod tests;

use maud::{Markup, html};

use self::table::Cell;
use super::data::{Figure, Reason, Report, Run};
use super::difference::Difference;
use super::meaning::Meaning;
use super::ranking::Place;
use super::verdict::Verdict;
use crate::lang::page::PageWords;
use crate::lang::quantity::Quantity;
use crate::lang::{Names, Texts};

/// The page of one report. It is a whole HTML document.
pub(crate) fn render(report: &Report, texts: &dyn Texts) -> String {
    let page = Page::new(report, texts);
    document::document(page.words.code, page.words.title, &page.body())
}

/// The page of two reports beside each other; `difference` is that of `b` to `a`.
pub(crate) fn render_difference(
    a: &Report,
    b: &Report,
    difference: &Difference,
    texts: &dyn Texts,
) -> String {
    let words = texts.page();
    let body = difference::body(a, b, difference, texts);
    document::document(words.code, words.difference, &body)
}

/// A report and what is made of it.
struct Page<'a> {
    report: &'a Report,
    texts: &'a dyn Texts,
    words: &'static PageWords,
    names: Names<'a>,
    meaning: Meaning,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, texts: &'a dyn Texts) -> Self {
        Self {
            report,
            texts,
            words: texts.page(),
            names: Names::new(report),
            meaning: Meaning::of(report),
        }
    }

    fn body(&self) -> Markup {
        html! {
            header {
                h1 { (self.words.title) }
                p class="load" { (self.texts.load(&self.report.settings)) }
                p class="made" { (self.machine()) }
                p class="made" { (self.texts.made(self.report)) }
            }
            main {
                (self.verdict_section())
                (self.servers_section())
                section id="charts" {
                    h2 { (self.words.charts) }
                    (self.cost_view())
                    (self.connections_view())
                    (self.latency_view())
                    (self.stall_view())
                    (self.idle_view())
                    (self.flood_view())
                    (self.sessions_view())
                    (self.rounds_view())
                }
                (self.claims_section())
                (self.conditions_section())
            }
        }
    }

    fn machine(&self) -> String {
        let host = &self.report.host;
        let system = self.texts.host_system(host);
        match &host.cpu {
            Some(cpu) => format!("{system}, {cpu}"),
            None => system,
        }
    }

    fn run(&self, index: usize) -> &'a Run {
        &self.report.runs[index]
    }

    /// The runs in the order in which they are listed.
    fn runs(&self) -> impl Iterator<Item = (usize, &'a Run)> {
        self.meaning
            .order
            .iter()
            .map(|&index| (index, self.run(index)))
    }

    /// The run that the verdict chooses.
    fn chosen(&self) -> Option<usize> {
        match &self.meaning.verdict {
            Verdict::Choose(choice) => Some(choice.run),
            Verdict::Undecided { .. } | Verdict::NoChoice => None,
        }
    }

    /// A rank, marked where several share it.
    fn rank(&self, place: &Place) -> String {
        if place.not_told_apart.is_empty() {
            place.rank.to_string()
        } else {
            format!("{}=", place.rank)
        }
    }

    /// The cell of a figure; the reason why one is missing is told elsewhere.
    fn figure(&self, quantity: Quantity, value: Option<f64>) -> Cell {
        match value {
            Some(value) => Cell::text(quantity.plain(value)),
            None => Cell::missing(self.texts.not_available()),
        }
    }

    /// That a figure is missing, and why.
    fn missing(&self, run: &Run, figure: Figure) -> String {
        let reason = run.unavailable.get(&figure);
        let why = match (reason, &run.problem) {
            (Some(reason @ Reason::NotAskedFor), _) => return self.texts.reason(reason),
            (Some(reason), _) => self.texts.reason(reason),
            (None, Some(problem)) => self.texts.problem(problem),
            (None, None) => return self.texts.not_available().into(),
        };
        format!("{}: {why}", self.texts.not_available())
    }

    /// The rows of a table of a view's numbers: a row a server, whose cells are missing where it
    /// is not among those that are `shown`.
    fn rows<T>(
        &self,
        head: &[String],
        shown: &[(usize, T)],
        cells: impl Fn(&T) -> Vec<Cell>,
    ) -> Vec<(String, Vec<Cell>)> {
        let row = |(index, run): (usize, &Run)| {
            let cells = match shown.iter().find(|(shown, _)| *shown == index) {
                Some((_, of)) => cells(of),
                None => self.missing_cells(head),
            };
            (run.model.clone(), cells)
        };
        self.runs().map(row).collect()
    }

    /// Cells for all columns but the first.
    fn missing_cells(&self, head: &[String]) -> Vec<Cell> {
        let columns = head.iter().skip(1);
        columns
            .map(|_| Cell::missing(self.texts.not_available()))
            .collect()
    }
}

/// A figure's name as it begins a line.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
