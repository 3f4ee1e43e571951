//! Two reports beside each other.

use maud::{Markup, html};

use super::capitalised;
use super::chart::Caption;
use super::chart::axis::Axis;
use super::chart::rows::{Name, Panel, Rows};
use super::chart::scale::tick;
use super::cost::{interval, ratio_row, ratio_scale};
use super::table::{Cell, table};
use crate::lang::Texts;
use crate::lang::number;
use crate::lang::page::PageWords;
use crate::lang::quantity::Quantity;
use crate::report::data::Report;
use crate::report::difference::{Compared, Difference, InBoth};
use crate::report::ranking::Metric;

const METRICS: [(Metric, Quantity); 3] = [
    (Metric::Cost, Quantity::CpuPerMessage),
    (Metric::Speed, Quantity::MessagesPerSecond),
    (Metric::Latency, Quantity::LatencyP99),
];

/// The content of the page.
pub(super) fn body(a: &Report, b: &Report, difference: &Difference, texts: &dyn Texts) -> Markup {
    let words = texts.page();
    html! {
        header {
            h1 { (words.difference) }
            @for (name, report) in [(words.report_a, a), (words.report_b, b)] {
                p class="made" {
                    b { (name) } ": " (texts.load(&report.settings)) ". " (texts.host_system(&report.host)) ". "
                    (texts.made(report))
                }
            }
        }
        main {
            section id="differences" {
                h2 { (words.differences) }
                p { (words.difference_about) }
                (charts(difference, texts))
                (figures(difference, texts))
                @if has_wide_interval(difference) {
                    p class="notes" { (texts.too_few_rounds_note()) " " (words.beyond_axis) }
                }
                (only(words.only_in_a, a, &difference.only_a))
                (only(words.only_in_b, b, &difference.only_b))
            }
            (unlike(difference, texts))
            section id="conditions" {
                h2 { (words.repeat) }
                @for (name, report) in [(words.report_a, a), (words.report_b, b)] {
                    p class="label" { (name) }
                    pre tabindex="0" { code { (report.command) } }
                }
            }
        }
    }
}

/// A chart a metric that any server has in both reports.
fn charts(difference: &Difference, texts: &dyn Texts) -> Markup {
    let charts = METRICS.into_iter().filter_map(|(metric, quantity)| {
        let compared: Vec<(&str, &Compared)> = difference
            .servers
            .iter()
            .filter_map(|server| Some((server.name.as_str(), of(server, metric)?)))
            .collect();
        (!compared.is_empty()).then_some((metric, quantity, compared))
    });
    html! {
        @for (metric, quantity, compared) in charts {
            @let heading = capitalised(texts.metric(metric));
            section class="view" {
                div class="about" {
                    h3 { (heading) }
                    p { (capitalised(&texts.titled(quantity))) ", " (texts.page().b_by_a) }
                }
                div class="shown" {
                    figure { (chart(metric, heading, &compared, texts)) }
                }
            }
        }
    }
}

fn chart(
    metric: Metric,
    title: String,
    compared: &[(&str, &Compared)],
    texts: &dyn Texts,
) -> Markup {
    let words = texts.page();
    let ratios = compared.iter().map(|(_, compared)| compared.ratio);
    let panel = Panel {
        axis: Axis {
            title: format!("{title}, {} ({})", words.b_by_a, words.unit_ratio),
            unit: Some(words.unit_ratio),
            scale: ratio_scale(ratios),
            tick,
        },
        weight: 1.0,
        reference: Some(1.0),
        rows: compared
            .iter()
            .map(|(_, compared)| ratio_row(&compared.ratio, texts))
            .collect(),
    };
    let name = |name: &str| Name {
        text: name.into(),
        strong: false,
    };
    let rows = Rows {
        caption: Caption {
            id: match metric {
                Metric::Cost => "cost-difference",
                Metric::Speed => "speed-difference",
                Metric::Latency => "latency-difference",
            },
            title,
            description: words.difference_about.into(),
        },
        names: compared.iter().map(|(server, _)| name(server)).collect(),
        panels: vec![panel],
    };
    rows.render()
}

fn figures(difference: &Difference, texts: &dyn Texts) -> Markup {
    let words = texts.page();
    let mut head = vec![words.server.to_owned()];
    for (_, quantity) in METRICS {
        let title = capitalised(&texts.titled(quantity));
        head.extend([
            format!("{title}, A"),
            format!("{title}, B"),
            words.b_by_a.to_owned(),
        ]);
    }
    let rows: Vec<_> = difference
        .servers
        .iter()
        .map(|server| {
            let cells = METRICS
                .into_iter()
                .flat_map(|(metric, quantity)| cells(server, metric, quantity, texts));
            (server.name.clone(), cells.collect())
        })
        .collect();
    table(words.differences, &head, &rows)
}

fn cells(server: &InBoth, metric: Metric, quantity: Quantity, texts: &dyn Texts) -> [Cell; 3] {
    let words = texts.page();
    let Some(compared) = of(server, metric) else {
        return std::array::from_fn(|_| Cell::missing(texts.not_available()));
    };
    let ratio = Cell::text(number::ratio(compared.ratio.value))
        .below(interval(&compared.ratio, texts))
        .below(told(compared, words));
    let ratio = if metric == Metric::Speed && server.load_limited {
        ratio.below(texts.load_limited())
    } else {
        ratio
    };
    [
        Cell::text(quantity.plain(compared.a)),
        Cell::text(quantity.plain(compared.b)),
        ratio,
    ]
}

fn has_wide_interval(difference: &Difference) -> bool {
    let compared = |server| {
        METRICS
            .into_iter()
            .filter_map(move |(metric, _)| of(server, metric))
    };
    let mut all = difference.servers.iter().flat_map(compared);
    all.any(|it| !number::tells(it.ratio.low, it.ratio.high))
}

fn told(compared: &Compared, words: &PageWords) -> &'static str {
    if compared.told_apart {
        words.told_apart
    } else {
        words.not_told_apart
    }
}

fn of(server: &InBoth, metric: Metric) -> Option<&Compared> {
    match metric {
        Metric::Cost => server.cost.as_ref(),
        Metric::Speed => server.speed.as_ref(),
        Metric::Latency => server.latency.as_ref(),
    }
}

fn only(title: &str, report: &Report, runs: &[usize]) -> Markup {
    html! {
        @if !runs.is_empty() {
            p class="label" { (title) }
            ul class="plain" { @for run in runs { li { (report.runs[*run].model) } } }
        }
    }
}

fn unlike(difference: &Difference, texts: &dyn Texts) -> Markup {
    let words = texts.page();
    let head = ["", words.report_a, words.report_b].map(str::to_owned);
    let cell = |value: &Option<String>| match value {
        Some(value) => Cell::text(texts.rests_on(value)),
        None => Cell::missing(texts.not_available()),
    };
    let rows: Vec<_> = difference
        .unlike
        .iter()
        .map(|unlike| {
            let name = texts.property(&unlike.what);
            (name, vec![cell(&unlike.a), cell(&unlike.b)])
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            section id="unlike" {
                h2 { (words.unlike) }
                p { (words.unlike_about) }
                (table(words.unlike, &head, &rows))
            }
        }
    }
}
