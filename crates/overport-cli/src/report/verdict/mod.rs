//! Which server to choose for the load that was measured, why, and when another one. Runs are
//! named by their index among the report's runs.

mod candidates;
mod caveats;
mod changes;
mod choose;

use serde::Serialize;

pub(in crate::report) use self::candidates::BURNS_PART;
use self::candidates::Candidates;
use self::choose::Outcome;
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
/// code, and the first of what is left is chosen. A server that lacks one of these figures, or had
/// it measured while the machine was busy, does not lose by it. A server that burns a processor with
/// nobody connected is passed over as long as there is another.
///
/// Where the rounds leave open whether those that are not told apart by cost cost about the same,
/// nobody is chosen.
pub(crate) fn verdict(report: &Report) -> Verdict {
    let candidates = Candidates::of(report);
    let chosen = match choose::choose(&candidates) {
        None => return Verdict::NoChoice,
        Some(Outcome::Undecided(leaders)) => {
            return Verdict::Undecided {
                leaders,
                rounds: candidates.cost.rounds,
                caveats: caveats::caveats(&candidates),
            };
        }
        Some(Outcome::Chosen(chosen)) => chosen,
    };
    Verdict::Choose(Choice {
        run: chosen.run,
        because: chosen.because,
        not_told_apart: chosen.not_told_apart,
        passed_over: choose::passed_over(&candidates, chosen.run),
        changes: changes::changes(&candidates, chosen.run),
        caveats: caveats::caveats(&candidates),
    })
}

#[cfg(test)]
mod tests;
