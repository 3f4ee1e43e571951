//! Every round, in folded tables.

use maud::{Markup, html};

use super::table::{Cell, table};
use super::{Page, capitalised};
use crate::lang::number::{count, percent};
use crate::lang::quantity::Quantity;
use crate::report::data::{LatencyRound, Round, RoundNoise, Run};

impl Page<'_> {
    pub(super) fn raw_rounds(&self) -> Markup {
        let runs = || self.report.runs.iter();
        let head = self.round_heads();
        let rounds = runs().flat_map(|run| {
            let rounds = run.rounds.iter().map(|round| self.round_cells(round));
            self.round_rows(run, rounds.collect(), &head)
        });
        let latency_head = self.latency_round_heads();
        let latency_rounds = runs().flat_map(|run| {
            let rounds = run.latency_rounds.iter();
            let cells = rounds.map(|round| self.latency_round_cells(round));
            self.round_rows(run, cells.collect(), &latency_head)
        });
        let words = self.words;
        html! {
            @if runs().any(|run| !run.rounds.is_empty()) {
                (folded("raw-rounds", words.raw_rounds, &head, &rounds.collect::<Vec<_>>()))
            }
            @if runs().any(|run| !run.latency_rounds.is_empty()) {
                (folded("raw-latency-rounds", words.raw_latency_rounds, &latency_head, &latency_rounds.collect::<Vec<_>>()))
            }
        }
    }

    /// A row a round; one without figures where there is no round.
    fn round_rows(
        &self,
        run: &Run,
        mut rounds: Vec<Vec<Cell>>,
        head: &[String],
    ) -> Vec<(String, Vec<Cell>)> {
        if rounds.is_empty() {
            rounds.push(self.missing_cells(head));
        }
        let rows = rounds.into_iter();
        rows.map(|cells| (run.model.clone(), cells)).collect()
    }

    fn round_heads(&self) -> Vec<String> {
        let words = self.words;
        let quantity = |quantity| self.texts.titled(quantity);
        let heads = [
            words.server.into(),
            words.round.into(),
            words.turn.into(),
            words.seconds.into(),
            words.messages.into(),
            quantity(Quantity::MessagesPerSecond),
            quantity(Quantity::CpuPerMessage),
            quantity(Quantity::UserCpuPerMessage),
            quantity(Quantity::SystemCpuPerMessage),
            quantity(Quantity::ContextSwitchesPerMessage),
            quantity(Quantity::PeakMemory),
            quantity(Quantity::Threads),
            words.steal.into(),
            words.foreign.into(),
            words.disturbed.into(),
            words.errors.into(),
        ];
        heads.iter().map(|head| capitalised(head)).collect()
    }

    fn round_cells(&self, round: &Round) -> Vec<Cell> {
        let mut speed = Cell::text(Quantity::MessagesPerSecond.plain(round.messages_per_s));
        if round.load_limited {
            speed = speed.below(self.texts.load_limited());
        }
        let mut cells = vec![
            Cell::text(count(round.round)),
            Cell::text(count(round.turn)),
            Cell::text(format!("{:.3}", round.seconds)),
            Cell::text(count(round.messages)),
            speed,
        ];
        cells.extend([
            self.figure(Quantity::CpuPerMessage, round.cpu_us_per_message),
            self.figure(Quantity::UserCpuPerMessage, round.user_us_per_message),
            self.figure(Quantity::SystemCpuPerMessage, round.system_us_per_message),
            self.figure(
                Quantity::ContextSwitchesPerMessage,
                round.context_switches_per_message,
            ),
            self.figure(
                Quantity::PeakMemory,
                round.rss_peak_bytes.map(|bytes| bytes as f64),
            ),
            self.figure(
                Quantity::Threads,
                round.threads.map(|threads| threads as f64),
            ),
        ]);
        cells.extend(self.noise_cells(&round.noise));
        cells.push(Cell::text(count(round.errors)));
        cells
    }

    fn latency_round_heads(&self) -> Vec<String> {
        let words = self.words;
        let quantity = |quantity| self.texts.titled(quantity);
        let heads = [
            words.server.into(),
            words.round.into(),
            words.turn.into(),
            quantity(Quantity::MessagesPerSecond),
            words.messages.into(),
            quantity(Quantity::LatencyP50),
            quantity(Quantity::LatencyP99),
            quantity(Quantity::LatencyP99_9),
            words.unsent.into(),
            words.late.into(),
            quantity(Quantity::CpuPerMessage),
            words.steal.into(),
            words.foreign.into(),
            words.disturbed.into(),
            words.errors.into(),
        ];
        heads.iter().map(|head| capitalised(head)).collect()
    }

    fn latency_round_cells(&self, round: &LatencyRound) -> Vec<Cell> {
        let mut cells = vec![
            Cell::text(count(round.round)),
            Cell::text(count(round.turn)),
            Cell::text(Quantity::MessagesPerSecond.plain(round.rate_per_s)),
            Cell::text(count(round.messages)),
            Cell::text(Quantity::LatencyP50.plain(round.latency_us.p50)),
            Cell::text(Quantity::LatencyP99.plain(round.latency_us.p99)),
            Cell::text(Quantity::LatencyP99_9.plain(round.latency_us.p99_9)),
            Cell::text(count(round.unsent)),
            Cell::text(percent(round.late_part)),
            self.figure(Quantity::CpuPerMessage, round.cpu_us_per_message),
        ];
        cells.extend(self.noise_cells(&round.noise));
        cells.push(Cell::text(count(round.errors)));
        cells
    }

    fn noise_cells(&self, noise: &RoundNoise) -> [Cell; 3] {
        let part = |part: Option<f64>| match part {
            Some(part) => Cell::text(percent(part)),
            None => Cell::missing(self.texts.not_available()),
        };
        let disturbed = if noise.disturbed {
            self.words.yes
        } else {
            self.words.no
        };
        [
            part(noise.steal_part),
            part(noise.foreign_part),
            Cell::text(disturbed),
        ]
    }
}

fn folded(id: &str, title: &str, head: &[String], rows: &[(String, Vec<Cell>)]) -> Markup {
    html! {
        details id=(id) class="raw" {
            summary { (title) }
            (table(title, head, rows))
        }
    }
}
