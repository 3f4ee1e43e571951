//! Two reports beside each other.

use super::columns::Column;
use super::conditions::made;
use super::figures::{NONE, ratio};
use super::sheet::Sheet;
use crate::lang::quantity::Quantity;
use crate::lang::terminal::Became;
use crate::lang::{Lang, Names, Texts, number};
use crate::report::data::Report;
use crate::report::difference::{Compared, Difference, InBoth};
use crate::report::ranking::Metric;

/// What is otherwise in `b` than in `a`, which is `difference`, in lines of at most `width` columns, but for words that
/// are longer. No line feed at the end.
pub(crate) fn render_difference(
    a: &Report,
    b: &Report,
    difference: &Difference,
    lang: Lang,
    width: usize,
) -> String {
    let texts = lang.texts();
    let words = texts.terminal();
    let mut sheet = Sheet::new(width);
    let about = |report: &Report| format!("{}, {}", made(report), texts.machine(&report.host));
    sheet.rows(&[
        (words.report_a.into(), about(a)),
        (words.report_b.into(), about(b)),
    ]);
    sheet.gap();
    for metric in METRICS {
        for line in became(texts, difference, metric) {
            sheet.paragraph(&line);
        }
    }
    sheet.title(words.differences);
    table(texts, difference, &mut sheet);
    sheet.gap();
    if difference.servers.iter().any(|server| server.load_limited) {
        sheet.note(words.load_limited_difference);
    }
    if has_wide_interval(difference) {
        sheet.note(texts.too_few_rounds_note());
    }
    only_in(texts, words.report_a, a, &difference.only_a, &mut sheet);
    only_in(texts, words.report_b, b, &difference.only_b, &mut sheet);
    unlike(texts, difference, &mut sheet);
    sheet.into_text()
}

const METRICS: [Metric; 3] = [Metric::Cost, Metric::Speed, Metric::Latency];

/// The figure of a metric, and what it is called.
fn compared(server: &InBoth, metric: Metric) -> Option<Compared> {
    match metric {
        Metric::Cost => server.cost,
        // It says nothing about the server then.
        Metric::Speed if server.load_limited => None,
        Metric::Speed => server.speed,
        Metric::Latency => server.latency,
    }
}

fn quantity(metric: Metric) -> Quantity {
    match metric {
        Metric::Cost => Quantity::CpuPerMessage,
        Metric::Speed => Quantity::MessagesPerSecond,
        Metric::Latency => Quantity::LatencyP99,
    }
}

/// Who became worse and who better by a metric, and who is not told apart.
fn became(texts: &dyn Texts, difference: &Difference, metric: Metric) -> Vec<String> {
    [Became::Worse, Became::Better, Became::NotToldApart]
        .into_iter()
        .filter_map(|kind| {
            let names: Vec<&str> = difference
                .servers
                .iter()
                .filter(|server| {
                    compared(server, metric).is_some_and(|it| what_became(&it, metric) == kind)
                })
                .map(|server| server.name.as_str())
                .collect();
            (!names.is_empty()).then(|| texts.became(kind, metric, &texts.list(&names)))
        })
        .collect()
}

fn what_became(compared: &Compared, metric: Metric) -> Became {
    let more = compared.ratio.value > 1.0;
    let more_is_better = metric == Metric::Speed;
    match compared.told_apart {
        false => Became::NotToldApart,
        true if more == more_is_better => Became::Better,
        true => Became::Worse,
    }
}

fn table(texts: &dyn Texts, difference: &Difference, sheet: &mut Sheet) {
    let words = texts.terminal();
    let servers = &difference.servers;
    let names = servers.iter().map(|server| server.name.clone()).collect();
    let groups = METRICS
        .into_iter()
        .filter(|&metric| {
            servers
                .iter()
                .any(|server| compared(server, metric).is_some())
        })
        .map(|metric| {
            let quantity = quantity(metric);
            let cells = |show: &dyn Fn(&Compared) -> String| {
                servers
                    .iter()
                    .map(|server| match compared(server, metric) {
                        Some(compared) => show(&compared),
                        None if metric == Metric::Speed && server.load_limited => "*".into(),
                        None => NONE.into(),
                    })
                    .collect::<Vec<String>>()
            };
            let head = |report: &str| {
                let unit = quantity
                    .unit()
                    .map_or_else(String::new, |unit| format!(" {unit}"));
                format!("{}\n{report}{unit}", texts.short(quantity))
            };
            vec![
                Column::right(head(words.report_a), cells(&|it| quantity.plain(it.a))),
                Column::right(head(words.report_b), cells(&|it| quantity.plain(it.b))),
                Column::right(words.ratio, cells(&|it| told(texts, it))),
            ]
        })
        .collect();
    sheet.tables(&Column::names(words.server, names), groups);
}

fn has_wide_interval(difference: &Difference) -> bool {
    let mut compared = difference.servers.iter().flat_map(|server| {
        METRICS
            .into_iter()
            .filter_map(|metric| compared(server, metric))
    });
    compared.any(|it| !number::tells(it.ratio.low, it.ratio.high))
}

/// The ratio, marked where it is not told from 1.
fn told(texts: &dyn Texts, compared: &Compared) -> String {
    let mark = if compared.told_apart { "" } else { "= " };
    format!("{mark}{}", ratio(texts, &compared.ratio))
}

fn only_in(texts: &dyn Texts, name: &str, report: &Report, runs: &[usize], sheet: &mut Sheet) {
    if runs.is_empty() {
        return;
    }
    let names = Names::new(report);
    let names: Vec<&str> = runs.iter().map(|&run| names.of(run)).collect();
    sheet.note(&texts.only_in(name, &texts.list(&names)));
}

/// What else may be the reason.
fn unlike(texts: &dyn Texts, difference: &Difference, sheet: &mut Sheet) {
    if difference.unlike.is_empty() {
        return;
    }
    let words = texts.terminal();
    sheet.title(words.unlike);
    let given = |text: &Option<String>| text.clone().unwrap_or_else(|| words.not_given.into());
    for unlike in &difference.unlike {
        let property = texts.property(&unlike.what);
        sheet.item(&format!(
            "{property}: A {}, B {}",
            given(&unlike.a),
            given(&unlike.b)
        ));
    }
}
