//! The report of a run, as it is written in JSON.

use std::time::Duration;

use serde::Serialize;

use super::drive::Outcome;
use super::durations::Quantiles;
use super::plan::Plan;
use super::tally::Tally;
use super::verdict;

/// What a run showed. Times are in microseconds where the name says so, rates a second.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) target: String,
    #[serde(rename = "loop")]
    pub(super) loop_kind: &'static str,
    pub(super) threads: u64,
    pub(super) connections: u64,
    pub(super) idle: u64,
    pub(super) in_flight: u64,
    pub(super) message_size: usize,
    pub(super) interrupted: bool,
    pub(super) elapsed_seconds: f64,
    pub(super) messages: u64,
    pub(super) messages_per_second: f64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_echoed: u64,
    /// In a closed loop: what a message took from its sending. It is no latency, since a slow
    /// answer also delays the next question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) round_trip_us: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open_loop: Option<OpenLoop>,
    pub(super) connection: Connections,
    /// The server that was started for the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) served: Option<ServedModel>,
    pub(super) own_cpu: OwnCpu,
    /// Why the generator was the limit, if it was.
    pub(super) generator_limit: Option<String>,
    pub(super) errors: u64,
    /// The first of the errors.
    pub(super) faults: Vec<FaultReport>,
}

/// What only an open loop has.
#[derive(Debug, Serialize)]
pub(super) struct OpenLoop {
    /// Messages a second that were asked for.
    pub(super) rate: f64,
    /// From when a message was due to when its echo was there; what was due and never sent
    /// counts with the time that it had waited.
    pub(super) latency_us: Quantiles,
    /// From when a message was due to when the generator looked at it.
    pub(super) lateness_us: Quantiles,
    pub(super) late_part: f64,
    /// Messages that were due and not sent, since the server had not answered enough.
    pub(super) unsent: u64,
}

/// What became of the connections.
#[derive(Debug, Serialize)]
pub(super) struct Connections {
    /// Active connections that were established, also those that replaced another.
    pub(super) opened: u64,
    pub(super) opened_per_second: f64,
    /// From the connect to the established connection.
    pub(super) connecting_us: Quantiles,
    /// From the end of sending to the server's end of the stream.
    pub(super) closing_us: Quantiles,
    /// Where connections give way to new ones: from the connect to the first message that came
    /// back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_answer_us: Option<Quantiles>,
    pub(super) held: u64,
    /// Active connections that were not established when the time was over.
    pub(super) never_established: u64,
    /// Active clients to whom nothing had come back when the time was over.
    pub(super) starved: u64,
}

/// The processor's time, user and system, that the generator itself used.
#[derive(Debug, Serialize)]
pub(super) struct OwnCpu {
    pub(super) us_per_message: f64,
    /// Where connections give way to new ones: the same by connection, all its messages
    /// included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) us_per_connection: Option<f64>,
    pub(super) threads: Vec<ThreadCpu>,
}

/// A server of this program's own, and what a message cost it; connecting and closing is
/// in it.
#[derive(Debug, Serialize)]
pub(super) struct ServedModel {
    pub(super) model: &'static str,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) cpu_us_per_message: Option<f64>,
}

/// The parts of its time that a thread ran, and that it waited for a processor.
#[derive(Debug, Serialize)]
pub(super) struct ThreadCpu {
    pub(super) utilisation: f64,
    pub(super) waiting: Option<f64>,
}

/// An error and the connection it belongs to.
#[derive(Debug, Serialize)]
pub(super) struct FaultReport {
    pub(super) connection: u64,
    pub(super) text: String,
}

impl Report {
    pub(super) fn new(plan: &Plan, outcome: &Outcome) -> Self {
        let tally = &outcome.tally;
        let elapsed_seconds = tally.elapsed_ns() as f64 / 1e9;
        Self {
            target: plan.target.to_string(),
            loop_kind: if plan.rate.is_some() {
                "open"
            } else {
                "closed"
            },
            threads: plan.threads,
            connections: plan.connections,
            idle: plan.idle,
            in_flight: plan.in_flight,
            message_size: plan.message_size,
            interrupted: outcome.interrupted,
            elapsed_seconds,
            messages: tally.messages,
            messages_per_second: quotient(tally.messages as f64, elapsed_seconds),
            bytes_sent: tally.bytes_sent,
            bytes_echoed: tally.bytes_echoed,
            round_trip_us: plan.rate.is_none().then(|| tally.round_trip.quantiles()),
            open_loop: plan.rate.map(|rate| OpenLoop::new(rate, tally)),
            connection: Connections::new(plan, tally, elapsed_seconds),
            served: None,
            own_cpu: OwnCpu::new(plan, tally),
            generator_limit: verdict::generator_limit(tally).map(|limit| limit.to_string()),
            errors: tally.errors,
            faults: tally
                .faults
                .iter()
                .map(|failed| FaultReport {
                    connection: failed.connection,
                    text: failed.fault.to_string(),
                })
                .collect(),
        }
    }

    /// Adds the server that was started for the run, and the processor's time it took.
    pub(super) fn served(&mut self, model: &'static str, cpu: Option<Duration>) {
        let messages = self.messages as f64;
        let cpu_seconds = cpu.map(|cpu| cpu.as_secs_f64());
        self.served = Some(ServedModel {
            model,
            cpu_seconds,
            cpu_us_per_message: cpu_seconds
                .filter(|_| self.messages > 0)
                .map(|seconds| seconds * 1e6 / messages),
        });
    }

    /// How many errors there were and the first of them, if there was any.
    pub(super) fn first_error(&self) -> Option<String> {
        let first = self.faults.first()?;
        let count = match self.errors {
            1 => "1 error".to_owned(),
            more => format!("{more} errors, the first"),
        };
        let FaultReport { connection, text } = first;
        let hint = match self.messages {
            0 => " (no message came back: is it an echo server?)",
            _ => "",
        };
        Some(format!("{count}: connection {connection}: {text}{hint}"))
    }
}

impl OpenLoop {
    fn new(rate: f64, tally: &Tally) -> Self {
        Self {
            rate,
            latency_us: tally.round_trip.quantiles(),
            lateness_us: tally.lateness.quantiles(),
            late_part: tally.lateness.part_above(verdict::LATE_NS),
            unsent: tally.unsent,
        }
    }
}

impl Connections {
    fn new(plan: &Plan, tally: &Tally, elapsed_seconds: f64) -> Self {
        let opened = tally.connecting.count();
        Self {
            opened,
            opened_per_second: quotient(opened as f64, elapsed_seconds),
            connecting_us: tally.connecting.quantiles(),
            closing_us: tally.closing.quantiles(),
            first_answer_us: plan
                .messages_per_connection
                .map(|_| tally.first_answer.quantiles()),
            held: tally.held,
            never_established: tally.never_established,
            starved: tally.starved,
        }
    }
}

impl OwnCpu {
    fn new(plan: &Plan, tally: &Tally) -> Self {
        let cpu_ns: u64 = tally.threads.iter().map(|thread| thread.cpu_ns).sum();
        let cpu_us = cpu_ns as f64 / 1e3;
        let threads = tally.threads.iter().map(|thread| ThreadCpu {
            utilisation: verdict::utilisation(thread),
            waiting: verdict::waiting(thread),
        });
        Self {
            us_per_message: quotient(cpu_us, tally.messages as f64),
            us_per_connection: plan
                .messages_per_connection
                .map(|_| quotient(cpu_us, tally.connecting.count() as f64)),
            threads: threads.collect(),
        }
    }
}

/// A quotient that is 0 where there is nothing to divide by.
fn quotient(dividend: f64, divisor: f64) -> f64 {
    if divisor == 0.0 {
        0.0
    } else {
        dividend / divisor
    }
}
