//! The sample's report as it is shown.

use super::*;
use crate::report::data::{Problem, Reason};
use crate::report::difference::difference;
use crate::report::sample::{self, Sample};

const LANGUAGES: [Lang; 2] = [Lang::En, Lang::Ko];
const WIDTHS: [usize; 3] = [40, 80, 140];

/// Columns that a text takes; these are the wide letters that the languages use.
fn width(text: &str) -> usize {
    text.chars()
        .map(|letter| match letter {
            '\u{1100}'..='\u{115f}' | '가'..='힣' | '\u{3000}'..='\u{303f}' => 2,
            _ => 1,
        })
        .sum()
}

/// The text as if no line were broken.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn for_each(report: &Report, check: impl Fn(&str, usize)) {
    for lang in LANGUAGES {
        for columns in WIDTHS {
            check(&render(report, lang, columns), columns);
        }
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let a = sample::report();
    let b = Sample {
        seed: 2,
        ..Sample::default()
    }
    .report();
    let difference = difference(&a, &b);
    for lang in LANGUAGES {
        for columns in WIDTHS {
            let both = render_difference(&a, &b, &difference, lang, columns);
            for line in render(&a, lang, columns).lines().chain(both.lines()) {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
    }
}

#[test]
fn the_verdict_comes_first_and_every_server_is_there() {
    let report = sample::report();
    for_each(&report, |text, _| {
        let first = text.lines().next().unwrap_or_default();
        assert!(!first.starts_with(' '), "{first}");
        let begin: String = unbroken(text).chars().take(80).collect();
        assert!(begin.contains("completion-port"), "{begin}");
        for run in &report.runs {
            assert!(text.contains(&run.model), "{}: {text}", run.model);
        }
    });
}

#[test]
fn a_figure_that_is_missing_is_not_a_number() {
    let mut report = sample::report();
    for run in &mut report.runs {
        run.server = Default::default();
        run.messages_per_s = None;
        run.latency_us = None;
        run.latency_rounds.clear();
        run.over_connections.clear();
        run.stall = None;
        run.idle = None;
        run.flood = None;
        run.sessions = None;
        run.source_lines = None;
        run.rounds.clear();
    }
    for_each(&report, |text, _| {
        let servers = report.runs.iter().map(|run| run.model.as_str());
        for server in servers {
            let rows = text
                .lines()
                .filter(|line| line.trim_start_matches("! ").starts_with(server));
            for row in rows.filter(|row| row.ends_with('–')) {
                assert!(
                    !row.contains(|letter: char| letter.is_ascii_digit()),
                    "{row}"
                );
            }
        }
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    });
}

#[test]
fn why_a_figure_is_missing_is_said_with_it() {
    let mut report = sample::report();
    let run = &mut report.runs[4];
    run.latency_us = None;
    let text = "no such counter".to_owned();
    run.unavailable.insert(
        crate::report::data::Figure::LatencyUs,
        Reason::System { text },
    );
    for_each(&report, |text, _| {
        assert!(unbroken(text).contains("no such counter"), "{text}");
    });
}

#[test]
fn a_server_with_a_problem_has_a_row_and_a_line_that_says_which() {
    let mut report = sample::report();
    report.runs[2].problem = Some(Problem::Died {
        how: "signal 11".into(),
    });
    for_each(&report, |text, _| {
        assert!(text.contains("\n! nonblocking  "), "{text}");
        assert!(text.contains("! nonblocking:"), "{text}");
        assert!(unbroken(text).contains("signal 11"), "{text}");
    });
}

#[test]
fn servers_that_are_not_told_apart_are_named_with_the_rounds() {
    let mut servers = sample::servers();
    servers[4].cpu_us = servers[5].cpu_us;
    let report = Sample {
        servers,
        ..Sample::default()
    }
    .report();
    let english = render(&report, Lang::En, 140);
    assert!(english.contains("not told apart at 8 rounds"), "{english}");
    assert!(english.contains("async-select"), "{english}");
    let korean = render(&report, Lang::Ko, 140);
    assert!(korean.contains("라운드 8회로는 구별되지 않음"), "{korean}");
}

#[test]
fn a_speed_that_the_load_bounded_is_marked_and_explained() {
    let text = render(&sample::report(), Lang::En, 140);
    let row = text
        .lines()
        .find(|line| line.starts_with("completion-port "))
        .unwrap_or_default();
    assert!(row.contains('*'), "{row}");
    assert!(text.contains("* limited by the load"), "{text}");
}

#[test]
fn columns_are_aligned_in_both_languages() {
    for lang in LANGUAGES {
        let text = render(&sample::report(), lang, 80);
        let lines: Vec<&str> = text.lines().collect();
        let head = lines
            .iter()
            .position(|line| line.ends_with("msg/s"))
            .expect("the speed is a column");
        // Right-aligned figures end where their head ends.
        for row in &lines[head + 1..][..report_rows()] {
            assert_eq!(width(row), width(lines[head]), "{row}");
        }
    }
}

fn report_rows() -> usize {
    sample::servers().len()
}

#[test]
fn a_report_of_a_single_round_has_no_endless_interval() {
    let report = Sample {
        rounds: 1,
        ..Sample::default()
    }
    .report();
    for_each(&report, |text, _| {
        assert!(!text.contains("inf") && !text.contains("NaN"), "{text}");
    });
}

#[test]
fn two_reports_are_compared_server_by_server() {
    let a = sample::report();
    let mut servers = sample::servers();
    servers[8].cpu_us *= 1.5;
    let b = Sample {
        servers,
        seed: 2,
        ..Sample::default()
    }
    .report();
    let text = render_difference(&a, &b, &difference(&a, &b), Lang::En, 140);
    assert!(text.contains("B costs more: "), "{text}");
    assert!(text.contains("1.5"), "{text}");
}

#[test]
fn a_report_without_a_server_that_came_through_is_shown() {
    let mut report = sample::report();
    for run in &mut report.runs {
        run.problem = Some(Problem::NeverListened { after_s: 5.0 });
    }
    for_each(&report, |text, _| {
        assert!(text.contains("! select"), "{text}");
    });
    report.runs.clear();
    for_each(&report, |text, _| {
        assert!(text.contains("overport compare"), "{text}");
    });
}
