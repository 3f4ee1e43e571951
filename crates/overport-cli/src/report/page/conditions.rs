//! The machine, the settings, the noise, the command that repeats it, and how to read it all.

use maud::{Markup, html};

use super::{Page, capitalised};
use crate::lang::number::{bytes, count, percent, tied};
use crate::report::data::{Origin, Reason, Run, View};
use crate::report::statistics::quartiles;

impl Page<'_> {
    pub(super) fn conditions_section(&self) -> Markup {
        html! {
            section id="conditions" {
                h2 { (self.words.conditions) }
                h3 { (self.words.how_to_read) }
                @for paragraph in self.texts.reading(self.meaning.cost.rounds) { p { (tied(&paragraph)) } }
                h3 { (self.words.repeat) }
                pre tabindex="0" { code { (self.report.command) } }
                (self.commands())
                div class="facts" {
                    (facts(self.words.machine, &self.machine_facts()))
                    (facts(self.words.settings, &self.setting_facts()))
                    (facts(self.words.noise, &self.noise_facts()))
                }
                (self.raw_rounds())
            }
        }
    }

    /// The commands of servers from outside, which the command that repeats it may have shortened
    /// by its shell's means.
    fn commands(&self) -> Markup {
        let commands: Vec<(&str, &str)> = self
            .report
            .runs
            .iter()
            .filter_map(|run| match &run.origin {
                Origin::Command { command } => Some((run.model.as_str(), command.as_str())),
                Origin::Model { .. } => None,
            })
            .collect();
        html! {
            @if !commands.is_empty() {
                p class="label" { (self.words.commands) }
                ul class="plain" {
                    @for (name, command) in commands { li { b { (name) } ": " code { (command) } } }
                }
            }
        }
    }

    fn machine_facts(&self) -> Vec<(&'static str, String)> {
        let host = &self.report.host;
        let words = self.words;
        let limit = |limit: Option<u64>| limit.map_or_else(|| words.unknown.into(), count);
        vec![
            (words.operating_system, self.texts.host_system(host)),
            (
                words.processor,
                host.cpu.clone().unwrap_or_else(|| words.unknown.into()),
            ),
            (words.cores, count(host.cores)),
            (
                words.memory,
                host.memory_bytes
                    .map_or_else(|| words.unknown.into(), |size| bytes(size as f64)),
            ),
            (
                words.virtual_machine,
                match host.virtual_machine {
                    Some(true) => words.yes.into(),
                    Some(false) => words.no.into(),
                    None => words.unknown.into(),
                },
            ),
            (words.backend, self.texts.host_backend(host)),
            (
                words.pinning,
                self.texts.separate(host.pinning.separate).into(),
            ),
            (
                words.server_cpus,
                numbers(&host.pinning.server_cpus, words.unknown),
            ),
            (
                words.load_cpus,
                numbers(&host.pinning.load_cpus, words.unknown),
            ),
            (words.descriptors, limit(host.limits.descriptors)),
            (words.local_ports, limit(host.limits.local_ports)),
            (words.somaxconn, limit(host.limits.somaxconn)),
        ]
    }

    fn setting_facts(&self) -> Vec<(&'static str, String)> {
        let settings = &self.report.settings;
        let words = self.words;
        let views: Vec<&str> = settings
            .views
            .iter()
            .map(|view| self.texts.view(*view))
            .collect();
        vec![
            (words.load, self.texts.load(settings)),
            (words.rounds_of, count(settings.rounds)),
            (words.round_time, self.texts.seconds(settings.round_s)),
            (words.warm_up, self.texts.seconds(settings.warm_up_s)),
            (
                words.rate,
                match settings.latency_rate_per_s {
                    Some(rate) => self.texts.messages_per_second(rate),
                    None if !settings.views.contains(&View::Latency) => {
                        self.texts.reason(&Reason::NotAskedFor)
                    }
                    None => self.texts.not_available().into(),
                },
            ),
            (words.patience, self.texts.seconds(settings.patience_s)),
            (words.views, views.join(", ")),
        ]
    }

    fn noise_facts(&self) -> Vec<(&'static str, String)> {
        let noise = &self.report.noise;
        let words = self.words;
        let part =
            |part: Option<f64>| part.map_or_else(|| self.texts.not_available().into(), percent);
        let mut facts = vec![
            (words.steal, part(noise.steal_part)),
            (words.foreign, part(noise.foreign_part)),
            (
                words.disturbances,
                self.texts.disturbances(noise.repeated, noise.disturbed),
            ),
        ];
        let spreads = self.runs().filter_map(|(_, run)| Some((spread(run)?, run)));
        if let Some((spread, run)) = spreads.max_by(|a, b| a.0.total_cmp(&b.0)) {
            let text = format!("{} ({}: {})", percent(spread), words.spread_of, run.model);
            facts.push((words.spread, text));
        }
        facts
    }
}

/// Fewer have no quartiles of their own.
const LEAST_ROUNDS: usize = 4;

fn facts(heading: &str, facts: &[(&str, String)]) -> Markup {
    html! {
        div {
            h3 { (heading) }
            dl {
                @for (name, value) in facts {
                    div { dt { (capitalised(name)) } dd { (tied(value)) } }
                }
            }
        }
    }
}

/// Distance of the quartiles of the cost by its median; none of a server whose rounds are too few
/// or wrong.
fn spread(run: &Run) -> Option<f64> {
    let costs: Vec<f64> = run
        .rounds
        .iter()
        .filter_map(|round| round.cpu_us_per_message)
        .collect();
    if costs.len() < LEAST_ROUNDS || run.problem.is_some() {
        return None;
    }
    let quartiles = quartiles(&costs)?;
    (quartiles.median > 0.0).then(|| (quartiles.upper - quartiles.lower) / quartiles.median)
}

fn numbers(numbers: &[u64], none: &str) -> String {
    if numbers.is_empty() {
        return none.into();
    }
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
