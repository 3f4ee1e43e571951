//! Latencies while handlers block.

use maud::{Markup, html};

use super::chart::Caption;
use super::chart::marker::Shape;
use super::chart::rows::{Mark, Panel, Row, Rows};
use super::latency::{UNIT, bounded, quantile_cells};
use super::table::{Cell, table};
use super::view::{Key, View, legend};
use super::{Page, capitalised};
use crate::lang::number::count;
use crate::lang::page::Subject;
use crate::lang::quantity::Quantity;
use crate::report::data::{Figure, Stall};
use crate::report::stall_threads::stall_threads;

impl Page<'_> {
    pub(super) fn stall_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::Stall, |run| run.stall.clone());
        let about = self.texts.about(Subject::Stall, &self.report.settings);
        let chart = (!shown.is_empty()).then(|| {
            let values = shown
                .iter()
                .flat_map(|(_, stall)| [stall.with.p99, stall.without.p99]);
            let chart = Rows {
                caption: Caption {
                    id: "stall-chart",
                    title: self.words.stall.into(),
                    description: about.clone(),
                },
                names: shown.iter().map(|(run, _)| self.name(*run)).collect(),
                panels: vec![Panel {
                    axis: self.latency_axis(
                        &capitalised(&self.texts.titled(Quantity::LatencyP99)),
                        values,
                    ),
                    weight: 1.0,
                    reference: None,
                    rows: shown.iter().map(|(_, stall)| stall_row(stall)).collect(),
                }],
            };
            chart.render()
        });
        let threads = stall_threads(self.runs().map(|(_, run)| run));
        self.view(&View {
            id: "stall",
            heading: self.words.stall.into(),
            about,
            legend: legend(&[
                Key::Mark(Shape::Ring, "main", self.words.without_stall),
                Key::Mark(Shape::Square, "other", self.words.with_stall),
            ]),
            chart,
            absent,
            remarks: html! {
                (self.lower_bounds(|run| run.stall.as_ref().is_some_and(|stall| stall.unsent > 0)))
                @if !threads.is_empty() { p { (self.texts.stall_threads(&threads)) } }
            },
            numbers: self.stall_numbers(&shown),
        })
    }

    fn stall_numbers(&self, shown: &[(usize, Stall)]) -> Markup {
        let mut head = vec![self.words.server.to_owned()];
        for when in [self.words.without_short, self.words.with_short] {
            head.extend(["p50", "p99", "p99.9"].map(|name| format!("{name}, {when} ({UNIT})")));
        }
        head.push(capitalised(self.words.unsent));
        head.push(capitalised(&self.texts.titled(Quantity::Threads)));
        let rows = self.rows(&head, shown, |stall| {
            let mut cells = quantile_cells(&stall.without, false);
            cells.extend(quantile_cells(&stall.with, stall.unsent > 0));
            cells.push(Cell::text(count(stall.unsent)));
            let threads = stall.threads.map(|threads| threads as f64);
            cells.push(self.figure(Quantity::Threads, threads));
            cells
        });
        table(self.words.stall, &head, &rows)
    }
}

fn stall_row(stall: &Stall) -> Row {
    let (without, with) = (stall.without.p99, stall.with.p99);
    let plain = |value| Quantity::LatencyP99.plain(value);
    Row {
        marks: vec![
            Mark::Link {
                from: without,
                to: with,
            },
            Mark::Dot {
                at: with,
                shape: Shape::Square,
                class: "other",
            },
            Mark::Dot {
                at: without,
                shape: Shape::Ring,
                class: "main",
            },
        ],
        value: format!(
            "{} → {}",
            plain(without),
            bounded(plain(with), stall.unsent > 0)
        ),
    }
}
