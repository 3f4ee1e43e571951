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
        run.backend = None;
        run.rounds.clear();
    }
    for_each(&report, |text, _| {
        for run in &report.runs {
            let mut lines = text.lines();
            let row = lines.find(|line| {
                line.trim_start_matches("! ").starts_with(&run.model) && line.ends_with('–')
            });
            assert!(row.is_some(), "{}: {text}", run.model);
        }
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
fn every_server_has_a_row_in_every_table_whatever_is_missing() {
    let mut report = sample::report();
    // These have figures and no round that both have, the others nothing at all.
    report.runs[1].rounds.retain(|round| round.round % 2 == 0);
    report.runs[2].rounds.retain(|round| round.round % 2 == 1);
    for (index, run) in report.runs.iter_mut().enumerate() {
        run.problem = None;
        if !(1..=2).contains(&index) {
            run.rounds.clear();
            run.server = Default::default();
            run.unavailable.clear();
        }
    }
    for lang in LANGUAGES {
        let text = render(&report, lang, 80);
        let head = lang.texts().terminal().server;
        let mut tables = 0;
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.starts_with(&format!("{head} ")) {
                tables += 1;
                let rows = &lines[index + 1..];
                let end = rows.iter().position(|line| line.is_empty());
                let rows = &rows[..end.unwrap_or(rows.len())];
                for run in &report.runs {
                    let row = format!("{} ", run.model);
                    assert!(
                        rows.iter().any(|line| line.starts_with(&row)),
                        "{row}: {text}"
                    );
                }
            }
        }
        assert!(tables > 0, "{text}");
    }
}

/// In most rounds the machine was busy.
fn disturbed() -> Report {
    let mut report = sample::report();
    for run in &mut report.runs {
        for round in run.rounds.iter_mut().skip(1) {
            round.noise.disturbed = true;
            round.noise.foreign_part = Some(0.72);
        }
    }
    report
}

#[test]
fn that_the_rounds_were_disturbed_stands_right_under_the_verdict() {
    for (lang, caveat) in [
        (Lang::En, "Take this as provisional: "),
        (Lang::Ko, "이 결론은 잠정적입니다."),
    ] {
        let text = render(&disturbed(), lang, 300);
        let second = text.lines().nth(1).unwrap_or_default();
        assert!(second.starts_with(caveat), "{text}");
        assert!(second.contains("72.0 %"), "{second}");
    }
}

#[test]
fn a_long_name_is_cut_in_tables_and_whole_where_its_problem_is() {
    let mut report = sample::report();
    let name = "a-server-".repeat(22);
    report.runs[2].model = name.clone();
    report.runs[2].problem = Some(Problem::Hung {
        after_s: 5.0,
        text: "recv".into(),
    });
    for lang in LANGUAGES {
        let text = render(&report, lang, 300);
        let cut = text.lines().find(|line| line.starts_with("! a-server-"));
        assert!(cut.is_some_and(|row| row.contains('…')), "{text}");
        assert!(text.contains(&name), "{text}");
    }
}

#[test]
fn an_interval_that_tells_nothing_is_no_number() {
    let report = Sample {
        rounds: 1,
        ..Sample::default()
    }
    .report();
    let text = render(&report, Lang::En, 140);
    assert!(text.contains("1.00 (too few rounds)"), "{text}");
    assert!(text.contains("“too few rounds”:"), "{text}");
    let text = render(&sample::report(), Lang::En, 140);
    assert!(!text.contains("too few rounds"), "{text}");
}

#[test]
fn what_was_not_asked_for_is_not_called_unavailable() {
    let mut report = sample::report();
    for run in &mut report.runs {
        run.flood = None;
        run.unavailable
            .insert(crate::report::data::Figure::Flood, Reason::NotAskedFor);
    }
    for (lang, begin) in [
        (Lang::En, "– not asked for: "),
        (Lang::Ko, "– 요청하지 않음: "),
    ] {
        let text = render(&report, lang, 140);
        assert!(text.contains(begin), "{text}");
    }
}

#[test]
fn why_user_and_system_time_are_missing_is_said() {
    let mut report = sample::report();
    report.runs[3].server.user_us_per_message = None;
    for_each(&report, |text, _| {
        assert!(text.contains(" (select): "), "{text}");
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
