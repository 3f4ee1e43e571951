//! Latencies at a fixed rate and beside a flood, and what all charts of latencies share.

use maud::{Markup, html};

use super::chart::Caption;
use super::chart::axis::Axis;
use super::chart::marker::Shape;
use super::chart::rows::{Mark, Name, Panel, Row, Rows};
use super::chart::scale::{Scale, tick};
use super::table::{Cell, table};
use super::view::{Key, View, legend};
use super::{Page, capitalised};
use crate::lang::page::Subject;
use crate::lang::quantity::Quantity;
use crate::report::data::{Figure, Latency, Run};

/// Latencies are shown in microseconds everywhere, as reports keep them.
pub(super) const UNIT: &str = "µs";

/// Quantiles, and whether they are lower bounds.
pub(super) type Timed = (Latency, bool);

impl Page<'_> {
    pub(super) fn latency_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::LatencyUs, |run| run.latency_us);
        let shown: Vec<(usize, Timed)> = shown
            .into_iter()
            .map(|(index, latency)| (index, (latency, unsent(self.run(index)))))
            .collect();
        let rows: Vec<_> = shown
            .iter()
            .map(|&(run, timed)| (self.name(run), timed))
            .collect();
        let head = self.quantile_head();
        let numbers = self.rows(&head, &shown, |&(latency, bound)| {
            quantile_cells(&latency, bound)
        });
        let about = self.texts.about(Subject::Latency, &self.report.settings);
        self.view(&View {
            id: "latency",
            heading: self.words.latency.into(),
            legend: quantile_legend(),
            chart: self.quantile_chart("latency-chart", self.words.latency, &about, &rows),
            numbers: table(self.words.latency, &head, &numbers),
            about,
            absent,
            remarks: self.lower_bounds(unsent),
        })
    }

    /// Which servers' latencies are known not to be less, as messages to them were not sent.
    pub(super) fn lower_bounds(&self, unsent: impl Fn(&Run) -> bool) -> Markup {
        let runs = self.runs().filter(|(_, run)| unsent(run));
        let names: Vec<&str> = runs.map(|(index, _)| self.names.of(index)).collect();
        html! {
            @if !names.is_empty() {
                ul class="plain" {
                    li { b { (self.texts.list(&names)) } ": " (self.words.lower_bound) }
                }
            }
        }
    }

    pub(super) fn flood_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::Flood, |run| run.flood.clone());
        let rows: Vec<_> = shown
            .iter()
            .flat_map(|(run, flood)| {
                let name = |when: &str| Name {
                    text: format!("{}, {when}", self.names.of(*run)),
                    ..self.name(*run)
                };
                [
                    (name(self.words.without_flood), (flood.without, false)),
                    (name(self.words.with_flood), (flood.with, false)),
                ]
            })
            .collect();
        let about = self.texts.about(Subject::Flood, &self.report.settings);
        let costs = html! {
            @for (run, flood) in &shown {
                @if let (Some(with), Some(without)) = (flood.cpu_us_per_message_with, flood.cpu_us_per_message_without) {
                    ul class="plain" {
                        li {
                            b { (self.names.of(*run)) } ", " (self.texts.titled(Quantity::CpuPerMessage)) ": "
                            (self.words.without_flood) " " (Quantity::CpuPerMessage.plain(without)) ", "
                            (self.words.with_flood) " " (Quantity::CpuPerMessage.plain(with))
                        }
                    }
                }
            }
        };
        self.view(&View {
            id: "flood",
            heading: self.words.flood.into(),
            legend: quantile_legend(),
            chart: self.quantile_chart("flood-chart", self.words.flood, &about, &rows),
            numbers: self.quantile_numbers(self.words.flood, &rows),
            about,
            // Only one model has a queue; the others are not missing.
            absent: if shown.is_empty() { absent } else { Vec::new() },
            remarks: costs,
        })
    }

    /// A chart of p50, p99 and p99.9; none without rows.
    fn quantile_chart(
        &self,
        id: &'static str,
        title: &str,
        about: &str,
        rows: &[(Name, Timed)],
    ) -> Option<Markup> {
        if rows.is_empty() {
            return None;
        }
        let quantiles: Vec<Timed> = rows.iter().map(|(_, timed)| *timed).collect();
        let axis = format!("{} ({UNIT})", capitalised(self.words.latency_axis));
        let chart = Rows {
            caption: Caption {
                id,
                title: title.into(),
                description: about.into(),
            },
            names: rows.iter().map(|(name, _)| name.clone()).collect(),
            panels: vec![self.quantile_panel(&axis, &quantiles)],
        };
        Some(chart.render())
    }

    pub(super) fn quantile_panel(&self, title: &str, quantiles: &[Timed]) -> Panel {
        let values = quantiles
            .iter()
            .flat_map(|(latency, _)| [latency.p50, latency.p99_9]);
        Panel {
            axis: self.latency_axis(title, values),
            weight: 2.2,
            reference: None,
            rows: quantiles.iter().map(quantile_row).collect(),
        }
    }

    pub(super) fn latency_axis(&self, title: &str, values: impl IntoIterator<Item = f64>) -> Axis {
        Axis {
            title: title.into(),
            unit: Some(UNIT),
            scale: Scale::logarithmic(values),
            tick,
        }
    }

    fn quantile_numbers(&self, label: &str, rows: &[(Name, Timed)]) -> Markup {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, (latency, bound))| (name.text.clone(), quantile_cells(latency, *bound)))
            .collect();
        table(label, &self.quantile_head(), &rows)
    }

    fn quantile_head(&self) -> Vec<String> {
        let quantiles = [
            Quantity::LatencyP50,
            Quantity::LatencyP99,
            Quantity::LatencyP99_9,
        ]
        .map(|quantity| capitalised(&self.texts.titled(quantity)));
        let mut head = vec![self.words.server.to_owned()];
        head.extend(quantiles);
        head
    }
}

pub(super) fn quantile_legend() -> Markup {
    legend(&[
        Key::Mark(Shape::Circle, "main", "p50"),
        Key::Mark(Shape::Diamond, "other", "p99"),
        Key::Mark(Shape::Triangle, "third", "p99.9"),
    ])
}

fn quantile_row(&(latency, bound): &Timed) -> Row {
    let plain = |value| bounded(Quantity::LatencyP50.plain(value), bound);
    Row {
        marks: vec![
            Mark::Link {
                from: latency.p50,
                to: latency.p99_9,
            },
            Mark::Dot {
                at: latency.p99_9,
                shape: Shape::Triangle,
                class: "third",
            },
            Mark::Dot {
                at: latency.p99,
                shape: Shape::Diamond,
                class: "other",
            },
            Mark::Dot {
                at: latency.p50,
                shape: Shape::Circle,
                class: "main",
            },
        ],
        value: format!(
            "{} · {} · {}",
            plain(latency.p50),
            plain(latency.p99),
            plain(latency.p99_9)
        ),
    }
}

pub(super) fn quantile_cells(latency: &Latency, bound: bool) -> Vec<Cell> {
    [latency.p50, latency.p99, latency.p99_9]
        .map(|value| Cell::text(bounded(Quantity::LatencyP50.plain(value), bound)))
        .into()
}

/// Messages of the open loop were due and not sent, so its latency is a lower bound.
pub(super) fn unsent(run: &Run) -> bool {
    run.latency_rounds.iter().any(|round| round.unsent > 0)
}

/// Marked where it is a lower bound.
pub(super) fn bounded(text: String, bound: bool) -> String {
    if bound { lower_bound(text) } else { text }
}

pub(super) fn lower_bound(text: String) -> String {
    format!(">{text}")
}
