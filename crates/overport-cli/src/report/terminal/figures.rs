//! The servers and their figures.

use super::columns::Column;
use super::sheet::Sheet;
use super::{Shown, notes, ranks};
use crate::lang::quantity::Quantity;
use crate::lang::{Texts, number};
use crate::report::data::{Latency, Run};
use crate::report::ranking::{Ranking, Ratio};

/// What stands for a figure that there is not.
pub(super) const NONE: &str = "–";

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    sheet.title(shown.words.figures);
    let servers = shown.runs().map(|(_, run)| server(run)).collect();
    let servers = Column::names(shown.words.server, servers);
    let groups = [
        cost, speed, calls, latency, resources, stall, idle, sessions,
    ];
    let mut groups = groups.map(|group| present(group(shown))).to_vec();
    if groups.iter().all(Vec::is_empty) {
        // The servers are listed all the same.
        groups = vec![vec![cpu(shown)]];
    }
    sheet.tables(&servers, groups);
    notes::show(shown, sheet);
}

fn cost(shown: &Shown<'_>) -> Vec<Column> {
    vec![
        ranks(shown, shown.words.cost_rank, &shown.meaning.cost),
        cpu(shown),
        to_the_first(shown),
    ]
}

fn cpu(shown: &Shown<'_>) -> Column {
    figure(shown, Quantity::CpuPerMessage, |run| {
        run.server.cpu_us_per_message
    })
}

fn speed(shown: &Shown<'_>) -> Vec<Column> {
    let speed = |run: &Run| {
        let mark = if run.load_limited { "*" } else { "" };
        let speed = Quantity::MessagesPerSecond.plain(run.messages_per_s?);
        Some(format!("{speed}{mark}"))
    };
    vec![
        ranks(shown, shown.words.speed_rank, &shown.meaning.speed),
        column(shown, Quantity::MessagesPerSecond, speed),
    ]
}

fn calls(shown: &Shown<'_>) -> Vec<Column> {
    vec![
        figure(shown, Quantity::UserCpuPerMessage, |run| {
            run.server.user_us_per_message
        }),
        figure(shown, Quantity::SystemCpuPerMessage, |run| {
            run.server.system_us_per_message
        }),
        figure(shown, Quantity::SyscallsPerMessage, |run| {
            run.server.syscalls_per_message
        }),
        figure(shown, Quantity::ContextSwitchesPerMessage, |run| {
            run.server.context_switches_per_message
        }),
    ]
}

fn latency(shown: &Shown<'_>) -> Vec<Column> {
    let latency = |quantity, of: fn(Latency) -> f64| {
        column(shown, quantity, |run| {
            let us = of(run.latency_us?);
            Some(bounded(quantity.plain(us), unsent(run)))
        })
    };
    vec![
        ranks(shown, shown.words.latency_rank, &shown.meaning.latency),
        latency(Quantity::LatencyP50, |latency| latency.p50),
        latency(Quantity::LatencyP99, |latency| latency.p99),
        latency(Quantity::LatencyP99_9, |latency| latency.p99_9),
        figure(shown, Quantity::CpuPerMessageAtRate, |run| {
            run.server.cpu_us_per_message_at_rate
        }),
    ]
}

fn resources(shown: &Shown<'_>) -> Vec<Column> {
    let backend = |run: &Run| match &run.backend {
        Some(backend) => shown.texts.rests_on(backend).to_owned(),
        None => NONE.into(),
    };
    vec![
        figure(shown, Quantity::Threads, |run| {
            Some(run.server.threads_peak? as f64)
        }),
        figure(shown, Quantity::PeakMemory, |run| {
            Some(run.server.rss_peak_bytes? as f64)
        }),
        figure(shown, Quantity::SourceLines, |run| {
            Some(run.source_lines? as f64)
        }),
        Column::left(
            shown.words.rests_on,
            shown.runs().map(|(_, run)| backend(run)).collect(),
        ),
    ]
}

fn stall(shown: &Shown<'_>) -> Vec<Column> {
    let with = |run: &Run| {
        let stall = run.stall.as_ref()?;
        let p99 = Quantity::StallP99.plain(stall.with.p99);
        Some(bounded(p99, stall.unsent > 0))
    };
    let without = figure(shown, Quantity::StallP99, |run| {
        Some(run.stall.as_ref()?.without.p99)
    });
    let head = headed(shown.words.without_stall, Quantity::StallP99);
    vec![
        column(shown, Quantity::StallP99, with),
        without.headed(head),
    ]
}

fn idle(shown: &Shown<'_>) -> Vec<Column> {
    vec![
        figure(shown, Quantity::IdleCpuUnconnected, |run| {
            run.idle.as_ref()?.cpu_part_unconnected
        }),
        figure(shown, Quantity::MemoryPerIdleConnection, |run| {
            run.idle.as_ref()?.bytes_per_connection
        }),
    ]
}

fn sessions(shown: &Shown<'_>) -> Vec<Column> {
    vec![
        figure(shown, Quantity::SessionsPerSecond, |run| {
            Some(run.sessions.as_ref()?.sessions_per_s)
        }),
        figure(shown, Quantity::FirstAnswerP99, |run| {
            Some(run.sessions.as_ref()?.first_answer_us.p99)
        }),
        figure(shown, Quantity::StarvedClients, |run| {
            Some(run.sessions.as_ref()?.starved as f64)
        }),
    ]
}

fn ranks(shown: &Shown<'_>, head: &str, ranking: &Ranking) -> Column {
    let cells = shown
        .runs()
        .map(|(index, _)| ranks::rank(ranking, index).unwrap_or_else(|| NONE.into()));
    Column::right(head, cells.collect())
}

fn to_the_first(shown: &Shown<'_>) -> Column {
    let cells = shown
        .runs()
        .map(|(index, _)| {
            shown
                .meaning
                .cost
                .place(index)
                .map_or_else(|| NONE.into(), |place| ratio(shown.texts, &place.ratio))
        })
        .collect();
    Column::right(shown.words.to_the_first, cells)
}

fn figure(shown: &Shown<'_>, quantity: Quantity, of: impl Fn(&Run) -> Option<f64>) -> Column {
    column(shown, quantity, |run| {
        of(run).map(|value| quantity.plain(value))
    })
}

fn column(shown: &Shown<'_>, quantity: Quantity, of: impl Fn(&Run) -> Option<String>) -> Column {
    let cells = shown
        .runs()
        .map(|(_, run)| of(run).unwrap_or_else(|| NONE.into()))
        .collect();
    Column::right(headed(shown.texts.short(quantity), quantity), cells)
}

/// A head with the unit below the name.
fn headed(name: &str, quantity: Quantity) -> String {
    match quantity.unit() {
        Some(unit) => format!("{name}\n{unit}"),
        None => name.into(),
    }
}

/// Those columns that have something to show.
fn present(columns: Vec<Column>) -> Vec<Column> {
    let mut columns = columns;
    columns.retain(|column| column.cells().iter().any(|cell| cell != NONE));
    columns
}

/// A ratio with its interval, short.
pub(super) fn ratio(texts: &dyn Texts, ratio: &Ratio) -> String {
    let interval = number::interval(ratio.low, ratio.high);
    let interval = interval.unwrap_or_else(|| texts.too_few_rounds().into());
    format!("{} ({interval})", number::ratio(ratio.value))
}

/// Marked where it is a lower bound.
fn bounded(text: String, lower_bound: bool) -> String {
    if lower_bound {
        format!(">{text}")
    } else {
        text
    }
}

/// Messages of the open loop were due and not sent, so its latency is a lower bound.
pub(super) fn unsent(run: &Run) -> bool {
    run.latency_rounds.iter().any(|round| round.unsent > 0)
}

/// Its name, marked if something is wrong with it.
fn server(run: &Run) -> String {
    let mark = if run.problem.is_some() { "! " } else { "" };
    format!("{mark}{}", run.model)
}
