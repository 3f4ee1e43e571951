//! What only the terminal says.

use std::time::Duration;

use crate::compare::progress::Phase;
use crate::report::claims::{About, MissingEvidence};
use crate::report::data::{Flood, Host, Noise, Reason, Settings};
use crate::report::ranking::Metric;

/// Titles, notes and hints of the terminal's report.
pub(crate) trait TerminalTexts {
    /// The words that stand alone.
    fn terminal(&self) -> &'static TerminalWords;

    /// What is measured at the moment, and how long it takes from here on.
    fn progress(&self, phase: Phase, server: &str, left: Option<Duration>) -> String;

    /// What the table's figures are.
    fn medians(&self, rounds: u64) -> String;

    /// Servers of one metric that the rounds do not tell apart, as lists of names.
    fn not_told_apart_by(&self, metric: Metric, rounds: usize, groups: &[String]) -> String;

    /// Servers that have no place by these metrics, and why.
    fn not_ranked_by(&self, names: &str, metrics: &[Metric], why: &str) -> String;

    /// What is wrong with a server, and how many answers were wrong or missing.
    fn wrong(&self, name: &str, problem: &str, errors: u64) -> String;

    /// Figures that are missing, of which servers (none: of all) and why.
    fn missing_figures(&self, figures: &str, names: Option<&str>, reason: &Reason) -> String;

    /// How the latency was measured.
    fn latency_load(&self, rate_per_s: f64) -> String;

    /// What the columns of the stall view, the idle view and the sessions are.
    fn stall_load(&self, settings: &Settings) -> String;
    fn idle_load(&self, connections: u64) -> String;
    fn sessions_load(&self, clients: u64, messages: u64) -> String;

    /// Before so many connections a server stopped, and why.
    fn stops(&self, name: &str, connections: u64, reason: &Reason) -> String;

    /// What the flood did.
    fn flooded(&self, name: &str, flood: &Flood) -> String;

    /// Of which run, by its name, or of what a claim is.
    fn claim_about(&self, about: About, name: Option<&str>) -> String;

    /// That so many claims can't be judged, since this was not measured.
    fn more_claims(&self, count: usize, missing: MissingEvidence) -> String;

    fn machine(&self, host: &Host) -> String;

    fn processors(&self, host: &Host) -> String;

    /// What was measured, and how long all of it took.
    fn measured(&self, settings: &Settings, elapsed_s: f64) -> String;

    fn noise(&self, noise: &Noise) -> String;

    /// How much the cost of a message scattered over the rounds: of the middle server, and of
    /// the most scattered one.
    fn spread(&self, middle: f64, most: f64, name: &str) -> String;

    /// Servers that are in one of two reports only.
    fn only_in(&self, report: &str, names: &str) -> String;

    /// That B is worse, better or not told from A, by this metric, in these servers.
    fn became(&self, became: Became, metric: Metric, names: &str) -> String;
}

/// What became of a server from report A to report B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    Worse,
    Better,
    NotToldApart,
}

/// Words and sentences that stand alone.
#[derive(Debug)]
pub(crate) struct TerminalWords {
    /// How the rounds are made to tell more apart.
    pub(crate) resolve_more: &'static str,
    /// Heads of columns.
    pub(crate) server: &'static str,
    pub(crate) cost_rank: &'static str,
    pub(crate) speed_rank: &'static str,
    pub(crate) latency_rank: &'static str,
    pub(crate) to_the_first: &'static str,
    pub(crate) rests_on: &'static str,
    pub(crate) without_stall: &'static str,
    pub(crate) least_cost: &'static str,
    pub(crate) most_cost: &'static str,
    /// Titles.
    pub(crate) figures: &'static str,
    pub(crate) over_connections: &'static str,
    pub(crate) claims: &'static str,
    pub(crate) conditions: &'static str,
    pub(crate) repeat: &'static str,
    pub(crate) differences: &'static str,
    pub(crate) unlike: &'static str,
    /// What marks in the tables mean.
    pub(crate) load_limited_note: &'static str,
    pub(crate) load_limited_difference: &'static str,
    pub(crate) lower_bound_note: &'static str,
    /// Names of conditions.
    pub(crate) made: &'static str,
    pub(crate) load: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) processors: &'static str,
    pub(crate) noise: &'static str,
    pub(crate) spread: &'static str,
    /// The reports and what stands between them.
    pub(crate) report_a: &'static str,
    pub(crate) report_b: &'static str,
    pub(crate) ratio: &'static str,
    pub(crate) not_given: &'static str,
}
