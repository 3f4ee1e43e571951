//! What only the terminal says.

use std::time::Duration;

use super::{English, counted};
use crate::compare::progress::{Phase, Stage};
use crate::lang::claims::ClaimTexts;
use crate::lang::number::{clock, count, duration, percent};
use crate::lang::reasons::ReasonTexts;
use crate::lang::terminal::{Became, TerminalTexts, TerminalWords};
use crate::lang::terms::TermTexts;
use crate::report::claims::{About, MissingEvidence};
use crate::report::data::{Flood, Host, Noise, Reason, Settings};
use crate::report::ranking::Metric;

const WORDS: TerminalWords = TerminalWords {
    resolve_more: "More rounds tell more apart: --rounds N or --time SECONDS.",
    server: "server",
    cost_rank: "cost\nrank",
    speed_rank: "speed\nrank",
    latency_rank: "p99\nrank",
    to_the_first: "by the first\n(95 % interval)",
    rests_on: "rests on",
    without_stall: "without",
    least_cost: "least CPU/msg",
    most_cost: "most CPU/msg",
    figures: "Figures",
    over_connections: "Over the number of connections (medians, not ranked)",
    claims: "What the textbook says",
    conditions: "Conditions",
    repeat: "The command that repeats it",
    differences: "B beside A",
    unlike: "What else is different",
    load_limited_note: "* limited by the load: the server may do more, so its speed is not ranked.",
    load_limited_difference: "* limited by the load in A or B: the server may do more, so its speed is not compared.",
    lower_bound_note: "> at least: messages were due and not sent, since earlier ones had no answer.",
    made: "made",
    load: "load",
    machine: "machine",
    processors: "processors",
    noise: "noise",
    spread: "spread",
    report_a: "A",
    report_b: "B",
    ratio: "B by A\n(95 % interval)",
    not_given: "none",
};

impl TerminalTexts for English {
    fn terminal(&self) -> &'static TerminalWords {
        &WORDS
    }

    fn progress(&self, phase: Phase, server: &str, left: Option<Duration>) -> String {
        let left = left.map_or_else(String::new, |left| format!("{} left: ", clock(left)));
        let Phase { round, rounds, .. } = phase;
        let stage = match phase.stage {
            Stage::Calibration => return format!("{left}calibration, {server}"),
            Stage::MainLoad => "main load",
            Stage::View(view) => self.view(view),
        };
        format!("{left}{stage}, round {round} of {rounds}, {server}")
    }

    fn medians(&self, rounds: u64) -> String {
        let rounds = self.rounds(rounds);
        format!("Medians over {rounds}; memory and threads are peaks. = marks a shared rank.")
    }

    fn not_told_apart_by(&self, metric: Metric, rounds: usize, groups: &[String]) -> String {
        format!(
            "By {} {}: {}.",
            self.metric(metric),
            self.not_told_apart(rounds),
            groups.join("; ")
        )
    }

    fn not_ranked_by(&self, names: &str, metrics: &[Metric], why: &str) -> String {
        let metrics: Vec<&str> = metrics.iter().map(|&metric| self.metric(metric)).collect();
        format!("Not ranked by {}: {names} ({why}).", self.list(&metrics))
    }

    fn wrong(&self, name: &str, problem: &str, errors: u64) -> String {
        let errors = match errors {
            0 => String::new(),
            _ => format!(" ({})", self.errors(errors)),
        };
        format!("! {name}: {problem}{errors}")
    }

    fn missing_figures(&self, figures: &str, names: Option<&str>, reason: &Reason) -> String {
        let not_asked_for = *reason == Reason::NotAskedFor;
        let names = names.map_or_else(String::new, |names| format!(" for {names}"));
        let reason = self.reason(reason);
        if not_asked_for {
            return format!("– {reason}{names}: {figures}.");
        }
        format!("– {}{names}: {figures} ({reason}).", self.not_available())
    }

    fn latency_load(&self, rate_per_s: f64) -> String {
        format!(
            "p50, p99, p99.9: from when a message was due to its echo, in an open loop at {}; at rate: CPU per message there.",
            self.messages_per_second(rate_per_s)
        )
    }

    fn stall_load(&self, settings: &Settings) -> String {
        format!(
            "stall p99: that of the other messages while 1 in {} blocks its handler for {} ms, at {}.",
            count(settings.stall_every),
            count(settings.stall_ms),
            self.messages_per_second(settings.stall_rate_per_s)
        )
    }

    fn idle_load(&self, connections: u64) -> String {
        format!(
            "idle CPU: of one processor with nobody connected; mem/idle: the server's own memory for each of {}.",
            counted(connections, "idle connection", "idle connections")
        )
    }

    fn sessions_load(&self, clients: u64, messages: u64) -> String {
        format!(
            "sessions: {} that connect, exchange {} and go; wait p99: from the connect to the \
             first answer; starved: clients without any answer.",
            self.clients(clients),
            counted(messages, "message", "messages")
        )
    }

    fn stops(&self, name: &str, connections: u64, reason: &Reason) -> String {
        format!(
            "{name} stops before {}: {}.",
            self.connections(connections),
            self.reason(reason)
        )
    }

    fn flooded(&self, name: &str, flood: &Flood) -> String {
        let cost = match (
            flood.cpu_us_per_message_with,
            flood.cpu_us_per_message_without,
        ) {
            (Some(with), Some(without)) => format!(
                ", and CPU per message {} instead of {}",
                duration(with),
                duration(without)
            ),
            _ => String::new(),
        };
        format!(
            "{name} with {} messages per second of the program's own in its queue: p99 {} instead of {}{cost}.",
            count(flood.own_messages_per_s),
            duration(flood.with.p99),
            duration(flood.without.p99)
        )
    }

    fn more_claims(&self, count: usize, missing: MissingEvidence) -> String {
        format!("{count} more: {}", self.missing(missing))
    }

    fn claim_about(&self, about: About, name: Option<&str>) -> String {
        let name = name.unwrap_or_default();
        match about {
            About::Goal => "goal".into(),
            About::Demand => "demand".into(),
            About::Advantage(_) => format!("{name}, advantage"),
            About::Drawback(_) => format!("{name}, drawback"),
        }
    }

    fn machine(&self, host: &Host) -> String {
        let mut parts = vec![self.host_system(host)];
        parts.extend(host.cpu.clone());
        parts.push(counted(host.cores, "processor", "processors"));
        if host.virtual_machine == Some(true) {
            parts.push("virtual machine".into());
        }
        parts.push(format!(
            "the completion port rests on {}",
            self.host_backend(host)
        ));
        parts.join(", ")
    }

    fn processors(&self, host: &Host) -> String {
        let pinning = &host.pinning;
        let separate = if pinning.separate {
            "separate"
        } else {
            "not separate, so server and load held each other back"
        };
        format!(
            "servers on {}, load on {}: {separate}",
            numbers(&pinning.server_cpus),
            numbers(&pinning.load_cpus)
        )
    }

    fn measured(&self, settings: &Settings, elapsed_s: f64) -> String {
        format!(
            "{}; {} of {} after {} that do not count; {} in all",
            self.load(settings),
            self.rounds(settings.rounds),
            self.seconds(settings.round_s),
            self.seconds(settings.warm_up_s),
            self.seconds(elapsed_s)
        )
    }

    fn noise(&self, noise: &Noise) -> String {
        let part = |part: Option<f64>| part.map_or_else(|| self.not_available().into(), percent);
        format!(
            "steal {}; other processes {}; {} repeated since they were disturbed, {} kept all the same",
            part(noise.steal_part),
            part(noise.foreign_part),
            counted(noise.repeated, "measurement", "measurements"),
            count(noise.disturbed)
        )
    }

    fn spread(&self, middle: f64, most: f64, name: &str) -> String {
        format!(
            "the middle half of a server's rounds lies within {} of its CPU per message, at most {} ({name})",
            percent(middle),
            percent(most)
        )
    }

    fn only_in(&self, report: &str, names: &str) -> String {
        format!("Only in {report}: {names}.")
    }

    fn became(&self, became: Became, metric: Metric, names: &str) -> String {
        let word = match (became, metric) {
            (Became::Worse, Metric::Cost) => "B costs more",
            (Became::Better, Metric::Cost) => "B costs less",
            (Became::Worse, Metric::Speed) => "B is slower",
            (Became::Better, Metric::Speed) => "B is faster",
            (Became::Worse, Metric::Latency) => "B answers later",
            (Became::Better, Metric::Latency) => "B answers sooner",
            (Became::NotToldApart, Metric::Cost) => "Not told apart by cost",
            (Became::NotToldApart, Metric::Speed) => "Not told apart by speed",
            (Became::NotToldApart, Metric::Latency) => "Not told apart by latency",
        };
        format!("{word}: {names}.")
    }
}

fn numbers(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(", ")
}
