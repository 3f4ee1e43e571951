//! Who is better than whom, as far as the rounds tell.

mod paired;
mod values;

use std::cmp::Ordering;

use serde::Serialize;

use self::values::Ranked;
use super::data::{Reason, Report};
use super::statistics::{Interval, median};

pub(super) use self::values::values;

/// What servers are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metric {
    /// The server's processor time for a message, at the main load.
    Cost,
    /// Messages a second, at the main load.
    Speed,
    /// The open loop's p99.
    Latency,
}

/// A ratio with an interval of 95 % or a little more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Ratio {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The servers in the order of one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ranking {
    pub(crate) metric: Metric,
    /// Rounds that the ratios rest on.
    pub(crate) rounds: usize,
    /// By their rank, and those of the same rank by their median.
    pub(crate) places: Vec<Place>,
    pub(crate) unranked: Vec<Unranked>,
}

/// Where a server stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Place {
    /// Its index among the report's runs.
    pub(crate) run: usize,
    /// From 1: one more than there are servers that are told to be better.
    pub(crate) rank: usize,
    /// Median over the rounds, in the metric's unit.
    pub(crate) value: f64,
    /// To the first place, paired in rounds; above 1 is worse for cost and latency, below 1 for
    /// speed. Servers whose intervals overlap are not told apart.
    pub(crate) ratio: Ratio,
    /// The other runs that it is not told apart from.
    pub(crate) not_told_apart: Vec<usize>,
}

/// A server that has no place, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Unranked {
    pub(crate) run: usize,
    pub(crate) why: WhyUnranked,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhyUnranked {
    /// The load could not have sent more, so its speed is not known.
    LoadLimited,
    /// Something is wrong with it.
    Problem,
    /// It was measured by short sessions.
    OneAtATime,
    /// In most rounds of the open loop the load itself sent too many messages late, so their
    /// latency is not known.
    LoadLate,
    /// It was not measured.
    Missing(Reason),
}

/// Ranks the servers of a report by one metric.
///
/// A server's value of a round counts by the common level of that round; its centre is the median
/// over the rounds. Two servers are told apart when their intervals don't overlap. With one round
/// the intervals are infinite and all servers share the first rank. A server that is alone has
/// nothing to be compared with: its ratio is 1, its interval no wider.
pub(crate) fn rank(report: &Report, metric: Metric) -> Ranking {
    let ranked = Ranked::of(report, metric);
    let levels = if ranked.rounds == 0 {
        Vec::new()
    } else {
        paired::levels(&ranked.values)
    };
    let mut places: Vec<Place> = (0..levels.len())
        .map(|server| place(report, metric, &ranked.runs, &levels, server))
        .collect();
    places.sort_by(|a, b| {
        let medians = || metric.compare(a.value, b.value);
        a.rank.cmp(&b.rank).then_with(medians)
    });
    if let Some(first) = places.first().map(|first| first.ratio.value) {
        for place in &mut places {
            place.ratio = place.ratio.by(first);
        }
    }
    Ranking {
        metric,
        rounds: ranked.rounds,
        places,
        unranked: ranked.unranked,
    }
}

/// The ratio of two ranked runs, `run` by `to`, paired in rounds; none where one has no place.
pub(super) fn ratio(report: &Report, metric: Metric, run: usize, to: usize) -> Option<Ratio> {
    let ranked = Ranked::of(report, metric);
    let levels = paired::levels(&ranked.values);
    let level = |wanted: usize| {
        let position = ranked.runs.iter().position(|&run| run == wanted)?;
        levels.get(position)
    };
    Some(paired::ratio(level(run)?, level(to)?.centre))
}

impl Metric {
    /// The better one is the lesser.
    pub(super) fn compare(self, a: f64, b: f64) -> Ordering {
        match self {
            Self::Cost | Self::Latency => a.total_cmp(&b),
            Self::Speed => b.total_cmp(&a),
        }
    }
}

impl Ratio {
    /// The same by something else, which has this ratio to what it was by.
    fn by(self, other: f64) -> Self {
        Self {
            value: self.value / other,
            low: self.low / other,
            high: self.high / other,
        }
    }
}

impl Ranking {
    /// The place of a run, if it has one.
    pub(crate) fn place(&self, run: usize) -> Option<&Place> {
        self.places.iter().find(|place| place.run == run)
    }
}

/// A server's place, with its ratio to the common level of all.
fn place(
    report: &Report,
    metric: Metric,
    runs: &[usize],
    levels: &[Interval],
    server: usize,
) -> Place {
    let run = runs[server];
    let own = &levels[server];
    let others = (0..levels.len()).filter(|&other| other != server);
    let (apart, alike): (Vec<usize>, Vec<usize>) =
        others.partition(|&other| paired::told_apart(own, &levels[other]));
    let better = apart
        .iter()
        .filter(|&&other| metric.compare(levels[other].centre, own.centre).is_lt())
        .count();
    let values: Vec<f64> = values(&report.runs[run], metric).into_values().collect();
    Place {
        run,
        rank: better + 1,
        value: median(&values).unwrap_or(f64::NAN),
        ratio: paired::ratio(own, 0.0),
        not_told_apart: alike.into_iter().map(|other| runs[other]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::Figure;
    use crate::report::sample::{self, Sample, server};

    fn names(report: &Report, runs: impl Iterator<Item = usize>) -> Vec<&str> {
        runs.map(|run| report.runs[run].model.as_str()).collect()
    }

    #[test]
    fn the_cheapest_is_first_and_the_worst_last() {
        let report = sample::report();
        let ranking = rank(&report, Metric::Cost);
        let order = names(&report, ranking.places.iter().map(|place| place.run));
        assert_eq!(order.first(), Some(&"completion-port"));
        assert_eq!(order.last(), Some(&"nonblocking"));
        let first = &ranking.places[0];
        assert_eq!((first.rank, first.ratio.value), (1, 1.0));
        assert!(first.ratio.low < 1.0 && 1.0 < first.ratio.high);
        let last = &ranking.places[7];
        assert_eq!(last.rank, 8);
        assert!((last.ratio.value - 24.0 / 4.1).abs() < 0.2, "{last:?}");
        assert!((last.value - 24.0).abs() < 0.8, "{last:?}");
    }

    #[test]
    fn the_same_server_twice_shares_a_rank() {
        let mut sample = Sample::default();
        sample.servers.extend([server("one"), server("two")]);
        let report = sample.report();
        for metric in [Metric::Cost, Metric::Speed, Metric::Latency] {
            let ranking = rank(&report, metric);
            let (one, two) = (ranking.place(10), ranking.place(11));
            let (one, two) = (one.expect("it is ranked"), two.expect("it is ranked"));
            assert!(one.not_told_apart.contains(&11), "{metric:?}");
            assert!(two.not_told_apart.contains(&10), "{metric:?}");
        }
    }

    #[test]
    fn a_server_with_a_tenth_more_cost_is_told_apart() {
        let mut sample = Sample::default();
        sample.servers.extend([server("one"), server("planted")]);
        sample.servers[11].cpu_us *= 1.1;
        let report = sample.report();
        let ranking = rank(&report, Metric::Cost);
        let one = ranking.place(10).expect("it is ranked");
        assert!(!one.not_told_apart.contains(&11));
        let ratio = ratio(&report, Metric::Cost, 11, 10).expect("both are ranked");
        assert!((ratio.value - 1.1).abs() < 0.02, "{ratio:?}");
    }

    #[test]
    fn most_messages_a_second_are_first_and_the_loads_limit_is_no_speed() {
        let report = sample::report();
        let ranking = rank(&report, Metric::Speed);
        let order = names(&report, ranking.places.iter().map(|place| place.run));
        assert_eq!(order.last(), Some(&"nonblocking"));
        assert!(ranking.places[6].ratio.value < 0.5);
        assert_eq!(
            ranking.unranked,
            [
                (0, WhyUnranked::OneAtATime),
                (8, WhyUnranked::LoadLimited),
                (9, WhyUnranked::Problem)
            ]
            .map(|(run, why)| Unranked { run, why })
        );
    }

    #[test]
    fn one_round_tells_nothing_apart() {
        let sample = Sample {
            rounds: 1,
            ..Sample::default()
        };
        let ranking = rank(&sample.report(), Metric::Cost);
        assert_eq!(ranking.rounds, 1);
        for place in &ranking.places {
            assert_eq!((place.rank, place.not_told_apart.len()), (1, 7));
            assert_eq!((place.ratio.low, place.ratio.high), (0.0, f64::INFINITY));
        }
    }

    #[test]
    fn ranks_ascend_and_equal_ones_by_their_median() {
        for seed in 0..20 {
            let servers = (0..9).map(|index| sample::Server {
                cpu_us: 6.0 + 0.05 * f64::from(index),
                ..server(&format!("{index}"))
            });
            let mut report = Sample {
                servers: servers.collect(),
                seed,
                ..Sample::default()
            }
            .report();
            // One scatters far more than the others, so it is like most of them.
            for (index, round) in report.runs[4].rounds.iter_mut().enumerate() {
                round.cpu_us_per_message = Some(if index % 2 == 0 { 5.0 } else { 7.5 });
            }
            let places = rank(&report, Metric::Cost).places;
            assert_eq!((places[0].rank, places[0].ratio.value), (1, 1.0));
            for pair in places.windows(2) {
                let ranks = (pair[0].rank, pair[1].rank);
                assert!(ranks.0 <= ranks.1, "{seed}: {places:?}");
                assert!(ranks.0 < ranks.1 || pair[0].value <= pair[1].value);
            }
        }
    }

    #[test]
    fn latency_is_not_known_where_the_load_was_late_in_most_rounds() {
        let mut report = sample::report();
        let late = |report: &mut Report, rounds: usize| {
            for round in report.runs[3].latency_rounds.iter_mut().take(rounds) {
                round.late_part = 0.02;
            }
        };
        late(&mut report, 4);
        assert!(rank(&report, Metric::Latency).place(3).is_some());
        late(&mut report, 5);
        let unranked = rank(&report, Metric::Latency).unranked;
        assert!(unranked.contains(&Unranked {
            run: 3,
            why: WhyUnranked::LoadLate
        }));
        assert!(rank(&report, Metric::Cost).place(3).is_some());
    }

    /// Each of the exact bootstraps would take minutes and gigabytes.
    #[test]
    fn ten_thousand_rounds_are_ranked() {
        let report = Sample {
            servers: vec![
                server("one"),
                sample::Server {
                    cpu_us: 6.01,
                    ..server("planted")
                },
            ],
            rounds: 10_000,
            ..Sample::default()
        }
        .report();
        let ranking = rank(&report, Metric::Cost);
        assert_eq!(ranking.rounds, 10_000);
        assert!(ranking.places[0].not_told_apart.is_empty());
    }

    #[test]
    fn a_server_alone_is_first_by_itself() {
        let sample = Sample {
            servers: vec![server("alone")],
            ..Sample::default()
        };
        let ranking = rank(&sample.report(), Metric::Cost);
        let place = &ranking.places[0];
        assert_eq!(place.rank, 1);
        assert_eq!((place.ratio.low, place.ratio.high), (1.0, 1.0));
    }

    #[test]
    fn a_round_that_one_server_lacks_does_not_count() {
        let mut report = sample::report();
        report.runs[3].rounds[2].cpu_us_per_message = None;
        report.runs[4].rounds.remove(5);
        let ranking = rank(&report, Metric::Cost);
        assert_eq!((ranking.rounds, ranking.places.len()), (6, 8));
    }

    #[test]
    fn a_server_without_most_of_its_figures_is_not_ranked_and_says_why() {
        let mut report = sample::report();
        let why = Reason::System {
            text: "no such clock".into(),
        };
        for round in &mut report.runs[3].rounds[1..] {
            round.cpu_us_per_message = None;
        }
        report.runs[3].unavailable.insert(Figure::Cpu, why.clone());
        let ranking = rank(&report, Metric::Cost);
        assert_eq!(ranking.rounds, 8);
        assert!(ranking.unranked.contains(&Unranked {
            run: 3,
            why: WhyUnranked::Missing(why)
        }));
    }

    #[test]
    fn a_report_without_runs_has_an_empty_ranking() {
        let mut report = sample::report();
        report.runs.clear();
        let ranking = rank(&report, Metric::Latency);
        assert_eq!((ranking.rounds, ranking.places.len()), (0, 0));
    }
}
