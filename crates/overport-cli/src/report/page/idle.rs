//! What servers take that have nothing to do.

use maud::{Markup, html};

use super::chart::Caption;
use super::chart::axis::Axis;
use super::chart::marker::Shape;
use super::chart::rows::{Mark, Panel, Row, Rows};
use super::chart::scale::{Scale, tick};
use super::table::table;
use super::view::{Key, View, legend};
use super::{Page, capitalised};
use crate::lang::page::Subject;
use crate::lang::quantity::Quantity;
use crate::report::data::{Figure, Idle};

const PERCENT: f64 = 100.0;
const KIB: f64 = 1024.0;

impl Page<'_> {
    pub(super) fn idle_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::Idle, |run| run.idle.clone());
        let about = self.texts.about(Subject::Idle, &self.report.settings);
        let chart = (!shown.is_empty()).then(|| {
            let chart = Rows {
                caption: Caption {
                    id: "idle-chart",
                    title: self.words.idle.into(),
                    description: about.clone(),
                },
                names: shown.iter().map(|(run, _)| self.name(*run)).collect(),
                panels: vec![self.processor_panel(&shown), self.memory_panel(&shown)],
            };
            chart.render()
        });
        let connected = self
            .texts
            .idle_clients(self.report.settings.idle_connections);
        self.view(&View {
            id: "idle",
            heading: self.words.idle.into(),
            about,
            legend: legend(&[
                Key::Mark(Shape::Square, "other", &connected),
                Key::Mark(Shape::Ring, "main", self.words.unconnected),
            ]),
            chart,
            absent,
            remarks: html! {},
            numbers: self.idle_numbers(&shown),
        })
    }

    fn processor_panel(&self, shown: &[(usize, Idle)]) -> Panel {
        let values = shown
            .iter()
            .flat_map(|(_, idle)| [idle.cpu_part_unconnected, idle.cpu_part_connected]);
        Panel {
            axis: Axis {
                title: format!("{} (%)", capitalised(self.words.idle_cpu)),
                unit: Some("%"),
                scale: Scale::from_zero(values.flatten().map(|part| part * PERCENT)),
                tick,
            },
            weight: 1.0,
            reference: None,
            rows: shown
                .iter()
                .map(|(_, idle)| self.processor_row(idle))
                .collect(),
        }
    }

    fn processor_row(&self, idle: &Idle) -> Row {
        let percent = |part: Option<f64>| part.map(|part| part * PERCENT);
        let (without, with) = (
            percent(idle.cpu_part_unconnected),
            percent(idle.cpu_part_connected),
        );
        let mut marks = Vec::new();
        if let (Some(from), Some(to)) = (without, with) {
            marks.push(Mark::Link { from, to });
        }
        if let Some(at) = with {
            marks.push(Mark::Dot {
                at,
                shape: Shape::Square,
                class: "other",
            });
        }
        if let Some(at) = without {
            marks.push(Mark::Dot {
                at,
                shape: Shape::Ring,
                class: "main",
            });
        }
        let text = |part: Option<f64>| match part {
            Some(part) => Quantity::IdleCpuConnected.plain(part),
            None => self.texts.not_available().into(),
        };
        Row {
            marks,
            value: format!(
                "{} → {}",
                text(idle.cpu_part_unconnected),
                text(idle.cpu_part_connected)
            ),
        }
    }

    fn memory_panel(&self, shown: &[(usize, Idle)]) -> Panel {
        let values = shown
            .iter()
            .filter_map(|(_, idle)| idle.bytes_per_connection);
        Panel {
            axis: Axis {
                title: capitalised(&self.texts.titled(Quantity::MemoryPerIdleConnection)),
                unit: Quantity::MemoryPerIdleConnection.unit(),
                scale: Scale::from_zero(values.map(|bytes| bytes / KIB)),
                tick,
            },
            weight: 1.0,
            reference: None,
            rows: shown
                .iter()
                .map(|(_, idle)| match idle.bytes_per_connection {
                    Some(bytes) => Row {
                        marks: vec![Mark::Bar {
                            from: 0.0,
                            to: bytes / KIB,
                            class: "system",
                        }],
                        value: Quantity::MemoryPerIdleConnection.plain(bytes),
                    },
                    None => Row {
                        marks: Vec::new(),
                        value: self.texts.not_available().into(),
                    },
                })
                .collect(),
        }
    }

    fn idle_numbers(&self, shown: &[(usize, Idle)]) -> Markup {
        let threads = self.texts.quantity(Quantity::Threads);
        let connected = self
            .texts
            .idle_clients(self.report.settings.idle_connections);
        let head = [
            self.words.server.to_owned(),
            capitalised(&self.texts.titled(Quantity::IdleCpuUnconnected)),
            capitalised(&self.texts.titled(Quantity::IdleCpuConnected)),
            capitalised(&self.texts.titled(Quantity::Connections)),
            capitalised(&self.texts.titled(Quantity::MemoryPerIdleConnection)),
            capitalised(&format!("{threads}, {}", self.words.unconnected)),
            capitalised(&format!("{threads}, {connected}")),
        ];
        let cell = |quantity, value| self.figure(quantity, value);
        let rows = self.rows(&head, shown, |idle| {
            let count = |threads: Option<u64>| threads.map(|threads| threads as f64);
            vec![
                cell(Quantity::IdleCpuUnconnected, idle.cpu_part_unconnected),
                cell(Quantity::IdleCpuConnected, idle.cpu_part_connected),
                cell(Quantity::Connections, Some(idle.connections as f64)),
                cell(Quantity::MemoryPerIdleConnection, idle.bytes_per_connection),
                cell(Quantity::Threads, count(idle.threads_unconnected)),
                cell(Quantity::Threads, count(idle.threads_connected)),
            ]
        });
        table(self.words.idle, &head, &rows)
    }
}
