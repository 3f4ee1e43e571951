//! Who is told apart.

use serde_json::Value;

use crate::servers::right;
use crate::{LONGER, compare, compare_only, run, run_of};

/// Rules: PR25
#[test]
fn the_same_server_under_two_names_is_not_told_apart() {
    let servers = [right("one"), right("other")];
    let ended = run(compare_only(&format!("{LONGER} --rounds 6"), &servers));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let stdout = ended.stdout.replace('\n', " ");
    assert!(stdout.contains("not told apart"), "{stdout}");
}

/// Rules: PR25
#[test]
fn every_round_is_in_the_report_and_each_server_has_every_turn() {
    let servers = [right("one"), right("two"), right("three")];
    let ended = run(compare_only("--rounds 6 --json", &servers));
    let report = ended.report();
    for run in report["runs"].as_array().unwrap() {
        let rounds = run["rounds"].as_array().unwrap();
        let numbers: Vec<&Value> = rounds.iter().map(|round| &round["round"]).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        let mut turns: Vec<_> = rounds.iter().map(|round| round["turn"].as_u64()).collect();
        turns.sort_unstable();
        turns.dedup();
        assert_eq!(turns, [Some(1), Some(2), Some(3)], "{}", run["model"]);
    }
}

/// Rules: PR25
#[test]
fn the_time_bounds_the_rounds() {
    let ended = run(compare_only("--time 3 --json", &[right("one")]));
    let report = ended.report();
    let rounds = report["settings"]["rounds"].as_u64().unwrap();
    assert!(rounds >= 3, "{rounds}");
    assert_eq!(
        report["runs"][0]["rounds"].as_array().unwrap().len() as u64,
        rounds
    );
}

/// Rules: PR26
#[test]
fn all_nine_models_come_through_and_the_iterative_one_by_short_sessions() {
    let ended = run(compare("--rounds 2 --views none --json", &[]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let report = ended.report();
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 9);
    for run in runs {
        let name = &run["model"];
        assert_eq!(run["errors"], 0, "{name}");
        assert_eq!(run["one_at_a_time"], *name == "iterative");
        assert!(
            run["server"]["cpu_us_per_message"].as_f64() > Some(0.0),
            "{name}"
        );
        assert!(run["server"]["threads_peak"].as_u64() > Some(0), "{name}");
        assert!(run["messages_per_s"].as_f64() > Some(0.0), "{name}");
    }
}

/// Rules: PR26
#[test]
fn a_command_that_serves_one_client_at_a_time_is_seen_and_measured_by_short_sessions() {
    let program = env!("CARGO_BIN_EXE_overport");
    let iterative =
        format!("mine=\"{program}\" serve --model iterative --quiet --listen 127.0.0.1:{{port}}");
    let options = "--rounds 2 --round-seconds 0.1 --json";
    let ended = run(compare_only(options, &[iterative, right("other")]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = ended.report();
    assert_eq!(run_of(&report, "mine")["one_at_a_time"], true);
    assert_eq!(run_of(&report, "other")["one_at_a_time"], false);
}

/// Rules: PR26
#[test]
fn every_view_has_its_figures_or_says_why_not() {
    let options = "--rounds 2 --round-seconds 0.1 --idle 8 --connection-counts 1,4,8 --models \
                   iterative,async-select,completion-port --json";
    let ended = run(compare(options, &[right("other")]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let report = ended.report();
    let has = |name: &str, figure: &str| !run_of(&report, name)[figure].is_null();
    for name in ["async-select", "completion-port"] {
        for figure in ["latency_us", "stall", "idle", "sessions"] {
            assert!(has(name, figure), "{name}: {figure}");
        }
        let points = run_of(&report, name)["over_connections"]
            .as_array()
            .unwrap();
        let counts: Vec<_> = points.iter().map(|point| &point["connections"]).collect();
        assert_eq!(counts, [1, 4, 8], "{name}");
    }
    assert!(has("async-select", "flood") && has("iterative", "sessions"));
    let why =
        |name: &str, figure: &str| run_of(&report, name)["unavailable"][figure]["kind"].clone();
    assert_eq!(why("completion-port", "flood"), "no_queue_of_its_own");
    assert_eq!(why("iterative", "stall"), "one_client_at_a_time");
    assert_eq!(why("other", "stall"), "no_placeholder");
    assert!(has("other", "idle"));
}
