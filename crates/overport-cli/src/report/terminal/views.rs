//! The views that are not a figure a server: over the number of connections, and the flood.

use super::Shown;
use super::columns::Column;
use super::sheet::Sheet;
use crate::lang::number::count;
use crate::lang::quantity::Quantity;
use crate::report::data::Run;

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    over_connections(shown, sheet);
    for (_, run) in shown.runs() {
        if let Some(flood) = &run.flood {
            sheet.gap();
            sheet.paragraph(&shown.texts.flooded(&run.model, flood));
        }
    }
}

fn over_connections(shown: &Shown<'_>, sheet: &mut Sheet) {
    let counts: Vec<u64> = shown
        .report
        .settings
        .connection_counts
        .iter()
        .copied()
        .filter(|&connections| !costs(shown, connections).is_empty())
        .collect();
    let stops = stops(shown);
    if counts.is_empty() && stops.is_empty() {
        return;
    }
    sheet.title(shown.words.over_connections);
    if !counts.is_empty() {
        table(shown, sheet, &counts);
    }
    for stop in stops {
        sheet.note(&stop);
    }
}

fn table(shown: &Shown<'_>, sheet: &mut Sheet, counts: &[u64]) {
    let all: Vec<Vec<(&str, f64)>> = counts
        .iter()
        .map(|&connections| costs(shown, connections))
        .collect();
    let names = |of: fn(&[(&str, f64)]) -> usize| {
        let name = |costs: &Vec<(&str, f64)>| costs[of(costs)].0.to_owned();
        all.iter().map(name).collect::<Vec<String>>()
    };
    let figures = |of: fn(&[(&str, f64)]) -> usize| {
        let figure = |costs: &Vec<(&str, f64)>| Quantity::CpuPerMessage.plain(costs[of(costs)].1);
        all.iter().map(figure).collect::<Vec<String>>()
    };
    let connections = Column::right(
        shown.texts.short(Quantity::Connections),
        counts.iter().copied().map(count).collect(),
    );
    let unit = Quantity::CpuPerMessage.unit().unwrap_or_default();
    // There is at least one server at each of these counts.
    sheet.tables(
        &connections,
        vec![vec![
            Column::names(shown.words.least_cost, names(|_| 0)),
            Column::right(unit, figures(|_| 0)),
            Column::names(shown.words.most_cost, names(|costs| costs.len() - 1)),
            Column::right(unit, figures(|costs| costs.len() - 1)),
        ]],
    );
}

/// The servers that were measured with so many connections, the least cost first.
fn costs<'a>(shown: &Shown<'a>, connections: u64) -> Vec<(&'a str, f64)> {
    let cost = |run: &'a Run| {
        let point = run
            .over_connections
            .iter()
            .find(|point| point.connections == connections)?;
        Some((run.model.as_str(), point.cpu_us_per_message?))
    };
    let mut costs: Vec<(&str, f64)> = shown
        .runs()
        .filter(|(_, run)| run.problem.is_none())
        .filter_map(|(_, run)| cost(run))
        .collect();
    costs.sort_by(|a, b| a.1.total_cmp(&b.1));
    costs
}

/// Where servers stop, and why.
fn stops(shown: &Shown<'_>) -> Vec<String> {
    let stop = |run: &Run| {
        let mut points = run.over_connections.iter();
        let (connections, reason) =
            points.find_map(|point| Some((point.connections, point.stopped.as_ref()?)))?;
        Some(shown.texts.stops(&run.model, connections, reason))
    };
    shown.runs().filter_map(|(_, run)| stop(run)).collect()
}
