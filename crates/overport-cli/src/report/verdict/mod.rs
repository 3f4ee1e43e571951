//! Which server to choose for the load that was measured, why, and when another one. Runs are
//! named by their index among the report's runs.

mod candidates;
mod changes;
mod choose;

use serde::Serialize;

pub(in crate::report) use self::candidates::BURNS_PART;
use self::candidates::Candidates;
use super::data::Report;
use super::ranking::Ratio;

/// What the comparison comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Choose(Choice),
    /// The rounds do not tell the cheapest servers apart well enough to choose one of them.
    Undecided {
        /// Those that are not told from the cheapest, two or more; best first.
        leaders: Vec<usize>,
        /// Rounds in which all ranked servers have a cost.
        rounds: usize,
        caveats: Vec<Caveat>,
    },
    /// No server came through the main load with its cost measured. One that serves one client at a
    /// time has no part in it.
    NoChoice,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Choice {
    pub(crate) run: usize,
    /// In the order of their weight; there is at least one.
    pub(crate) because: Vec<Because>,
    /// Servers that cost as little, as far as the rounds tell, and lost by another reason.
    pub(crate) not_told_apart: Vec<usize>,
    /// Servers that cost as little or less and were not chosen for what they do elsewhere.
    pub(crate) passed_over: Vec<PassedOver>,
    pub(crate) changes: Vec<Change>,
    pub(crate) caveats: Vec<Caveat>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Because {
    /// It costs least; `next` is the first that is told to cost more, and by how much.
    CostsLeast {
        cpu_us_per_message: f64,
        next: Option<(usize, Ratio)>,
    },
    /// Among those that are not told apart by cost its p99 at the open loop's rate is lowest.
    AnswersSoonest { p99_us: f64, rate_per_s: f64 },
    /// Among those that are not told apart by cost or latency it stays quickest when handlers
    /// block.
    BearsStalls { p99_us: f64 },
    /// Nothing that was measured tells it from the others; its code is shortest.
    ShortestCode { lines: u64 },
    /// Nothing tells it from the others; it stands first among them.
    ListedFirst,
    /// It is the only one whose cost is known; others came through, and theirs is not.
    OnlyCostKnown { cpu_us_per_message: f64 },
    /// It is the only one that came through.
    OnlyOne,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PassedOver {
    pub(crate) run: usize,
    pub(crate) why: WhyPassedOver,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhyPassedOver {
    /// It takes this part of a processor with nobody connected.
    BurnsIdle { cpu_part: f64 },
}

/// What the figures that decide suffer from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Caveat {
    /// The machine was busy with something else in so many of the ranked servers' measurements.
    Disturbed {
        disturbed: usize,
        of: usize,
        /// The part of the processors' time that other processes took: the median over the
        /// disturbed ones, where it is known.
        foreign_part: Option<f64>,
    },
}

/// What would make another choice right.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// With so many connections another one costs less; `ratio` is its cost by the chosen one's.
    Connections {
        connections: u64,
        run: usize,
        ratio: f64,
    },
    /// When handlers block another one answers sooner.
    HandlersBlock {
        run: usize,
        p99_us: f64,
        chosen_p99_us: f64,
    },
    /// For the lowest p99, whatever it costs.
    LatencyFirst {
        run: usize,
        p99_us: f64,
        chosen_p99_us: f64,
    },
    /// For the most messages a second, whatever each costs.
    SpeedFirst {
        run: usize,
        messages_per_s: f64,
        chosen_messages_per_s: f64,
    },
    /// For many idle connections, another one takes less memory for each.
    IdleMemory {
        run: usize,
        bytes: f64,
        chosen_bytes: f64,
    },
    /// The chosen one does not go beyond so many connections.
    ChosenStops { connections: u64 },
    /// For simple code, another one has less and costs so much more.
    SimplerCode { run: usize, lines: u64, ratio: f64 },
}

/// Chooses a server, by one figure after the other and never by a mixture of them.
///
/// By cost first. Those that are not told apart from the cheapest by cost are compared by the open
/// loop's p99, those not told apart there by the p99 when handlers block, then by their lines of
/// code, and the first of what is left is chosen. A server that burns a processor with nobody
/// connected is passed over as long as there is another.
pub(crate) fn verdict(report: &Report) -> Verdict {
    let candidates = Candidates::of(report);
    let Some(chosen) = choose::choose(&candidates) else {
        return Verdict::NoChoice;
    };
    Verdict::Choose(Choice {
        run: chosen.run,
        because: chosen.because,
        not_told_apart: chosen.not_told_apart,
        passed_over: choose::passed_over(&candidates, chosen.run),
        changes: changes::changes(&candidates, chosen.run),
        caveats: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, Outcome, Sample, Server, server};

    fn choice(report: &Report) -> Choice {
        match verdict(report) {
            Verdict::Choose(choice) => choice,
            other => panic!("{other:?}"),
        }
    }

    fn two(one: Server, other: Server) -> Report {
        Sample {
            servers: vec![one, other],
            ..Sample::default()
        }
        .report()
    }

    #[test]
    fn the_cheapest_is_chosen_and_the_next_is_named() {
        let choice = choice(&sample::report());
        assert_eq!((choice.run, choice.not_told_apart.len()), (8, 0));
        let [
            Because::CostsLeast {
                cpu_us_per_message,
                next: Some((7, ratio)),
            },
        ] = choice.because[..]
        else {
            panic!("{:?}", choice.because);
        };
        assert!((cpu_us_per_message - 4.1).abs() < 0.1);
        assert!((ratio.value - 6.8 / 4.1).abs() < 0.1 && ratio.low > 1.5);
    }

    #[test]
    fn the_samples_choice_changes_for_memory_and_code() {
        let choice = choice(&sample::report());
        let [
            Change::IdleMemory { run: 3, .. },
            Change::SimplerCode {
                run: 1,
                lines: 27,
                ratio,
            },
        ] = choice.changes[..]
        else {
            panic!("{:?}", choice.changes);
        };
        assert!((ratio - 7.3 / 4.1).abs() < 0.1);
    }

    #[test]
    fn equal_costs_are_decided_by_latency_then_stalls_then_lines_then_order() {
        let report = two(
            server("one"),
            Server {
                p99_us: 100.0,
                ..server("quicker")
            },
        );
        let quicker = choice(&report);
        assert_eq!((quicker.run, &quicker.not_told_apart[..]), (1, &[0][..]));
        assert!(matches!(
            quicker.because[..],
            [Because::CostsLeast { next: None, .. }, Because::AnswersSoonest { rate_per_s, .. }]
                if rate_per_s == 20_000.0
        ));

        let report = two(
            server("one"),
            Server {
                stalled_p99_us: 400.0,
                ..server("steady")
            },
        );
        let steady = choice(&report);
        assert_eq!(steady.run, 1);
        assert_eq!(steady.because[1], Because::BearsStalls { p99_us: 400.0 });

        let mut report = two(server("one"), server("short"));
        report.runs[0].source_lines = Some(50);
        report.runs[1].source_lines = Some(40);
        let short = choice(&report);
        assert_eq!(
            (short.run, &short.because[1..]),
            (1, &[Because::ShortestCode { lines: 40 }][..])
        );

        let first = choice(&two(server("one"), server("two")));
        assert_eq!(
            (first.run, &first.because[1..]),
            (0, &[Because::ListedFirst][..])
        );
    }

    #[test]
    fn the_steadiest_is_chosen_with_its_own_figure() {
        let stalled = |name: &str, stalled_p99_us: f64| Server {
            stalled_p99_us,
            ..server(name)
        };
        let mut report = Sample {
            servers: vec![
                stalled("held-up", 13_000.0),
                stalled("near", 6000.0),
                stalled("steadiest", 4000.0),
            ],
            ..Sample::default()
        }
        .report();
        report.runs[1].source_lines = Some(10);
        let choice = choice(&report);
        assert_eq!(choice.run, 2);
        assert_eq!(
            choice.because[1..],
            [Because::BearsStalls { p99_us: 4000.0 }]
        );
    }

    #[test]
    fn one_that_burns_a_processor_is_passed_over_unless_it_is_the_only_one() {
        let burning = Server {
            cpu_us: 3.0,
            idle_cpu_part: 0.99,
            ..server("burning")
        };
        let passing = choice(&two(burning.clone(), server("other")));
        assert_eq!(passing.run, 1);
        assert_eq!(
            passing.passed_over,
            [PassedOver {
                run: 0,
                why: WhyPassedOver::BurnsIdle { cpu_part: 0.99 }
            }]
        );
        let broken = sample::servers().pop().expect("there are servers");
        let left = choice(&two(broken, burning));
        assert_eq!((left.run, &left.because[..]), (1, &[Because::OnlyOne][..]));
        assert_eq!(left.passed_over, []);
    }

    #[test]
    fn nobody_is_chosen_who_did_not_come_through() {
        let serial = Server {
            outcome: Outcome::OneAtATime,
            ..server("serial")
        };
        let broken = sample::servers().pop().expect("there are servers");
        assert_eq!(verdict(&two(serial, broken)), Verdict::NoChoice);
    }

    #[test]
    fn without_the_processors_time_the_quickest_answers_decide() {
        let mut report = two(
            server("one"),
            Server {
                p99_us: 100.0,
                ..server("quicker")
            },
        );
        for round in report.runs.iter_mut().flat_map(|run| &mut run.rounds) {
            round.cpu_us_per_message = None;
        }
        let choice = choice(&report);
        assert_eq!(choice.run, 1);
        assert!(matches!(
            choice.because[..],
            [Because::AnswersSoonest { .. }]
        ));
    }

    #[test]
    fn other_loads_change_the_choice() {
        let cheap = Server {
            growth: 1.6,
            stops_at: Some(10_000),
            idle_bytes: 9000.0,
            ..server("cheap")
        };
        let wide = Server {
            cpu_us: 6.6,
            p99_us: 60.0,
            stalled_p99_us: 500.0,
            growth: 1.0,
            ..server("wide")
        };
        let choice = choice(&two(cheap, wide));
        assert_eq!(choice.run, 0);
        let kinds: Vec<&Change> = choice.changes.iter().collect();
        assert!(
            matches!(
                kinds[..],
                [
                    Change::Connections {
                        connections: 1000,
                        run: 1,
                        ..
                    },
                    Change::HandlersBlock {
                        run: 1,
                        p99_us: 500.0,
                        ..
                    },
                    Change::LatencyFirst { run: 1, .. },
                    Change::IdleMemory { run: 1, .. },
                    Change::ChosenStops { connections: 1000 },
                ]
            ),
            "{kinds:?}"
        );
    }

    #[test]
    fn the_fastest_is_named_where_the_cheapest_is_slower() {
        let mut report = two(
            server("cheap"),
            Server {
                cpu_us: 9.0,
                ..server("parallel")
            },
        );
        for round in &mut report.runs[1].rounds {
            round.messages_per_s *= 4.0;
        }
        let choice = choice(&report);
        assert!(matches!(
            choice.changes[..],
            [Change::SpeedFirst { run: 1, .. }]
        ));
    }
}
