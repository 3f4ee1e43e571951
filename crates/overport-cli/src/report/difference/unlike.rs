//! What else two reports don't share.

use super::{InBoth, Property, Unlike};
use crate::report::data::{Host, Origin, Report, Run};

/// By so small a part numbers differ that are the same.
const SAME_PART: f64 = 1e-9;

/// A property as it is in either report.
type Pair = (Property, Option<String>, Option<String>);

pub(super) fn unlike(a: &Report, b: &Report, servers: &[InBoth]) -> Vec<Unlike> {
    let of_servers = servers
        .iter()
        .flat_map(|server| of_server(&server.name, &a.runs[server.a], &b.runs[server.b]));
    settings(a, b)
        .into_iter()
        .chain(host(a, b))
        .chain(of_servers)
        .filter(|(_, a, b)| a != b)
        .map(|(what, a, b)| Unlike { what, a, b })
        .collect()
}

fn settings(a: &Report, b: &Report) -> Vec<Pair> {
    let had_latency = |report: &Report| {
        let mut runs = report.runs.iter();
        runs.any(|run| !run.latency_rounds.is_empty())
    };
    let latency = had_latency(a) && had_latency(b);
    let (a, b) = (&a.settings, &b.settings);
    let rates = (a.latency_rate_per_s, b.latency_rate_per_s);
    let mut pairs = vec![
        pair(Property::Connections, a.connections, b.connections),
        pair(Property::MessageBytes, a.message_bytes, b.message_bytes),
        pair(Property::InFlight, a.in_flight, b.in_flight),
    ];
    pairs.extend(apart(
        Property::RoundSeconds,
        Some(a.round_s),
        Some(b.round_s),
    ));
    pairs.extend(apart(
        Property::WarmUpSeconds,
        Some(a.warm_up_s),
        Some(b.warm_up_s),
    ));
    // Where one of them had no open loop, there is no latency to compare.
    if latency {
        pairs.extend(apart(Property::LatencyRate, rates.0, rates.1));
    }
    pairs
}

/// Numbers that are not the same but for their last digits, in which those that were calculated
/// differ.
fn apart(what: Property, a: Option<f64>, b: Option<f64>) -> Option<Pair> {
    if let (Some(a), Some(b)) = (a, b) {
        if (a - b).abs() <= SAME_PART * a.abs().max(b.abs()) {
            return None;
        }
    }
    Some(pair_of(what, a, b))
}

fn host(a: &Report, b: &Report) -> Vec<Pair> {
    let (a, b) = (&a.host, &b.host);
    vec![
        pair(Property::System, system(a), system(b)),
        pair_of(Property::Cpu, a.cpu.as_ref(), b.cpu.as_ref()),
        pair(Property::Cores, a.cores, b.cores),
        pair_of(
            Property::VirtualMachine,
            a.virtual_machine,
            b.virtual_machine,
        ),
        cpus(
            Property::ServerCpus,
            &a.pinning.server_cpus,
            &b.pinning.server_cpus,
        ),
        cpus(
            Property::LoadCpus,
            &a.pinning.load_cpus,
            &b.pinning.load_cpus,
        ),
    ]
}

/// What it was, and not only what it said it was.
fn system(host: &Host) -> String {
    match &host.wine {
        Some(version) => format!("Wine {version} ({})", host.system),
        None => host.system.clone(),
    }
}

fn of_server(name: &str, a: &Run, b: &Run) -> Vec<Pair> {
    let server = || name.to_owned();
    let threads = |run: &Run| match run.origin {
        Origin::Model { threads } => threads,
        Origin::Command { .. } => None,
    };
    let command = |run: &Run| match &run.origin {
        Origin::Model { .. } => None,
        Origin::Command { command } => Some(command.clone()),
    };
    vec![
        pair_of(
            Property::Backend { server: server() },
            a.backend.as_ref(),
            b.backend.as_ref(),
        ),
        pair_of(
            Property::Threads { server: server() },
            threads(a),
            threads(b),
        ),
        pair_of(
            Property::Command { server: server() },
            command(a),
            command(b),
        ),
    ]
}

/// Which processors do not matter, only how many: they have other numbers on another machine.
fn cpus(what: Property, a: &[u64], b: &[u64]) -> Pair {
    pair(what, a.len(), b.len())
}

fn pair(what: Property, a: impl ToString, b: impl ToString) -> Pair {
    (what, Some(a.to_string()), Some(b.to_string()))
}

fn pair_of<T: ToString>(what: Property, a: Option<T>, b: Option<T>) -> Pair {
    (
        what,
        a.map(|value| value.to_string()),
        b.map(|value| value.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use crate::report::difference::{Property, Unlike, difference};
    use crate::report::sample;

    #[test]
    fn other_settings_another_machine_and_another_back_end_are_told() {
        let a = sample::report();
        let mut b = a.clone();
        b.settings.connections = 1000;
        b.settings.latency_rate_per_s = Some(5000.0);
        b.host.cpu = Some("Another".into());
        b.host.pinning.server_cpus = vec![3];
        b.runs[8].backend = Some("epoll".into());
        let unlike = difference(&a, &b).unlike;
        let server = || "completion-port".to_owned();
        let expected = [
            (Property::Connections, Some("100"), Some("1000")),
            (Property::LatencyRate, Some("20000"), Some("5000")),
            (
                Property::Cpu,
                Some("AMD EPYC 7763 64-Core Processor"),
                Some("Another"),
            ),
            (
                Property::Backend { server: server() },
                Some("io_uring"),
                Some("epoll"),
            ),
        ]
        .map(|(what, a, b)| Unlike {
            what,
            a: a.map(Into::into),
            b: b.map(Into::into),
        });
        assert_eq!(unlike, expected);
    }

    #[test]
    fn last_digits_do_not_make_another_setting() {
        let mut a = sample::report();
        a.settings.warm_up_s = 0.05;
        let mut b = a.clone();
        b.settings.warm_up_s = 0.049_999_999_999_999_996;
        assert_eq!(difference(&a, &b).unlike, []);
        b.settings.warm_up_s = 0.051;
        assert_eq!(difference(&a, &b).unlike.len(), 1);
    }

    #[test]
    fn the_rate_of_an_open_loop_that_only_one_had_does_not_matter() {
        let a = sample::report();
        let mut b = a.clone();
        b.settings.latency_rate_per_s = Some(5000.0);
        for run in &mut b.runs {
            run.latency_rounds.clear();
        }
        assert_eq!(difference(&a, &b).unlike, []);
    }
}
