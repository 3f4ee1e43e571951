//! Reports for tests: what a comparison may look like, from formulas. The same at each call.
//!
//! [`report`] is the whole thing: nine models and a server from outside that went wrong. To plant
//! something, change a [`Sample`] and its servers, or the report itself.

mod measured;
mod servers;

use super::data::{Host, Limits, Noise, Pinning, Report, Run, SCHEMA, Settings, View};

pub(crate) use servers::{Outcome, Server, server, servers};

/// A comparison that could have been.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) servers: Vec<Server>,
    pub(crate) rounds: u64,
    /// How far the figures of a round scatter, as a part of each (a standard deviation).
    pub(crate) noise_part: f64,
    /// Another seed scatters them otherwise.
    pub(crate) seed: u64,
    pub(crate) connections: u64,
    pub(crate) views: Vec<View>,
}

/// Nine models and a server that changes bytes, with all views.
pub(crate) fn report() -> Report {
    Sample::default().report()
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            servers: servers(),
            rounds: 8,
            noise_part: 0.015,
            seed: 1,
            connections: 100,
            views: vec![
                View::Latency,
                View::Connections,
                View::Stall,
                View::Idle,
                View::Flood,
                View::Sessions,
                View::Syscalls,
            ],
        }
    }
}

impl Sample {
    pub(crate) fn report(&self) -> Report {
        let settings = self.settings();
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let runs = (0..self.servers.len())
            .map(|index| self.run(index, &settings, &mut rng))
            .collect();
        Report {
            schema: SCHEMA,
            overport: "0.1.0".into(),
            created: "2026-05-04T09:30:00Z".into(),
            elapsed_s: 108.4,
            command: "overport compare --server 'echo-py=python3 echo.py {port}' --output report"
                .into(),
            host: host(),
            settings,
            noise: Noise {
                steal_part: Some(0.002),
                foreign_part: Some(0.011),
                repeated: 2,
                disturbed: 1,
            },
            runs,
        }
    }

    fn run(&self, index: usize, settings: &Settings, rng: &mut fastrand::Rng) -> Run {
        measured::run(self, index, settings, rng)
    }

    fn settings(&self) -> Settings {
        Settings {
            connections: self.connections,
            message_bytes: 64,
            in_flight: 1,
            rounds: self.rounds,
            round_s: 0.4,
            warm_up_s: 0.1,
            latency_rate_per_s: Some(20_000.0),
            patience_s: 5.0,
            views: self.views.clone(),
            connection_counts: vec![1, 10, 100, 1000, 10_000],
            idle_connections: 1000,
            stall_ms: 10,
            stall_every: 100,
            stall_rate_per_s: 2000.0,
            flood_per_s: 100_000,
            session_messages: 4,
        }
    }
}

fn host() -> Host {
    Host {
        system: "Linux 6.18.44".into(),
        wine: None,
        cpu: Some("AMD EPYC 7763 64-Core Processor".into()),
        cores: 2,
        memory_bytes: Some(8 << 30),
        virtual_machine: Some(true),
        backend: "io_uring".into(),
        backend_reason: Some("io_uring works here".into()),
        limits: Limits {
            descriptors: Some(20_000),
            local_ports: Some(28_232),
            somaxconn: Some(4096),
        },
        pinning: Pinning {
            server_cpus: vec![0],
            load_cpus: vec![1],
            separate: true,
        },
    }
}
