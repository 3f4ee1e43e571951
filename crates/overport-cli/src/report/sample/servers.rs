//! What the sample's servers are like, before the noise.

use crate::report::data::{Origin, Problem};

/// What a server would show without noise.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) backend: Option<&'static str>,
    pub(crate) source_lines: Option<u64>,
    pub(crate) outcome: Outcome,
    /// With 100 connections.
    pub(crate) cpu_us: f64,
    /// How much more it costs at ten times the connections, as a factor.
    pub(crate) growth: f64,
    pub(crate) syscalls: f64,
    pub(crate) switches: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) stalled_p99_us: f64,
    pub(crate) idle_cpu_part: f64,
    pub(crate) idle_bytes: f64,
    /// Clients of each thread; none where one thread serves all.
    pub(crate) clients_a_thread: Option<u64>,
    /// The connections that it can't have any more, if there are such.
    pub(crate) stops_at: Option<u64>,
}

/// How a server took the comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Sound,
    OneAtATime,
    /// After its first round.
    Problem(Problem),
}

/// A sound server of that name, from outside, in the middle of the field.
pub(crate) fn server(name: &str) -> Server {
    Server {
        name: name.into(),
        origin: Origin::Command {
            command: format!("./{name} --port {{port}}"),
        },
        backend: None,
        source_lines: None,
        outcome: Outcome::Sound,
        cpu_us: 6.0,
        growth: 1.02,
        syscalls: 2.1,
        switches: 0.02,
        p50_us: 62.0,
        p99_us: 150.0,
        stalled_p99_us: 13_000.0,
        idle_cpu_part: 0.0,
        idle_bytes: 500.0,
        clients_a_thread: None,
        stops_at: None,
    }
}

/// The nine models in their order, and `echo-py`, which changes bytes.
pub(crate) fn servers() -> Vec<Server> {
    vec![
        Server {
            outcome: Outcome::OneAtATime,
            cpu_us: 19.0,
            syscalls: 2.0,
            ..model("iterative", "blocking calls", 62)
        },
        Server {
            cpu_us: 7.3,
            growth: 1.06,
            syscalls: 2.0,
            switches: 0.98,
            p99_us: 171.0,
            stalled_p99_us: 410.0,
            idle_bytes: 11_200.0,
            clients_a_thread: Some(1),
            stops_at: Some(10_000),
            ..model("thread", "blocking calls", 27)
        },
        Server {
            cpu_us: 24.0,
            growth: 1.35,
            syscalls: 16.0,
            switches: 0.04,
            p99_us: 320.0,
            idle_cpu_part: 0.998,
            idle_bytes: 210.0,
            ..model("nonblocking", "polling", 38)
        },
        Server {
            cpu_us: 6.9,
            growth: 1.12,
            syscalls: 2.4,
            idle_bytes: 640.0,
            clients_a_thread: Some(63),
            ..model("select", "poll", 101)
        },
        Server {
            cpu_us: 7.6,
            syscalls: 3.4,
            p99_us: 164.0,
            idle_bytes: 720.0,
            ..model("async-select", "epoll", 79)
        },
        Server {
            cpu_us: 7.5,
            syscalls: 3.3,
            idle_bytes: 1180.0,
            clients_a_thread: Some(63),
            stops_at: Some(10_000),
            ..model("event-select", "epoll", 96)
        },
        Server {
            cpu_us: 8.4,
            syscalls: 3.6,
            switches: 0.31,
            p99_us: 188.0,
            idle_bytes: 5400.0,
            clients_a_thread: Some(63),
            ..model(
                "overlapped-event",
                "an engine thread over epoll, and poll",
                118,
            )
        },
        Server {
            cpu_us: 6.8,
            syscalls: 2.9,
            switches: 0.22,
            p99_us: 159.0,
            idle_bytes: 4700.0,
            ..model("overlapped-routine", "an engine thread over epoll", 112)
        },
        Server {
            cpu_us: 4.1,
            growth: 1.01,
            syscalls: 0.12,
            p50_us: 54.0,
            p99_us: 128.0,
            stalled_p99_us: 300.0,
            idle_bytes: 4500.0,
            ..model("completion-port", "io_uring", 128)
        },
        Server {
            outcome: Outcome::Problem(Problem::Wrong {
                text: "connection 12: byte 3072 is 0x40 and should be 0x41".into(),
            }),
            cpu_us: 31.0,
            ..server("echo-py")
        },
    ]
}

fn model(name: &str, backend: &'static str, source_lines: u64) -> Server {
    Server {
        origin: Origin::Model { threads: None },
        backend: Some(backend),
        source_lines: Some(source_lines),
        ..server(name)
    }
}
