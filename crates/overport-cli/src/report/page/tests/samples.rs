//! Reports that a page has to bear.

use crate::report::data::{
    Figure, Host, Limits, Noise, Pinning, Problem, Reason, Report, Run, ServerFigures, View,
};
use crate::report::sample::{self, Outcome, Sample};

/// Twelve servers whose names and texts are what a user may enter.
pub(super) fn hostile() -> Report {
    let mut sample = Sample::default();
    let mut script = sample::server("<script>alert('1')</script>");
    script.outcome = Outcome::Problem(Problem::Died {
        how: "</table><img src=x onerror=alert(\"2\")>".into(),
    });
    let mut long = sample::server(
        "a-server-whose-name-is-so-long-that-no-column-of-any-table-and-no-row-of-a-chart-has-room-for-it",
    );
    long.cpu_us = 5.1;
    let mut korean = sample::server("\"이름이 매우 길어서 어디에도 다 들어가지 않는 서버\" & 'co'");
    korean.cpu_us = 5.3;
    sample.servers.pop();
    sample.servers.extend([script, long, korean]);
    sample.report()
}

/// A report in which nothing could be had.
pub(super) fn missing() -> Report {
    let mut report = sample::report();
    report.host = Host {
        cpu: None,
        memory_bytes: None,
        virtual_machine: None,
        limits: Limits {
            descriptors: None,
            local_ports: None,
            somaxconn: None,
        },
        pinning: Pinning {
            server_cpus: Vec::new(),
            load_cpus: Vec::new(),
            separate: false,
        },
        ..report.host
    };
    report.noise = Noise {
        steal_part: None,
        foreign_part: None,
        ..report.noise
    };
    report.settings.latency_rate_per_s = None;
    for run in &mut report.runs {
        strip(run);
    }
    report
}

/// Takes every figure from `run`.
pub(super) fn strip(run: &mut Run) {
    run.backend = None;
    run.source_lines = None;
    run.one_at_a_time = false;
    run.problem = None;
    run.messages_per_s = None;
    run.latency_us = None;
    run.server = ServerFigures::default();
    run.rounds.clear();
    run.latency_rounds.clear();
    run.over_connections.clear();
    run.stall = None;
    run.idle = None;
    run.flood = None;
    run.sessions = None;
    for figure in [
        Figure::Rounds,
        Figure::Cpu,
        Figure::LatencyUs,
        Figure::RssPeakBytes,
        Figure::ThreadsPeak,
        Figure::SyscallsPerMessage,
        Figure::ContextSwitchesPerMessage,
        Figure::OverConnections,
        Figure::Stall,
        Figure::Idle,
        Figure::Flood,
        Figure::Sessions,
    ] {
        let reason = Reason::System {
            text: "Operation not permitted (os error 1)".into(),
        };
        run.unavailable.insert(figure, reason);
    }
}

/// Another report of about the same, by another machine, with other settings and servers.
pub(super) fn elsewhere() -> Report {
    let mut sample = Sample {
        seed: 2,
        connections: 200,
        ..Sample::default()
    };
    sample.servers.remove(2);
    sample.servers[2].cpu_us *= 1.2;
    sample.servers.push(sample::server("only-here"));
    let mut report = sample.report();
    report.host.cpu = None;
    report.host.system = "Linux 5.15.0".into();
    report.runs[7].backend = Some("epoll".into());
    report
}

/// The samples of one report, by name.
pub(super) fn samples() -> Vec<(&'static str, Report)> {
    let few = Sample {
        rounds: 1,
        servers: sample::servers().split_off(7),
        views: vec![View::Latency],
        ..Sample::default()
    };
    vec![
        ("sample", sample::report()),
        ("hostile", hostile()),
        ("missing", missing()),
        ("few", few.report()),
    ]
}
