//! Short sessions: how long clients wait, and how many starve.

use maud::{Markup, html};

use super::chart::Caption;
use super::chart::axis::Axis;
use super::chart::rows::{Mark, Panel, Row, Rows};
use super::chart::scale::{Scale, tick};
use super::latency::{Timed, UNIT, quantile_cells, quantile_legend};
use super::table::{Cell, table};
use super::view::View;
use super::{Page, capitalised};
use crate::lang::number::count;
use crate::lang::page::Subject;
use crate::lang::quantity::Quantity;
use crate::report::data::{Figure, Sessions};

impl Page<'_> {
    pub(super) fn sessions_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::Sessions, |run| run.sessions.clone());
        let about = self.texts.about(Subject::Sessions, &self.report.settings);
        let chart = (!shown.is_empty()).then(|| {
            let quantiles: Vec<Timed> = shown
                .iter()
                .map(|(_, sessions)| (sessions.first_answer_us, false))
                .collect();
            let title = format!("{} ({UNIT})", capitalised(self.words.first_answer));
            let mut panels = vec![self.quantile_panel(&title, &quantiles)];
            if shown.iter().any(|(_, sessions)| sessions.starved > 0) {
                panels.push(self.starved_panel(&shown));
            }
            let chart = Rows {
                caption: Caption {
                    id: "sessions-chart",
                    title: self.words.sessions.into(),
                    description: about.clone(),
                },
                names: shown.iter().map(|(run, _)| self.name(*run)).collect(),
                panels,
            };
            chart.render()
        });
        self.view(&View {
            id: "sessions",
            heading: self.words.sessions.into(),
            about,
            legend: quantile_legend(),
            chart,
            absent,
            remarks: html! {},
            numbers: self.sessions_numbers(&shown),
        })
    }

    fn starved_panel(&self, shown: &[(usize, Sessions)]) -> Panel {
        let most = shown
            .iter()
            .map(|(_, sessions)| sessions.clients)
            .max()
            .unwrap_or(1);
        Panel {
            axis: Axis {
                title: capitalised(self.texts.quantity(Quantity::StarvedClients)),
                unit: None,
                scale: Scale::counting(0, most),
                tick,
            },
            weight: 1.0,
            reference: None,
            rows: shown
                .iter()
                .map(|(_, sessions)| Row {
                    marks: vec![Mark::Bar {
                        from: 0.0,
                        to: sessions.starved as f64,
                        class: "system",
                    }],
                    value: format!("{} / {}", count(sessions.starved), count(sessions.clients)),
                })
                .collect(),
        }
    }

    fn sessions_numbers(&self, shown: &[(usize, Sessions)]) -> Markup {
        let mut head = vec![self.words.server.to_owned()];
        head.extend(
            ["p50", "p99", "p99.9"]
                .map(|name| format!("{}, {name} ({UNIT})", capitalised(self.words.first_answer))),
        );
        head.push(capitalised(self.texts.quantity(Quantity::StarvedClients)));
        head.push(capitalised(&self.texts.titled(Quantity::SessionsPerSecond)));
        head.push(capitalised(&self.texts.titled(Quantity::CpuPerSession)));
        let rows = self.rows(&head, shown, |sessions| {
            let mut cells = quantile_cells(&sessions.first_answer_us, false);
            cells.push(Cell::text(
                self.texts.starved(sessions.starved, sessions.clients),
            ));
            cells.push(Cell::text(
                Quantity::SessionsPerSecond.plain(sessions.sessions_per_s),
            ));
            cells.push(self.figure(Quantity::CpuPerSession, sessions.cpu_us_per_session));
            cells
        });
        table(self.words.sessions, &head, &rows)
    }
}
