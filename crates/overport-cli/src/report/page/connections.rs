//! Cost and speed over the number of connections.

use maud::{Markup, html};

use super::chart::Caption;
use super::chart::axis::Axis;
use super::chart::lines::{Line, Lines, Point};
use super::chart::marker::{Shape, Style};
use super::chart::scale::{Scale, tick};
use super::table::{Cell, table};
use super::view::{Key, View, legend};
use super::{Page, capitalised};
use crate::lang::number::{count, tied};
use crate::lang::page::Subject;
use crate::lang::quantity::Quantity;
use crate::report::data::{ConnectionsPoint, Figure, Run};

impl Page<'_> {
    pub(super) fn connections_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::OverConnections, |run| {
            (!run.over_connections.is_empty()).then_some(())
        });
        let runs: Vec<usize> = shown.into_iter().map(|(run, ())| run).collect();
        let about = self
            .texts
            .about(Subject::Connections, &self.report.settings);
        let chart = (!runs.is_empty()).then(|| {
            html! {
                (self.lines("connections-cost", Quantity::CpuPerMessage, &about, &runs))
                (self.lines("connections-speed", Quantity::MessagesPerSecond, &about, &runs))
                (self.lines_legend(&runs))
            }
        });
        self.view(&View {
            id: "connections",
            heading: self.words.connections.into(),
            about: about.clone(),
            legend: legend(&[
                Key::Mark(Shape::Circle, "c0 hollow", self.texts.load_limited()),
                Key::Stop(self.words.stop_mark),
            ]),
            chart,
            absent,
            remarks: self.stops(&runs),
            numbers: self.connections_numbers(),
        })
    }

    fn lines(&self, id: &'static str, quantity: Quantity, about: &str, runs: &[usize]) -> Markup {
        let points = || runs.iter().flat_map(|&run| &self.run(run).over_connections);
        let title = capitalised(&self.texts.titled(quantity));
        let chart = Lines {
            caption: Caption {
                id,
                title: title.clone(),
                description: about.into(),
            },
            x: Axis {
                title: capitalised(&self.texts.titled(Quantity::Connections)),
                unit: Quantity::Connections.unit(),
                scale: Scale::logarithmic_at(points().map(|point| point.connections as f64)),
                tick,
            },
            y: Axis {
                title,
                unit: quantity.unit(),
                scale: Scale::fitting(points().filter_map(|point| value(point, quantity))),
                tick,
            },
            lines: runs
                .iter()
                .map(|&index| line(index, self.run(index), quantity))
                .collect(),
        };
        chart.render()
    }

    /// The names that the narrow drawing has no room for.
    fn lines_legend(&self, runs: &[usize]) -> Markup {
        let classes: Vec<String> = runs.iter().map(|&run| Style::of(run).class()).collect();
        let keys: Vec<Key<'_>> = runs
            .iter()
            .zip(&classes)
            .map(|(&run, class)| Key::Mark(Style::of(run).shape(), class, self.names.of(run)))
            .collect();
        html! { div class="narrow" { (legend(&keys)) } }
    }

    /// Where each server stops and why, those for the same reason together.
    fn stops(&self, runs: &[usize]) -> Markup {
        let stops: Vec<_> = runs
            .iter()
            .filter_map(|&index| {
                let point = first_stop(self.run(index))?;
                Some((
                    self.names.of(index),
                    point.connections,
                    point.stopped.as_ref()?,
                ))
            })
            .collect();
        html! {
            @if !stops.is_empty() {
                p class="label" { (self.words.stops) }
                ul class="plain" {
                    @for (name, connections, reason) in stops {
                        li { b { (name) } ", " (self.texts.connections(connections)) ": " (tied(&self.texts.reason(reason))) }
                    }
                }
            }
        }
    }

    fn connections_numbers(&self) -> Markup {
        let mut head = vec![self.words.server.to_owned()];
        head.extend(
            [
                Quantity::Connections,
                Quantity::CpuPerMessage,
                Quantity::MessagesPerSecond,
                Quantity::PeakMemory,
                Quantity::Threads,
            ]
            .map(|quantity| capitalised(&self.texts.titled(quantity))),
        );
        let rows: Vec<_> = self
            .runs()
            .flat_map(|(_, run)| {
                let points = run.over_connections.iter();
                let mut rows: Vec<_> = points.map(|point| self.point_cells(point)).collect();
                if rows.is_empty() {
                    rows.push(self.missing_cells(&head));
                }
                rows.into_iter().map(|cells| (run.model.clone(), cells))
            })
            .collect();
        table(self.words.connections, &head, &rows)
    }

    fn point_cells(&self, point: &ConnectionsPoint) -> Vec<Cell> {
        let missing = || match &point.stopped {
            Some(reason) => format!(
                "{}: {}",
                self.texts.not_available(),
                self.texts.reason(reason)
            ),
            None => self.texts.not_available().into(),
        };
        let figure = |quantity: Quantity, value: Option<f64>| match value {
            Some(value) => Cell::text(quantity.plain(value)),
            None => Cell::missing(missing()),
        };
        let mut speed = figure(Quantity::MessagesPerSecond, point.messages_per_s);
        if point.load_limited {
            speed = speed.below(self.texts.load_limited());
        }
        vec![
            Cell::text(count(point.connections)),
            figure(Quantity::CpuPerMessage, point.cpu_us_per_message),
            speed,
            figure(
                Quantity::PeakMemory,
                point.rss_peak_bytes.map(|bytes| bytes as f64),
            ),
            figure(
                Quantity::Threads,
                point.threads.map(|threads| threads as f64),
            ),
        ]
    }
}

fn line(index: usize, run: &Run, quantity: Quantity) -> Line {
    let bounds = quantity == Quantity::MessagesPerSecond;
    Line {
        name: run.model.clone(),
        style: Style::of(index),
        points: run
            .over_connections
            .iter()
            .map(|point| Point {
                x: point.connections as f64,
                y: value(point, quantity),
                bounded: bounds && point.load_limited,
            })
            .collect(),
        stops: first_stop(run).is_some(),
    }
}

fn first_stop(run: &Run) -> Option<&ConnectionsPoint> {
    run.over_connections
        .iter()
        .find(|point| point.stopped.is_some())
}

fn value(point: &ConnectionsPoint, quantity: Quantity) -> Option<f64> {
    match quantity {
        Quantity::CpuPerMessage => point.cpu_us_per_message,
        _ => point.messages_per_s,
    }
}
