//! The servers and their figures: a table, and on a narrow screen a card a server.

use maud::{Markup, html};

use super::cost::interval;
use super::latency::{lower_bound, unsent};
use super::table::{Cell, Notes, short};
use super::{Page, capitalised};
use crate::lang::number;
use crate::lang::quantity::Quantity;
use crate::report::data::{Figure, Origin, Reason, Run};
use crate::report::ranking::{Place, Ranking};

/// The columns after the server's name, but for the ratio.
const COLUMNS: [(Quantity, Figure); 10] = [
    (Quantity::MessagesPerSecond, Figure::Rounds),
    (Quantity::LatencyP50, Figure::LatencyUs),
    (Quantity::LatencyP99, Figure::LatencyUs),
    (Quantity::LatencyP99_9, Figure::LatencyUs),
    (Quantity::SyscallsPerMessage, Figure::SyscallsPerMessage),
    (
        Quantity::ContextSwitchesPerMessage,
        Figure::ContextSwitchesPerMessage,
    ),
    (Quantity::Threads, Figure::ThreadsPeak),
    (Quantity::PeakMemory, Figure::RssPeakBytes),
    (Quantity::MemoryPerIdleConnection, Figure::Idle),
    // A model's lines are always known, so the figure's reason is not asked for.
    (Quantity::SourceLines, Figure::Rounds),
];

impl Page<'_> {
    pub(super) fn servers_section(&self) -> Markup {
        let mut notes = Notes::default();
        let head = self.head();
        let rows: Vec<_> = self
            .runs()
            .map(|(index, run)| (index, run, self.cells(index, run, &mut notes)))
            .collect();
        html! {
            section id="servers" {
                h2 { (self.words.servers) }
                div class="scroll cards" role="region" tabindex="0" aria-label=(self.words.servers) {
                    table role="table" {
                        thead role="rowgroup" {
                            tr role="row" {
                                @for title in &head { th scope="col" role="columnheader" { (title) } }
                            }
                        }
                        tbody role="rowgroup" {
                            @for (index, run, cells) in &rows {
                                (self.row(*index, run, cells, &head))
                            }
                        }
                    }
                }
                (notes.markup())
                p class="notes" { (self.texts.rank_note(self.meaning.cost.rounds)) }
                p class="notes" { (self.texts.threads_note()) }
                @if let Some(counter) = self.report.runs.iter().find_map(|run| run.server.syscall_counter) {
                    p class="notes" { (self.texts.syscall_counter(counter)) }
                }
                @if let Some(rate) = self.report.settings.latency_rate_per_s {
                    p class="notes" {
                        (capitalised(self.words.rate)) ": " (self.texts.messages_per_second(rate))
                    }
                }
            }
        }
    }

    fn head(&self) -> Vec<String> {
        let mut head = vec![
            self.words.rank.to_owned(),
            self.words.server.to_owned(),
            capitalised(&self.texts.titled(Quantity::CpuPerMessage)),
            self.words.ratio.to_owned(),
        ];
        head.extend(COLUMNS.map(|(quantity, _)| capitalised(&self.texts.titled(quantity))));
        head
    }

    fn row(&self, index: usize, run: &Run, cells: &[Cell], head: &[String]) -> Markup {
        let place = place_of(&self.meaning.cost, index);
        let class = match (&run.problem, self.chosen() == Some(index)) {
            (Some(_), _) => "problem",
            (None, true) => "chosen",
            (None, false) => "",
        };
        html! {
            tr role="row" class=(class) {
                td role="cell" class="rank" data-label=(head[0]) {
                    @match place {
                        Some(place) => (self.rank(place)),
                        None => span class="missing" { (self.words.not_ranked) },
                    }
                }
                th scope="row" role="rowheader" { (self.identity(index, run, place)) }
                @for (cell, title) in cells.iter().zip(&head[2..]) {
                    td role="cell" data-label=(title) { span { (cell.markup()) } }
                }
            }
        }
    }

    /// What the server is, what it rests on and whom it is not told apart from.
    fn identity(&self, index: usize, run: &Run, place: Option<&Place>) -> Markup {
        let title = match run.origin {
            Origin::Model { .. } => self.texts.model_title(&run.model),
            Origin::Command { .. } => None,
        };
        html! {
            (short(&run.model, "server"))
            @if self.chosen() == Some(index) { " " span class="tag" { (self.words.chosen) } }
            @if let Some(title) = title.filter(|title| *title != run.model) {
                span class="below" { (title) }
            }
            span class="below" {
                @match &run.backend {
                    Some(backend) => { (self.words.rests_on) ": " (self.texts.rests_on(backend)) }
                    None => (self.texts.origin(&run.origin)),
                }
            }
            @if let Some(place) = place.filter(|place| !place.not_told_apart.is_empty()) {
                span class="below" { (self.shared_with(place)) }
            }
            @if let Some(problem) = &run.problem {
                span class="below alarm" { "⚠ " (self.texts.problem(problem)) }
            }
        }
    }

    fn shared_with(&self, place: &Place) -> String {
        let rounds = self.meaning.cost.rounds;
        let others = &place.not_told_apart;
        if others.len() > 1 && others.len() + 1 == self.meaning.cost.places.len() {
            return self.texts.not_told_apart_from_any(rounds);
        }
        let names: Vec<&str> = others.iter().map(|&run| self.names.of(run)).collect();
        self.texts.not_told_apart_from(&names, rounds)
    }

    fn cells(&self, index: usize, run: &Run, notes: &mut Notes) -> Vec<Cell> {
        let mut cells = vec![
            self.cost_cell(index, run, notes),
            self.ratio_cell(index, notes),
        ];
        cells.extend(
            COLUMNS.map(|(quantity, figure)| match value(run, quantity) {
                Some(value) => {
                    let cell = self.bounded(run, quantity, quantity.plain(value), notes);
                    self.ranked(cell, index, run, quantity, notes)
                }
                None => self.missing_cell(run, quantity, figure, notes),
            }),
        );
        cells
    }

    fn cost_cell(&self, index: usize, run: &Run, notes: &mut Notes) -> Cell {
        let Some(cpu_us) = run.server.cpu_us_per_message else {
            return self.missing_cell(run, Quantity::CpuPerMessage, Figure::Cpu, notes);
        };
        let mut cell = Cell::text(Quantity::CpuPerMessage.plain(cpu_us));
        if let Some(us) = run.server.user_us_per_message {
            let us = Quantity::UserCpuPerMessage.plain(us);
            cell = cell.below(format!("{} {us}", self.words.user));
        }
        if let Some(us) = run.server.system_us_per_message {
            let us = Quantity::SystemCpuPerMessage.plain(us);
            cell = cell.below(format!("{} {us}", self.words.system));
        }
        let server = &run.server;
        if server
            .user_us_per_message
            .and(server.system_us_per_message)
            .is_none()
        {
            cell = cell.note(notes.mark(self.words.parts_unknown.into()));
        }
        match self
            .meaning
            .cost
            .unranked
            .iter()
            .find(|unranked| unranked.run == index)
        {
            Some(unranked) => cell.note(notes.mark(self.texts.why_unranked(&unranked.why))),
            None => cell,
        }
    }

    fn ratio_cell(&self, index: usize, notes: &mut Notes) -> Cell {
        if let Some(place) = place_of(&self.meaning.cost, index) {
            let ratio = &place.ratio;
            let cell = Cell::text(number::ratio(ratio.value)).below(interval(ratio, self.texts));
            return if number::tells(ratio.low, ratio.high) {
                cell
            } else {
                cell.note(notes.mark(self.texts.too_few_rounds_note().into()))
            };
        }
        let cell = Cell::missing(self.words.not_ranked);
        match self
            .meaning
            .cost
            .unranked
            .iter()
            .find(|unranked| unranked.run == index)
        {
            Some(unranked) => cell.note(notes.mark(self.texts.why_unranked(&unranked.why))),
            None => cell,
        }
    }

    /// The cell of a figure, marked where the true one may be higher.
    fn bounded(&self, run: &Run, quantity: Quantity, text: String, notes: &mut Notes) -> Cell {
        let latency = [
            Quantity::LatencyP50,
            Quantity::LatencyP99,
            Quantity::LatencyP99_9,
        ];
        if unsent(run) && latency.contains(&quantity) {
            Cell::text(lower_bound(text)).note(notes.mark(self.words.lower_bound.into()))
        } else {
            Cell::text(text)
        }
    }

    /// The cell of a figure that servers are ranked by, with the rank or why there is none.
    fn ranked(
        &self,
        cell: Cell,
        index: usize,
        run: &Run,
        quantity: Quantity,
        notes: &mut Notes,
    ) -> Cell {
        let ranking = match quantity {
            Quantity::MessagesPerSecond => &self.meaning.speed,
            Quantity::LatencyP99 => &self.meaning.latency,
            _ => return cell,
        };
        if let Some(place) = place_of(ranking, index) {
            return cell.below(format!("{} {}", self.words.rank, self.rank(place)));
        }
        if quantity == Quantity::MessagesPerSecond && run.load_limited {
            return cell.below(self.texts.load_limited());
        }
        match ranking
            .unranked
            .iter()
            .find(|unranked| unranked.run == index)
        {
            Some(unranked) => cell.note(notes.mark(self.texts.why_unranked(&unranked.why))),
            None => cell,
        }
    }

    fn missing_cell(
        &self,
        run: &Run,
        quantity: Quantity,
        figure: Figure,
        notes: &mut Notes,
    ) -> Cell {
        let why = match quantity {
            Quantity::SourceLines => {
                format!("{}: {}", self.texts.not_available(), self.words.no_source)
            }
            // The view was made, but not all of it.
            Quantity::MemoryPerIdleConnection if run.idle.is_some() => {
                self.texts.not_available().into()
            }
            _ => self.missing(run, figure),
        };
        match run.unavailable.get(&figure) {
            Some(reason @ Reason::NotAskedFor) if quantity != Quantity::SourceLines => {
                Cell::missing(self.texts.reason(reason))
            }
            _ => Cell::missing(self.texts.not_available()).note(notes.mark(why)),
        }
    }
}

fn place_of(ranking: &Ranking, run: usize) -> Option<&Place> {
    ranking.places.iter().find(|place| place.run == run)
}

/// The figure of a column, in the unit in which reports keep it.
fn value(run: &Run, quantity: Quantity) -> Option<f64> {
    let server = &run.server;
    match quantity {
        Quantity::MessagesPerSecond => run.messages_per_s,
        Quantity::LatencyP50 => run.latency_us.map(|latency| latency.p50),
        Quantity::LatencyP99 => run.latency_us.map(|latency| latency.p99),
        Quantity::LatencyP99_9 => run.latency_us.map(|latency| latency.p99_9),
        Quantity::SyscallsPerMessage => server.syscalls_per_message,
        Quantity::ContextSwitchesPerMessage => server.context_switches_per_message,
        Quantity::Threads => server.threads_peak.map(|threads| threads as f64),
        Quantity::PeakMemory => server.rss_peak_bytes.map(|bytes| bytes as f64),
        Quantity::MemoryPerIdleConnection => run.idle.as_ref()?.bytes_per_connection,
        Quantity::SourceLines => run.source_lines.map(|lines| lines as f64),
        _ => None,
    }
}
