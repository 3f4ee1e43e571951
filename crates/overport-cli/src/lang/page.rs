//! What only the page says.

use crate::report::data::{Report, Settings};
use crate::report::difference::Property;

/// Headings, legends and explanations of the page.
pub(crate) trait PageTexts {
    /// The words that stand alone.
    fn page(&self) -> &'static PageWords;

    /// When, where and how long, below the title.
    fn made(&self, report: &Report) -> String;

    /// What the chart of that subject shows.
    fn about(&self, subject: Subject, settings: &Settings) -> String;

    /// From which servers one is not told apart at so many rounds.
    fn not_told_apart_from(&self, names: &[&str], rounds: usize) -> String;

    /// The same of one that is told apart from none.
    fn not_told_apart_from_any(&self, rounds: usize) -> String;

    /// What the ranks and intervals in the table rest on.
    fn rank_note(&self, rounds: usize) -> String;

    /// So many clients said nothing.
    fn idle_clients(&self, count: u64) -> String;

    /// Clients without an answer, of all.
    fn starved(&self, starved: u64, clients: u64) -> String;

    /// How the machine's noise was dealt with: measurements repeated, and kept though disturbed.
    fn disturbances(&self, repeated: u64, disturbed: u64) -> String;

    /// Whether the servers and the load had different processors, and what it means.
    fn separate(&self, separate: bool) -> &'static str;

    /// How to read intervals, ranks and latencies: a paragraph each.
    fn reading(&self, rounds: usize) -> Vec<String>;

    /// A property that two reports ought to share, as it begins a line.
    fn property(&self, property: &Property) -> String;
}

/// What a section with a chart is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Cost,
    Connections,
    Latency,
    Stall,
    Idle,
    Flood,
    Sessions,
    Rounds,
}

/// "2026-05-04 09:30:00 UTC", of the same by RFC 3339.
pub(crate) fn moment(rfc_3339: &str) -> String {
    rfc_3339.replacen('T', " ", 1).replacen('Z', " UTC", 1)
}

/// Words and sentences that stand alone.
pub(crate) struct PageWords {
    /// The language by BCP 47.
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) left_out: &'static str,
    pub(crate) problems: &'static str,
    pub(crate) errors: &'static str,
    pub(crate) servers: &'static str,
    pub(crate) rank: &'static str,
    pub(crate) server: &'static str,
    pub(crate) rests_on: &'static str,
    /// The ratio to the first, with its interval.
    pub(crate) ratio: &'static str,
    pub(crate) user: &'static str,
    pub(crate) system: &'static str,
    /// Of a bar whose parts are not known.
    pub(crate) whole: &'static str,
    /// Why they are not known.
    pub(crate) parts_unknown: &'static str,
    /// Of a latency that is known not to be less.
    pub(crate) lower_bound: &'static str,
    pub(crate) no_source: &'static str,
    pub(crate) not_ranked: &'static str,
    pub(crate) chosen: &'static str,
    pub(crate) charts: &'static str,
    pub(crate) numbers: &'static str,
    pub(crate) not_in_chart: &'static str,
    pub(crate) stops: &'static str,
    pub(crate) stop_mark: &'static str,
    pub(crate) cost: &'static str,
    pub(crate) connections: &'static str,
    pub(crate) latency: &'static str,
    pub(crate) stall: &'static str,
    pub(crate) idle: &'static str,
    pub(crate) flood: &'static str,
    pub(crate) sessions: &'static str,
    pub(crate) rounds: &'static str,
    /// Axes, without their units.
    pub(crate) cost_ratio: &'static str,
    pub(crate) latency_axis: &'static str,
    pub(crate) first_answer: &'static str,
    pub(crate) round: &'static str,
    pub(crate) deviation: &'static str,
    pub(crate) idle_cpu: &'static str,
    /// Units that are words.
    pub(crate) unit_ratio: &'static str,
    /// Legends.
    pub(crate) interval: &'static str,
    /// Of an interval that is drawn with an arrow; a sentence.
    pub(crate) beyond_axis: &'static str,
    pub(crate) without_stall: &'static str,
    pub(crate) with_stall: &'static str,
    /// The same in a table's head.
    pub(crate) without_short: &'static str,
    pub(crate) with_short: &'static str,
    pub(crate) without_flood: &'static str,
    pub(crate) with_flood: &'static str,
    pub(crate) unconnected: &'static str,
    pub(crate) unsent: &'static str,
    pub(crate) a_round: &'static str,
    pub(crate) disturbed_round: &'static str,
    pub(crate) claims: &'static str,
    pub(crate) claims_about: &'static str,
    pub(crate) goals: &'static str,
    pub(crate) demands: &'static str,
    pub(crate) models: &'static str,
    pub(crate) advantage: &'static str,
    pub(crate) drawback: &'static str,
    pub(crate) conditions: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) operating_system: &'static str,
    pub(crate) processor: &'static str,
    pub(crate) cores: &'static str,
    pub(crate) memory: &'static str,
    pub(crate) virtual_machine: &'static str,
    pub(crate) backend: &'static str,
    pub(crate) descriptors: &'static str,
    pub(crate) local_ports: &'static str,
    pub(crate) somaxconn: &'static str,
    pub(crate) pinning: &'static str,
    pub(crate) server_cpus: &'static str,
    pub(crate) load_cpus: &'static str,
    pub(crate) settings: &'static str,
    pub(crate) load: &'static str,
    pub(crate) rounds_of: &'static str,
    pub(crate) round_time: &'static str,
    pub(crate) warm_up: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) patience: &'static str,
    pub(crate) views: &'static str,
    pub(crate) noise: &'static str,
    pub(crate) steal: &'static str,
    pub(crate) foreign: &'static str,
    pub(crate) disturbances: &'static str,
    pub(crate) spread: &'static str,
    pub(crate) spread_of: &'static str,
    pub(crate) repeat: &'static str,
    pub(crate) how_to_read: &'static str,
    pub(crate) raw_rounds: &'static str,
    pub(crate) raw_latency_rounds: &'static str,
    pub(crate) turn: &'static str,
    pub(crate) seconds: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) late: &'static str,
    pub(crate) disturbed: &'static str,
    pub(crate) commands: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    pub(crate) unknown: &'static str,
    /// Two reports beside each other.
    pub(crate) difference: &'static str,
    pub(crate) report_a: &'static str,
    pub(crate) report_b: &'static str,
    pub(crate) unlike: &'static str,
    pub(crate) unlike_about: &'static str,
    pub(crate) only_in_a: &'static str,
    pub(crate) only_in_b: &'static str,
    pub(crate) b_by_a: &'static str,
    pub(crate) told_apart: &'static str,
    pub(crate) not_told_apart: &'static str,
    pub(crate) differences: &'static str,
    pub(crate) difference_about: &'static str,
}
