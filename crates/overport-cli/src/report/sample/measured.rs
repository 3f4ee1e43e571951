//! What is measured of a sample's server.

use std::collections::BTreeMap;

use super::{Outcome, Sample, Server};
use crate::report::data::{
    ConnectionsPoint, Figure, Flood, Idle, Latency, LatencyRound, Origin, Problem, Reason, Round,
    RoundNoise, Run, ServerFigures, Sessions, Settings, Stall, SyscallCounter, View,
};

/// What a message costs the load, so that a cheaper server waits for it.
const LOAD_US: f64 = 4.6;

pub(super) fn run(
    sample: &Sample,
    index: usize,
    settings: &Settings,
    rng: &mut fastrand::Rng,
) -> Run {
    let server = &sample.servers[index];
    let mut view = Viewed::of(server, settings);
    let count = match server.outcome {
        Outcome::Problem(_) => 1,
        Outcome::Sound | Outcome::OneAtATime => sample.rounds,
    };
    let mut scatter = |value: f64| value * (1.0 + sample.noise_part * normal(rng));
    let rounds: Vec<Round> = (1..=count)
        .map(|number| round(sample, index, number, &mut scatter))
        .collect();
    let latency_rounds: Vec<LatencyRound> = if view.has(View::Latency, Figure::LatencyUs) {
        (1..=sample.rounds)
            .map(|number| latency_round(sample, index, number, settings, &mut scatter))
            .collect()
    } else {
        Vec::new()
    };
    let over_connections = if view.has(View::Connections, Figure::OverConnections) {
        over_connections(server, settings)
    } else {
        Vec::new()
    };
    let sound = !matches!(server.outcome, Outcome::Problem(_));
    Run {
        model: server.name.clone(),
        origin: origin(server, settings),
        backend: server.backend.map(Into::into),
        source_lines: server.source_lines,
        connections: settings.connections,
        message_bytes: settings.message_bytes,
        one_at_a_time: server.outcome == Outcome::OneAtATime,
        problem: match &server.outcome {
            Outcome::Problem(problem) => Some(problem.clone()),
            Outcome::Sound | Outcome::OneAtATime => None,
        },
        messages_per_s: sound.then(|| middle(rounds.iter().map(|round| round.messages_per_s))),
        load_limited: sound && rounds.iter().all(|round| round.load_limited),
        latency_us: (!latency_rounds.is_empty()).then(|| latency(server.p50_us, server.p99_us)),
        server: figures(server, settings, &rounds, &mut view),
        latency_rounds,
        over_connections,
        stall: view
            .has(View::Stall, Figure::Stall)
            .then(|| stall(server, settings)),
        idle: view
            .has(View::Idle, Figure::Idle)
            .then(|| idle(server, settings)),
        flood: (view.has(View::Flood, Figure::Flood) && view.has_queue(server))
            .then(|| flood(server, settings)),
        sessions: (server.outcome == Outcome::OneAtATime
            || view.has(View::Sessions, Figure::Sessions))
        .then(|| sessions(server)),
        unavailable: view.unavailable,
        errors: u64::from(!sound),
        rounds,
    }
}

/// Whether a view of a server is there, and why not.
struct Viewed<'a> {
    settings: &'a Settings,
    reason: Option<Reason>,
    unavailable: BTreeMap<Figure, Reason>,
}

impl<'a> Viewed<'a> {
    fn of(server: &Server, settings: &'a Settings) -> Self {
        let reason = match server.outcome {
            Outcome::Sound => None,
            Outcome::OneAtATime => Some(Reason::OneClientAtATime),
            Outcome::Problem(_) => Some(Reason::Problem),
        };
        Self {
            settings,
            reason,
            unavailable: BTreeMap::new(),
        }
    }

    fn has(&mut self, view: View, figure: Figure) -> bool {
        let reason = if self.settings.views.contains(&view) {
            self.reason.clone()
        } else {
            Some(Reason::NotAskedFor)
        };
        if let Some(reason) = reason {
            self.unavailable.insert(figure, reason);
            return false;
        }
        true
    }

    /// Only async-select has a queue that takes other messages too.
    fn has_queue(&mut self, server: &Server) -> bool {
        let queue = server.name == "async-select";
        if !queue {
            self.unavailable
                .insert(Figure::Flood, Reason::NoQueueOfItsOwn);
        }
        queue
    }
}

fn figures(
    server: &Server,
    settings: &Settings,
    rounds: &[Round],
    view: &mut Viewed<'_>,
) -> ServerFigures {
    let syscalls = view.has(View::Syscalls, Figure::SyscallsPerMessage);
    if matches!(server.outcome, Outcome::Problem(_)) {
        return ServerFigures::default();
    }
    let cpu_us = middle(rounds.iter().filter_map(|round| round.cpu_us_per_message));
    ServerFigures {
        cpu_us_per_message: Some(cpu_us),
        user_us_per_message: Some(cpu_us * 0.22),
        system_us_per_message: Some(cpu_us * 0.78),
        cpu_us_per_message_at_rate: Some(cpu_us * 1.4),
        rss_peak_bytes: Some(rss(server, settings.connections)),
        threads_peak: Some(threads(server, settings.connections)),
        syscalls_per_message: syscalls.then_some(server.syscalls),
        syscall_counter: syscalls.then_some(SyscallCounter::PerfEvents),
        context_switches_per_message: Some(server.switches),
    }
}

fn round(
    sample: &Sample,
    index: usize,
    number: u64,
    scatter: &mut impl FnMut(f64) -> f64,
) -> Round {
    let server = &sample.servers[index];
    let cpu_us = scatter(server.cpu_us);
    let messages_per_s = scatter(1e6 / cpu_us.max(LOAD_US));
    let servers = sample.servers.len() as u64;
    Round {
        round: number,
        turn: (index as u64 + number - 1) % servers + 1,
        seconds: 0.4,
        messages: (messages_per_s * 0.4) as u64,
        messages_per_s,
        cpu_us_per_message: Some(cpu_us),
        user_us_per_message: Some(cpu_us * 0.22),
        system_us_per_message: Some(cpu_us * 0.78),
        context_switches_per_message: Some(server.switches),
        rss_peak_bytes: Some(rss(server, sample.connections)),
        threads: Some(threads(server, sample.connections)),
        load_limited: server.cpu_us < LOAD_US,
        noise: RoundNoise {
            steal_part: Some(0.002),
            foreign_part: Some(0.01),
            // One measurement of the whole sample.
            disturbed: number == 3 && index == 4,
        },
        errors: u64::from(matches!(server.outcome, Outcome::Problem(_))),
    }
}

fn latency_round(
    sample: &Sample,
    index: usize,
    number: u64,
    settings: &Settings,
    scatter: &mut impl FnMut(f64) -> f64,
) -> LatencyRound {
    let server = &sample.servers[index];
    let p99_us = scatter(server.p99_us);
    LatencyRound {
        round: number,
        turn: (index as u64 + number - 1) % sample.servers.len() as u64 + 1,
        rate_per_s: settings.latency_rate_per_s.unwrap_or(1000.0),
        messages: 8000,
        latency_us: latency(scatter(server.p50_us), scatter(p99_us)),
        unsent: 0,
        late_part: 0.0004,
        cpu_us_per_message: Some(scatter(server.cpu_us * 1.4)),
        noise: RoundNoise::default(),
        errors: 0,
    }
}

fn over_connections(server: &Server, settings: &Settings) -> Vec<ConnectionsPoint> {
    settings
        .connection_counts
        .iter()
        .map(|&connections| {
            let stopped = (server.stops_at.is_some_and(|stop| connections >= stop))
                .then(|| stopped(server, connections));
            let there = stopped.is_none();
            // With few connections each wakening brings few messages.
            let decades = (connections as f64 / 100.0).log10();
            let cpu_us =
                server.cpu_us * server.growth.powf(decades) * (1.0 + 0.9 / connections as f64);
            ConnectionsPoint {
                connections,
                messages_per_s: there.then(|| 1e6 / cpu_us.max(LOAD_US)),
                cpu_us_per_message: there.then_some(cpu_us),
                rss_peak_bytes: there.then(|| rss(server, connections)),
                threads: there.then(|| threads(server, connections)),
                load_limited: there && cpu_us < LOAD_US,
                disturbed: false,
                stopped,
            }
        })
        .collect()
}

fn stopped(server: &Server, connections: u64) -> Reason {
    if server.clients_a_thread == Some(1) {
        return Reason::Failed {
            problem: Problem::Refused {
                text: "connect: Connection reset by peer (os error 104)".into(),
            },
        };
    }
    Reason::Descriptors {
        needed: 2 * connections + 64,
        limit: 20_000,
    }
}

fn stall(server: &Server, settings: &Settings) -> Stall {
    Stall {
        with: latency(server.p50_us, server.stalled_p99_us),
        without: latency(server.p50_us, server.p99_us),
        unsent: 0,
        threads: Some(threads(server, settings.connections)),
        disturbed: false,
    }
}

fn idle(server: &Server, settings: &Settings) -> Idle {
    Idle {
        cpu_part_unconnected: Some(server.idle_cpu_part),
        cpu_part_connected: Some(server.idle_cpu_part),
        connections: settings.idle_connections,
        bytes_per_connection: Some(server.idle_bytes),
        threads_unconnected: Some(threads(server, 0)),
        threads_connected: Some(threads(server, settings.idle_connections)),
        disturbed: false,
    }
}

fn flood(server: &Server, settings: &Settings) -> Flood {
    Flood {
        own_messages_per_s: settings.flood_per_s,
        with: latency(server.p50_us * 1.3, server.p99_us * 3.1),
        without: latency(server.p50_us, server.p99_us),
        cpu_us_per_message_with: Some(server.cpu_us * 2.2),
        cpu_us_per_message_without: Some(server.cpu_us * 1.4),
        disturbed: false,
    }
}

fn sessions(server: &Server) -> Sessions {
    let alone = server.outcome == Outcome::OneAtATime;
    Sessions {
        sessions_per_s: 9000.0 / (1.0 + server.cpu_us / 20.0),
        cpu_us_per_session: Some(60.0 + 4.0 * server.cpu_us),
        first_answer_us: latency(900.0, if alone { 91_000.0 } else { 2400.0 }),
        starved: if alone { 3 } else { 0 },
        clients: 64,
        disturbed: false,
    }
}

/// The threads that it was told to use, where one has not room for all clients.
fn origin(server: &Server, settings: &Settings) -> Origin {
    match (&server.origin, server.clients_a_thread) {
        (Origin::Model { .. }, Some(2..)) => Origin::Model {
            threads: Some(threads(server, settings.connections)),
        },
        (origin, _) => origin.clone(),
    }
}

fn threads(server: &Server, connections: u64) -> u64 {
    match server.clients_a_thread {
        Some(1) => connections + 1,
        Some(clients) => connections.div_ceil(clients).max(1),
        None => 1,
    }
}

fn rss(server: &Server, connections: u64) -> u64 {
    2_400_000 + connections * server.idle_bytes as u64
}

fn latency(p50: f64, p99: f64) -> Latency {
    Latency {
        p50,
        p99,
        p99_9: p99 * 1.7,
    }
}

/// The median, as the report's own makers would have it.
fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 0 {
        return f64::midpoint(values[half - 1], values[half]);
    }
    values[half]
}

/// About normal, with a variance of 1. Sums of uniform numbers are the same on every machine.
fn normal(rng: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}
