//! What the claims ask of a report. A fact that is missing says which measurement it lacks.

use super::{Evidence, MissingEvidence};
use crate::report::data::{ConnectionsPoint, Flood, Idle, Origin, Report, Run, Sessions, Stall};
use crate::report::ranking::{Metric, Ranking, rank};

pub(super) type Fact<T> = Result<T, MissingEvidence>;

/// The program's own models in a report. Servers from outside have no part in what the textbook
/// says of the models.
pub(super) struct Facts<'a> {
    pub(super) report: &'a Report,
    pub(super) cost: Ranking,
    pub(super) latency: Ranking,
}

/// A model's run.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) index: usize,
    pub(super) run: &'a Run,
}

impl<'a> Facts<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            report,
            cost: rank(report, Metric::Cost),
            latency: rank(report, Metric::Latency),
        }
    }

    /// The first run of a model, whether it went well or not.
    pub(super) fn entered(&self, name: &str) -> Option<Of<'a>> {
        self.models().find(|of| of.run.model == name)
    }

    /// The first run of a model, if it went well.
    pub(super) fn model(&self, name: &str) -> Fact<Of<'a>> {
        self.entered(name)
            .filter(|of| of.run.problem.is_none())
            .ok_or(MissingEvidence::Model)
    }

    /// All models that went well but for this run.
    pub(super) fn others(&self, than: Of<'a>) -> impl Iterator<Item = Of<'a>> {
        self.models()
            .filter(move |of| of.index != than.index && of.run.problem.is_none())
    }

    fn models(&self) -> impl Iterator<Item = Of<'a>> + use<'a> {
        self.report
            .runs
            .iter()
            .enumerate()
            .filter(|(_, run)| matches!(run.origin, Origin::Model { .. }))
            .map(|(index, run)| Of { index, run })
    }

    pub(super) fn ranking(&self, metric: Metric) -> &Ranking {
        if metric == Metric::Latency {
            &self.latency
        } else {
            &self.cost
        }
    }

    /// How long a handler blocks in the view of stalls.
    pub(super) fn stall_us(&self) -> f64 {
        1000.0 * self.report.settings.stall_ms as f64
    }
}

impl<'a> Of<'a> {
    pub(super) fn stall(self) -> Fact<&'a Stall> {
        let stall = self.run.stall.as_ref().ok_or(MissingEvidence::Stall)?;
        undisturbed(stall, stall.disturbed)
    }

    /// Disturbed or not.
    pub(super) fn idle(self) -> Fact<&'a Idle> {
        self.run.idle.as_ref().ok_or(MissingEvidence::Idle)
    }

    pub(super) fn flood(self) -> Fact<&'a Flood> {
        let flood = self.run.flood.as_ref().ok_or(MissingEvidence::Flood)?;
        undisturbed(flood, flood.disturbed)
    }

    pub(super) fn sessions(self) -> Fact<&'a Sessions> {
        let sessions = self.run.sessions.as_ref();
        let sessions = sessions.ok_or(MissingEvidence::Sessions)?;
        undisturbed(sessions, sessions.disturbed)
    }

    pub(super) fn idle_bytes(self) -> Fact<f64> {
        let idle = self.idle()?;
        let bytes = idle.bytes_per_connection.ok_or(MissingEvidence::Idle)?;
        undisturbed(bytes, idle.disturbed)
    }

    pub(super) fn syscalls(self) -> Fact<f64> {
        let calls = self.run.server.syscalls_per_message;
        calls.ok_or(MissingEvidence::Syscalls)
    }

    /// The points that it reached, and those that it did not, by their connections. What it reached,
    /// and with how many threads, does not depend on what else the machine did.
    pub(super) fn points(self) -> impl DoubleEndedIterator<Item = &'a ConnectionsPoint> {
        let mut points: Vec<&ConnectionsPoint> = self.run.over_connections.iter().collect();
        points.sort_by_key(|point| point.connections);
        points.into_iter()
    }

    pub(super) fn reached(self) -> impl DoubleEndedIterator<Item = &'a ConnectionsPoint> {
        self.points().filter(|point| point.stopped.is_none())
    }

    /// The most connections that it had.
    pub(super) fn most(self) -> Fact<&'a ConnectionsPoint> {
        let most = self.reached().next_back();
        most.ok_or(MissingEvidence::Connections)
    }

    /// The threads with the fewest and with the most connections.
    pub(super) fn threads(self) -> Fact<[ThreadsAt; 2]> {
        self.threads_within(u64::MAX)
    }

    /// The same, but with no more connections than this.
    pub(super) fn threads_within(self, connections: u64) -> Fact<[ThreadsAt; 2]> {
        let within = self
            .reached()
            .filter(|point| point.connections <= connections);
        let mut at = within.filter_map(|point| {
            Some(ThreadsAt {
                connections: point.connections,
                threads: point.threads?,
            })
        });
        let (Some(least), Some(most)) = (at.next(), at.next_back()) else {
            return Err(MissingEvidence::Connections);
        };
        Ok([least, most])
    }

    pub(super) fn cost_at(self, connections: u64) -> Fact<f64> {
        let mut points = self.reached();
        let point = points.find(|point| point.connections == connections);
        let point = point.ok_or(MissingEvidence::Connections)?;
        let cpu_us = point.cpu_us_per_message.ok_or(MissingEvidence::Cost)?;
        undisturbed(cpu_us, point.disturbed)
    }
}

fn undisturbed<T>(figure: T, disturbed: bool) -> Fact<T> {
    if disturbed {
        return Err(MissingEvidence::Disturbed);
    }
    Ok(figure)
}

/// Threads of a server that has so many connections.
#[derive(Clone, Copy)]
pub(super) struct ThreadsAt {
    pub(super) connections: u64,
    pub(super) threads: u64,
}

impl ThreadsAt {
    pub(super) fn evidence(self, of: Of<'_>) -> Evidence {
        Evidence::Threads {
            run: of.index,
            connections: self.connections,
            threads: self.threads,
        }
    }
}
