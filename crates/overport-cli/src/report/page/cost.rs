//! What a message costs each server, and the ratios with their intervals.

use maud::{Markup, html};

use super::chart::axis::Axis;
use super::chart::marker::Shape;
use super::chart::rows::{Mark, Panel, Row, Rows};
use super::chart::scale::{Scale, tick};
use super::chart::{Caption, rows::Name};
use super::table::{Cell, table};
use super::view::{Absent, Key, View, legend};
use super::{Page, capitalised};
use crate::lang::page::Subject;
use crate::lang::quantity::Quantity;
use crate::lang::{Texts, number};
use crate::report::ranking::{Place, Ratio};

impl Page<'_> {
    pub(super) fn cost_view(&self) -> Markup {
        let about = self.texts.about(Subject::Cost, &self.report.settings);
        let chart = (!self.meaning.cost.places.is_empty()).then(|| {
            let chart = Rows {
                caption: Caption {
                    id: "cost-chart",
                    title: self.words.cost.into(),
                    description: about.clone(),
                },
                names: self
                    .meaning
                    .cost
                    .places
                    .iter()
                    .map(|place| self.place_name(place))
                    .collect(),
                panels: vec![self.cost_panel(), self.ratio_panel()],
            };
            chart.render()
        });
        let absent = self.meaning.cost.unranked.iter().map(|unranked| Absent {
            name: self.names.of(unranked.run).to_owned(),
            why: self.texts.why_unranked(&unranked.why),
        });
        let mut ratios = self.meaning.cost.places.iter().map(|place| place.ratio);
        let has_wide_interval = ratios.any(|ratio| !number::tells(ratio.low, ratio.high));
        self.view(&View {
            id: "cost",
            heading: self.words.cost.into(),
            about,
            legend: self.cost_legend(),
            chart,
            absent: absent.collect(),
            remarks: html! { @if has_wide_interval { p { (self.words.beyond_axis) } } },
            numbers: self.cost_numbers(),
        })
    }

    fn cost_legend(&self) -> Markup {
        let mut keys = vec![
            Key::Bar("user", self.words.user),
            Key::Bar("system", self.words.system),
            Key::Interval(self.words.interval),
        ];
        let whole = |place: &Place| self.run(place.run).server.user_us_per_message.is_none();
        if self.meaning.cost.places.iter().any(whole) {
            keys.insert(2, Key::Bar("whole", self.words.whole));
        }
        legend(&keys)
    }

    fn place_name(&self, place: &Place) -> Name {
        Name {
            text: format!("{} {}", self.rank(place), self.names.of(place.run)),
            ..self.name(place.run)
        }
    }

    fn cost_panel(&self) -> Panel {
        let values = self
            .meaning
            .cost
            .places
            .iter()
            .filter_map(|place| self.run(place.run).server.cpu_us_per_message);
        Panel {
            axis: Axis {
                title: capitalised(&self.texts.titled(Quantity::CpuPerMessage)),
                unit: Quantity::CpuPerMessage.unit(),
                scale: Scale::from_zero(values),
                tick,
            },
            weight: 1.0,
            reference: None,
            rows: self
                .meaning
                .cost
                .places
                .iter()
                .map(|place| self.cost_row(place))
                .collect(),
        }
    }

    /// The whole bar is the cost; its first part is what was spent in user mode, where that is
    /// known.
    fn cost_row(&self, place: &Place) -> Row {
        let server = &self.run(place.run).server;
        let Some(cpu_us) = server.cpu_us_per_message else {
            return Row::default();
        };
        let value = Quantity::CpuPerMessage.plain(cpu_us);
        let Some(user_us) = server.user_us_per_message else {
            return Row {
                marks: vec![Mark::Bar {
                    from: 0.0,
                    to: cpu_us,
                    class: "whole",
                }],
                value,
            };
        };
        let user_us = user_us.min(cpu_us);
        Row {
            marks: vec![
                Mark::Bar {
                    from: 0.0,
                    to: user_us,
                    class: "user",
                },
                Mark::Bar {
                    from: user_us,
                    to: cpu_us,
                    class: "system",
                },
            ],
            value,
        }
    }

    fn ratio_panel(&self) -> Panel {
        let ratios = self.meaning.cost.places.iter().map(|place| place.ratio);
        Panel {
            axis: Axis {
                title: format!(
                    "{} ({})",
                    capitalised(self.words.cost_ratio),
                    self.words.unit_ratio
                ),
                unit: Some(self.words.unit_ratio),
                scale: ratio_scale(ratios),
                tick,
            },
            weight: 1.15,
            reference: Some(1.0),
            rows: self
                .meaning
                .cost
                .places
                .iter()
                .map(|place| ratio_row(&place.ratio, self.texts))
                .collect(),
        }
    }

    fn cost_numbers(&self) -> Markup {
        let head = [
            self.words.server.to_owned(),
            self.words.rank.to_owned(),
            capitalised(&self.texts.titled(Quantity::CpuPerMessage)),
            capitalised(&self.texts.titled(Quantity::UserCpuPerMessage)),
            capitalised(&self.texts.titled(Quantity::SystemCpuPerMessage)),
            self.words.ratio.to_owned(),
        ];
        let figure = |quantity, value| self.figure(quantity, value);
        let rows: Vec<_> = self
            .runs()
            .map(|(index, run)| {
                let server = &run.server;
                let place = self.meaning.cost.place(index);
                let ranked = |text: Option<String>| match text {
                    Some(text) => Cell::text(text),
                    None => Cell::missing(self.words.not_ranked),
                };
                let cells = vec![
                    ranked(place.map(|place| self.rank(place))),
                    figure(Quantity::CpuPerMessage, server.cpu_us_per_message),
                    figure(Quantity::UserCpuPerMessage, server.user_us_per_message),
                    figure(Quantity::SystemCpuPerMessage, server.system_us_per_message),
                    ranked(place.map(|place| interval_text(&place.ratio, self.texts))),
                ];
                (run.model.clone(), cells)
            })
            .collect();
        table(self.words.cost, &head, &rows)
    }
}

/// A ratio as a dot on its interval.
pub(super) fn ratio_row(ratio: &Ratio, texts: &dyn Texts) -> Row {
    Row {
        marks: vec![
            Mark::Interval {
                low: ratio.low,
                high: ratio.high,
            },
            Mark::Dot {
                at: ratio.value,
                shape: Shape::Point,
                class: "main",
            },
        ],
        value: interval_text(ratio, texts),
    }
}

/// A scale for ratios. Intervals that tell nothing do not widen it.
pub(super) fn ratio_scale(ratios: impl Iterator<Item = Ratio>) -> Scale {
    Scale::of_ratios(ratios.flat_map(|ratio| {
        if number::tells(ratio.low, ratio.high) {
            [ratio.low, ratio.high]
        } else {
            [ratio.value; 2]
        }
    }))
}

/// "1.22 (1.19–1.25)".
pub(super) fn interval_text(ratio: &Ratio, texts: &dyn Texts) -> String {
    format!(
        "{} ({})",
        number::ratio(ratio.value),
        interval(ratio, texts)
    )
}

/// "1.19–1.25", or that the rounds are too few for an interval that tells anything.
pub(super) fn interval(ratio: &Ratio, texts: &dyn Texts) -> String {
    let interval = number::interval(ratio.low, ratio.high);
    interval.unwrap_or_else(|| texts.too_few_rounds().into())
}
