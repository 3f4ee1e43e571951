//! Two reports beside each other: before and after, or two machines. Runs are named by their
//! index among their report's runs.

mod unlike;

use serde::Serialize;

use super::data::{Report, Run};
use super::ranking::{Metric, Ratio, values};
use super::statistics::{Interval, median_interval};

/// What is otherwise in report B than in report A.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// The servers that are in both, by their names, in the order of A.
    pub(crate) servers: Vec<InBoth>,
    /// Runs of A whose servers are not in B, and the other way round.
    pub(crate) only_a: Vec<usize>,
    pub(crate) only_b: Vec<usize>,
    /// What else may be the reason for a difference.
    pub(crate) unlike: Vec<Unlike>,
}

/// A server that is in both reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct InBoth {
    /// What it is called in both.
    pub(crate) name: String,
    pub(crate) a: usize,
    pub(crate) b: usize,
    /// None where one of the reports has no such figure, or the server had a problem.
    pub(crate) cost: Option<Compared>,
    pub(crate) speed: Option<Compared>,
    /// The open loop's p99.
    pub(crate) latency: Option<Compared>,
    /// The load was the limit in one of them: the speed says nothing about the server.
    pub(crate) load_limited: bool,
}

/// A figure of both reports.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Compared {
    /// Medians over the rounds, in the metric's unit.
    pub(crate) a: f64,
    pub(crate) b: f64,
    /// B by A.
    pub(crate) ratio: Ratio,
    /// The interval leaves 1 out.
    pub(crate) told_apart: bool,
}

/// A setting or a property of the machine that the reports don't share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Unlike {
    pub(crate) what: Property,
    /// As figures and the system's own names; none where the report has none.
    pub(crate) a: Option<String>,
    pub(crate) b: Option<String>,
}

/// What two reports ought to share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Property {
    Connections,
    MessageBytes,
    InFlight,
    RoundSeconds,
    WarmUpSeconds,
    LatencyRate,
    System,
    Cpu,
    Cores,
    VirtualMachine,
    /// How many processors the servers, and the load, had.
    ServerCpus,
    LoadCpus,
    /// What carries the server of that name.
    Backend {
        server: String,
    },
    /// The threads that the server of that name was told to use.
    Threads {
        server: String,
    },
    /// The command of the server of that name.
    Command {
        server: String,
    },
}

/// A server that became worse, and by what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Slower {
    pub(crate) server: String,
    pub(crate) metric: Metric,
    pub(crate) ratio: Ratio,
}

/// Puts two reports beside each other.
///
/// The intervals are of what the rounds of both show. What differs between two runs of the
/// comparison but not between the rounds of one, such as another machine or a busier hour, is not
/// in them.
pub(crate) fn difference(a: &Report, b: &Report) -> Difference {
    let in_b = |run: &Run| b.runs.iter().position(|other| other.model == run.model);
    let in_a = |run: &Run| a.runs.iter().position(|other| other.model == run.model);
    let servers: Vec<InBoth> = a
        .runs
        .iter()
        .enumerate()
        .filter_map(|(index, run)| {
            let other = in_b(run)?;
            Some(in_both([index, other], run, &b.runs[other]))
        })
        .collect();
    Difference {
        only_a: without(&a.runs, in_b),
        only_b: without(&b.runs, in_a),
        unlike: unlike::unlike(a, b, &servers),
        servers,
    }
}

/// The servers that B has slower than A by more than so many percent: a message's cost or its time,
/// which is the speed's inverse, is greater by that with its whole interval. The load's own limit is
/// not a server's speed.
pub(crate) fn slower_than(difference: &Difference, percent: f64) -> Vec<Slower> {
    let limit = 1.0 + percent / 100.0;
    let mut slower = Vec::new();
    for server in &difference.servers {
        let cost = server.cost.filter(|cost| cost.ratio.low > limit);
        let speed = server
            .speed
            .filter(|speed| !server.load_limited && speed.ratio.high * limit < 1.0);
        for (metric, compared) in [(Metric::Cost, cost), (Metric::Speed, speed)] {
            slower.extend(compared.map(|compared| Slower {
                server: server.name.clone(),
                metric,
                ratio: compared.ratio,
            }));
        }
    }
    slower
}

fn in_both([a, b]: [usize; 2], run_a: &Run, run_b: &Run) -> InBoth {
    let compared = |metric| compared(run_a, run_b, metric);
    InBoth {
        name: run_a.model.clone(),
        a,
        b,
        cost: compared(Metric::Cost),
        speed: compared(Metric::Speed),
        latency: compared(Metric::Latency),
        load_limited: run_a.load_limited || run_b.load_limited,
    }
}

/// Compares a figure of runs that had the same kind of load and no problem.
fn compared(a: &Run, b: &Run, metric: Metric) -> Option<Compared> {
    let sound = a.problem.is_none() && b.problem.is_none();
    if !sound || a.one_at_a_time != b.one_at_a_time {
        return None;
    }
    let logarithm = |run: &Run| {
        let values: Vec<f64> = values(run, metric).into_values().map(f64::ln).collect();
        median_interval(&values)
    };
    let (a, b) = (logarithm(a)?, logarithm(b)?);
    let ratio = ratio(&a, &b);
    Some(Compared {
        a: a.centre.exp(),
        b: b.centre.exp(),
        ratio,
        told_apart: ratio.low > 1.0 || ratio.high < 1.0,
    })
}

/// B by A, of logarithms that were measured apart from each other. The interval of the difference
/// comes from the two intervals, each side from the sides that make it (Zou and Donner,
/// Construction of confidence limits about effect measures, 2008), so that it is as good with few
/// rounds as they are.
fn ratio(a: &Interval, b: &Interval) -> Ratio {
    let difference = b.centre - a.centre;
    let below = (b.centre - b.low).hypot(a.high - a.centre);
    let above = (b.high - b.centre).hypot(a.centre - a.low);
    Ratio {
        value: difference.exp(),
        low: (difference - below).exp(),
        high: (difference + above).exp(),
    }
}

fn without(runs: &[Run], position: impl Fn(&Run) -> Option<usize>) -> Vec<usize> {
    (0..runs.len())
        .filter(|&run| position(&runs[run]).is_none())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, Sample, Server, server};
    use crate::report::statistics::simulated::{Noise, trials};

    fn of(server: Server, seed: u64) -> Report {
        Sample {
            servers: vec![server],
            seed,
            ..Sample::default()
        }
        .report()
    }

    #[test]
    fn a_report_beside_itself_shows_no_difference() {
        let report = sample::report();
        let difference = difference(&report, &report);
        assert_eq!(difference.servers.len(), 10);
        assert_eq!(difference.unlike, []);
        let sound = &difference.servers[8];
        for compared in [sound.cost, sound.speed, sound.latency] {
            let compared = compared.expect("it was measured");
            assert_eq!((compared.ratio.value, compared.told_apart), (1.0, false));
        }
        let broken = &difference.servers[9];
        assert_eq!((broken.cost, broken.speed), (None, None));
        assert_eq!(slower_than(&difference, 0.0), []);
    }

    #[test]
    fn a_server_that_became_dearer_is_slower_by_what_its_interval_leaves() {
        let before = of(server("one"), 1);
        let after = of(
            Server {
                cpu_us: 7.2,
                ..server("one")
            },
            2,
        );
        let difference = difference(&before, &after);
        let cost = difference.servers[0].cost.expect("it was measured");
        assert!(cost.told_apart && (cost.ratio.value - 1.2).abs() < 0.03);
        let metrics = |percent| -> Vec<Metric> {
            slower_than(&difference, percent)
                .iter()
                .map(|slower| slower.metric)
                .collect()
        };
        assert_eq!(metrics(10.0), [Metric::Cost, Metric::Speed]);
        assert_eq!(metrics(25.0), []);
    }

    #[test]
    fn a_server_may_be_slower_by_more_than_a_hundred_percent() {
        let before = of(server("one"), 1);
        let after = of(
            Server {
                cpu_us: 18.0,
                ..server("one")
            },
            2,
        );
        let difference = difference(&before, &after);
        for (percent, expected) in [(150.0, 2), (250.0, 0)] {
            assert_eq!(slower_than(&difference, percent).len(), expected);
        }
    }

    #[test]
    fn the_loads_limit_is_not_a_slower_server() {
        let mut before = of(server("one"), 1);
        let after = of(
            Server {
                cpu_us: 7.2,
                ..server("one")
            },
            2,
        );
        before.runs[0].load_limited = true;
        let slower = slower_than(&difference(&before, &after), 10.0);
        assert_eq!(slower.len(), 1);
        assert_eq!(slower[0].metric, Metric::Cost);
    }

    #[test]
    fn a_quicker_server_is_not_slower() {
        let before = of(server("one"), 1);
        let after = of(
            Server {
                cpu_us: 4.8,
                ..server("one")
            },
            2,
        );
        assert_eq!(slower_than(&difference(&before, &after), 0.0), []);
    }

    #[test]
    fn servers_of_one_report_only_are_listed() {
        let (a, b) = (of(server("one"), 1), of(server("two"), 1));
        let difference = difference(&a, &b);
        assert_eq!(
            (&difference.only_a[..], &difference.only_b[..]),
            (&[0][..], &[0][..])
        );
        assert_eq!(difference.servers, []);
    }

    #[test]
    fn one_round_leaves_everything_open() {
        let one = |seed| {
            Sample {
                rounds: 1,
                seed,
                ..Sample::default()
            }
            .report()
        };
        let difference = difference(&one(1), &one(2));
        let cost = difference.servers[1].cost.expect("it was measured");
        assert_eq!((cost.ratio.low, cost.ratio.high), (0.0, f64::INFINITY));
        assert!(!cost.told_apart);
    }

    /// The test prints how often.
    #[test]
    fn the_interval_of_the_ratio_holds_it_in_95_of_100_cases() {
        for noise in [Noise::Normal, Noise::HeavyTailed] {
            for n in [3, 5, 8, 20] {
                let mut rng = fastrand::Rng::with_seed(n as u64);
                let mut interval = |centre: f64| {
                    let values: Vec<f64> = (0..n)
                        .map(|_| centre + 0.02 * noise.value(&mut rng))
                        .collect();
                    median_interval(&values).expect("there are values")
                };
                let trials = trials(500);
                let held = (0..trials)
                    .filter(|_| {
                        let ratio = ratio(&interval(0.0), &interval(0.1));
                        ratio.low.ln() <= 0.1 && 0.1 <= ratio.high.ln()
                    })
                    .count();
                let held = held as f64 / trials as f64;
                println!("{noise:?}, twice {n} values: {:.1} %", held * 100.0);
                assert!(held > 0.945, "{noise:?}, twice {n} values: {held}");
            }
        }
    }
}
