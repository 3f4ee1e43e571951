//! What stands below the figures: who has a problem, who is not told apart, what the marks and
//! columns mean, and why figures are missing.

use super::figures::unsent;
use super::sheet::Sheet;
use super::{Shown, missing, ranks};
use crate::lang::quantity::Quantity;
use crate::report::data::Run;
use crate::report::stall_threads::stall_threads;

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    let report = shown.report;
    sheet.gap();
    problems(shown, sheet);
    sheet.note(&shown.texts.medians(report.settings.rounds));
    if shown.meaning.cost.places.len() > 1 {
        sheet.note(shown.texts.intervals_note());
    }
    if shown.has_wide_interval() {
        sheet.note(shown.texts.too_few_rounds_note());
    }
    let shared = ranks::not_told_apart(shown);
    for line in &shared {
        sheet.note(line);
    }
    if !shared.is_empty() {
        sheet.note(shown.words.resolve_more);
    }
    if report.runs.iter().any(|run| run.load_limited) {
        sheet.note(shown.words.load_limited_note);
    }
    for line in ranks::not_ranked(shown) {
        sheet.note(&line);
    }
    how_measured(shown, sheet);
    for line in missing::lines(shown) {
        sheet.note(&line);
    }
    parts_unknown(shown, sheet);
}

/// A line of its own for each server that something is wrong with.
fn problems(shown: &Shown<'_>, sheet: &mut Sheet) {
    for (_, run) in shown.runs() {
        if let Some(problem) = &run.problem {
            let problem = shown.texts.problem(problem);
            sheet.note(&shown.texts.wrong(&run.model, &problem, run.errors));
        }
    }
}

/// Whose user and system time are not told apart, and why.
fn parts_unknown(shown: &Shown<'_>, sheet: &mut Sheet) {
    let unknown = |run: &Run| {
        let server = &run.server;
        let parts = server.user_us_per_message.and(server.system_us_per_message);
        server.cpu_us_per_message.is_some() && parts.is_none()
    };
    let runs: Vec<usize> = shown
        .runs()
        .filter(|(_, run)| unknown(run))
        .map(|(index, _)| index)
        .collect();
    if runs.is_empty() {
        return;
    }
    let texts = shown.texts;
    let sound = shown.runs().filter(|(_, run)| run.problem.is_none());
    let names = (runs.len() < sound.count()).then(|| format!(" ({})", shown.list(&runs)));
    let parts = [Quantity::UserCpuPerMessage, Quantity::SystemCpuPerMessage];
    let parts = parts.map(|quantity| texts.quantity(quantity));
    let (parts, names) = (texts.list(&parts), names.unwrap_or_default());
    sheet.note(&format!(
        "– {parts}{names}: {}.",
        texts.page().parts_unknown
    ));
}

/// What the columns of latency and of the views are.
fn how_measured(shown: &Shown<'_>, sheet: &mut Sheet) {
    let report = shown.report;
    let settings = &report.settings;
    let any = |has: fn(&Run) -> bool| report.runs.iter().any(has);
    if any(|run| run.server.threads_peak.is_some()) {
        sheet.note(shown.texts.threads_note());
    }
    let counters = report.runs.iter().map(|run| run.server.syscall_counter);
    if let Some(counter) = counters.flatten().next() {
        sheet.note(shown.texts.syscall_counter(counter));
    }
    if let Some(rate_per_s) = settings.latency_rate_per_s {
        if any(|run| run.latency_us.is_some()) {
            sheet.note(&shown.texts.latency_load(rate_per_s));
        }
    }
    if any(|run| run.stall.is_some()) {
        sheet.note(&shown.texts.stall_load(settings));
        let threads = stall_threads(report.runs.iter());
        if !threads.is_empty() {
            sheet.note(&shown.texts.stall_threads(&threads));
        }
    }
    if any(|run| run.idle.is_some()) {
        sheet.note(&shown.texts.idle_load(settings.idle_connections));
    }
    if let Some(sessions) = report.runs.iter().find_map(|run| run.sessions.as_ref()) {
        let messages = settings.session_messages;
        sheet.note(&shown.texts.sessions_load(sessions.clients, messages));
    }
    let stalled = |run: &Run| run.stall.as_ref().is_some_and(|stall| stall.unsent > 0);
    if any(unsent) || any(stalled) {
        sheet.note(shown.words.lower_bound_note);
    }
}
