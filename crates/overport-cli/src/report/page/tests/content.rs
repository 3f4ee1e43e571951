//! What a page says: every server, its figures, and why one is missing.

use super::samples::{elsewhere, missing, samples};
use super::text_of;
use crate::lang::Lang;
use crate::lang::number;
use crate::lang::quantity::Quantity;
use crate::report::difference::difference;
use crate::report::page::{render, render_difference};
use crate::report::sample::{self, Sample};

/// The rows of the table of servers: the name as it is escaped, and the text.
fn rows(page: &str) -> Vec<(&str, String)> {
    let section = page.split_once("<section id=\"servers\">").unwrap().1;
    let table = section.split_once("</table>").unwrap().0;
    let body = table.split_once("<tbody").unwrap().1;
    body.split("<tr ")
        .skip(1)
        .map(|row| {
            let span = row.split_once("<span class=\"server\"").unwrap().1;
            let name = match span.strip_prefix('>') {
                Some(name) => name.split_once("</span>").unwrap().0,
                // The title has a name whole that was cut.
                None => span.split('"').nth(1).unwrap(),
            };
            (name, text_of(row))
        })
        .collect()
}

#[test]
fn every_server_has_a_row_in_the_order_of_its_cost() {
    for lang in [Lang::En, Lang::Ko] {
        for (name, report) in samples() {
            let page = render(&report, lang.texts());
            let mut shown: Vec<_> = rows(&page).iter().map(|(name, _)| *name).collect();
            let mut expected: Vec<_> = report
                .runs
                .iter()
                .map(|run| maud::html! { (run.model) }.into_string())
                .collect();
            shown.sort_unstable();
            expected.sort_unstable();
            assert_eq!(shown, expected, "{name}");
        }
    }
    let page = render(&sample::report(), Lang::En.texts());
    let names: Vec<_> = rows(&page).iter().map(|(name, _)| *name).collect();
    assert_eq!(names[0], "completion-port");
    assert_eq!(names[8..], ["iterative", "echo-py"]);
}

/// The tables of `page` whose first column is of servers, but for those of the flood, which one
/// model alone has to do with.
fn tables(page: &str) -> impl Iterator<Item = &str> {
    page.split("<table")
        .skip(1)
        .filter_map(|table| table.split_once("</table>"))
        .map(|(table, _)| table)
        .filter(|table| table.contains(">Server<") && !table.contains("the flood"))
}

#[test]
fn every_server_is_in_every_table_whatever_is_missing() {
    let mut alone = sample::report();
    let last = alone.runs.len() - 2;
    for run in &mut alone.runs[..last] {
        super::samples::strip(run);
        run.unavailable.clear();
    }
    for report in [sample::report(), missing(), alone] {
        let page = render(&report, Lang::En.texts());
        for table in tables(&page) {
            for run in &report.runs {
                assert!(table.contains(&run.model), "{} in {table}", run.model);
            }
        }
    }
}

#[test]
fn an_interval_that_tells_nothing_does_not_stretch_the_axis() {
    let sample = Sample {
        rounds: 1,
        ..Sample::default()
    };
    let page = render(&sample.report(), Lang::En.texts());
    let chart = page.split_once("id=\"cost\"").unwrap().1;
    let chart = text_of(chart.split_once("</figure>").unwrap().0);
    assert!(!chart.contains("1,000"), "{chart}");
    assert!(chart.contains("(too few rounds)"), "{chart}");
}

#[test]
fn a_lower_bound_keeps_its_mark() {
    let mut report = sample::report();
    let stall = report.runs[7].stall.as_mut().unwrap();
    stall.unsent = 3;
    stall.with.p99 = 77_700.0;
    let page = text_of(&render(&report, Lang::En.texts()));
    let marked = page.matches("77,700").count();
    assert!(marked >= 3, "{marked}");
    let marks = page.matches("> 77,700").count() + page.matches("&gt;77,700").count();
    assert_eq!(marks, marked, "{page}");
}

#[test]
fn the_figures_are_those_of_the_report() {
    let report = sample::report();
    let page = render(&report, Lang::En.texts());
    let rows = rows(&page);
    for run in report.runs.iter().filter(|run| run.problem.is_none()) {
        let (_, row) = rows.iter().find(|(name, _)| *name == run.model).unwrap();
        let server = &run.server;
        let mut expected = vec![
            Quantity::CpuPerMessage.plain(server.cpu_us_per_message.unwrap()),
            Quantity::UserCpuPerMessage.plain(server.user_us_per_message.unwrap()),
            Quantity::SystemCpuPerMessage.plain(server.system_us_per_message.unwrap()),
            Quantity::MessagesPerSecond.plain(run.messages_per_s.unwrap()),
            Quantity::PeakMemory.plain(server.rss_peak_bytes.unwrap() as f64),
            Quantity::SourceLines.plain(run.source_lines.unwrap() as f64),
        ];
        if let Some(latency) = run.latency_us {
            expected.extend(
                [latency.p50, latency.p99, latency.p99_9]
                    .map(|value| Quantity::LatencyP99.plain(value)),
            );
        }
        for figure in expected {
            assert!(
                row.contains(&format!(" {figure}")),
                "{}: {figure} in {row}",
                run.model
            );
        }
    }
}

#[test]
fn a_missing_figure_says_so_and_why() {
    let report = missing();
    for (lang, why) in [
        (
            Lang::En,
            "not available here: the system says: Operation not permitted (os error 1)",
        ),
        (
            Lang::Ko,
            "여기서는 알 수 없음: 시스템 메시지: Operation not permitted (os error 1)",
        ),
    ] {
        let texts = lang.texts();
        let page = text_of(&render(&report, texts));
        assert!(page.contains(why), "{page}");
        for (_, row) in rows(&render(&report, texts)) {
            assert_eq!(row.matches(texts.not_available()).count(), 11, "{row}");
        }
    }
}

#[test]
fn a_server_with_a_problem_is_plain_to_see() {
    let page = render(&sample::report(), Lang::En.texts());
    let verdict = page.split_once("<section id=\"servers\">").unwrap().0;
    let problems = text_of(verdict.split_once("class=\"problems\"").unwrap().1);
    assert!(problems.contains("echo-py"), "{problems}");
    assert!(problems.contains("byte 3072 is 0x40"), "{problems}");
}

#[test]
fn servers_that_are_not_told_apart_share_a_marked_rank() {
    let mut sample = Sample::default();
    sample.servers = vec![sample::server("one"), sample::server("other")];
    let page = render(&sample.report(), Lang::En.texts());
    for (_, row) in rows(&page) {
        assert!(row.contains("1="), "{row}");
        assert!(row.contains("not told apart at 8 rounds"), "{row}");
    }
}

#[test]
fn a_single_round_has_no_interval() {
    let sample = Sample {
        rounds: 1,
        ..Sample::default()
    };
    let page = text_of(&render(&sample.report(), Lang::En.texts()));
    assert!(page.contains("too few rounds"), "{page}");
}

#[test]
fn the_claims_say_their_finding_in_words_and_by_a_shape() {
    let page = render(&sample::report(), Lang::En.texts());
    let claims = page.split_once("<ul class=\"claims\">").unwrap().1;
    for finding in ["confirmed", "contradicted", "unmeasured"] {
        let (_, found) = claims
            .split_once(&format!("<span class=\"finding {finding}\">"))
            .unwrap();
        assert!(found.starts_with("<svg"), "{found:.40}");
    }
    assert!(text_of(&page).contains("not measurable here"));
}

#[test]
fn two_reports_show_both_figures_and_their_ratio() {
    let (a, b) = (sample::report(), elsewhere());
    let difference = difference(&a, &b);
    let text = text_of(&render_difference(&a, &b, &difference, Lang::En.texts()));
    for expected in [
        "Report A",
        "Report B",
        "What completion-port rests on",
        "Only in A nonblocking",
        "Only in B only-here",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    for server in &difference.servers {
        assert!(text.contains(&server.name), "{}", server.name);
        for cost in server.cost.iter() {
            let figures = [cost.a, cost.b].map(|cost| Quantity::CpuPerMessage.plain(cost));
            let ratio = number::ratio(cost.ratio.value);
            let row = format!(" {} {} {ratio} ", figures[0], figures[1]);
            assert!(text.contains(&row), "{row} in {text}");
        }
    }
}
