//! Servers that are wrong, or do not work: each has a row of its own, and the others' stand.

use serde_json::Value;

use crate::process::ABORTED;
use crate::servers::{faulty, missing, right};
use crate::{compare_only, run, run_of};

/// Compares a right server with a faulty one, which must have a problem of that kind; the
/// problem.
fn assert_problem(faulty: String, kind: &str) -> Value {
    let servers = [right("right"), faulty];
    let ended = run(compare_only("--rounds 2 --patience 0.5 --json", &servers));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.line().contains("1 of 2 servers"), "{}", ended.stderr);
    assert!(ended.line().ends_with(": faulty"), "{}", ended.stderr);
    let report = ended.report();
    let other = run_of(&report, "right");
    assert_eq!(other["problem"], Value::Null);
    assert_eq!(other["rounds"].as_array().unwrap().len(), 2);
    let faulty = run_of(&report, "faulty");
    assert_eq!(faulty["problem"]["kind"], kind, "{}", faulty["problem"]);
    assert_eq!(faulty["unavailable"]["latency_us"]["kind"], "problem");
    assert!(faulty["errors"].as_u64() > Some(0));
    faulty["problem"].clone()
}

/// Rules: PR23
#[test]
fn a_server_that_loses_a_byte_is_wrong() {
    let problem = assert_problem(faulty("faulty", "--fault loses --after 50"), "wrong");
    assert!(problem["text"].as_str().unwrap().contains("message"));
}

/// Rules: PR23
#[test]
fn a_server_that_changes_a_byte_is_wrong() {
    let problem = assert_problem(faulty("faulty", "--fault changes --after 50"), "wrong");
    assert!(problem["text"].as_str().unwrap().contains("wrong byte"));
}

/// Rules: PR23
#[test]
fn a_server_that_repeats_a_byte_is_wrong() {
    assert_problem(faulty("faulty", "--fault repeats --after 50"), "wrong");
}

/// Rules: PR24
#[test]
fn of_a_server_that_dies_it_is_said_how_and_with_which_words() {
    let problem = assert_problem(faulty("faulty", "--fault dies --after 50"), "died");
    let how = problem["how"].as_str().unwrap();
    assert!(how.contains("exit code 3"), "{how}");
}

/// Rules: PR24
#[test]
fn a_server_that_aborts_has_died() {
    let problem = assert_problem(faulty("faulty", "--fault aborts --after 50"), "died");
    let how = problem["how"].as_str().unwrap();
    assert!(how.contains(ABORTED), "{how}");
}

/// Rules: PR24
#[test]
fn a_server_that_answers_no_more_hangs() {
    assert_problem(faulty("faulty", "--fault hangs --after 50"), "hung");
}

/// Rules: PR24
#[test]
fn a_server_that_closes_its_connections_refuses() {
    assert_problem(faulty("faulty", "--fault refuses"), "refused");
}

/// Rules: PR24
#[test]
fn a_server_that_does_not_listen_never_listens() {
    let problem = assert_problem(faulty("faulty", "--fault never-listens"), "never_listened");
    assert_eq!(problem["after_s"], 0.5);
}

/// Rules: PR24
#[test]
fn a_server_that_is_not_there_can_not_be_started() {
    assert_problem(missing("faulty"), "cannot_start");
}

/// Rules: PR23, PR24
#[test]
fn the_table_names_each_server_that_has_a_problem_and_ranks_the_others() {
    let servers = [
        right("right"),
        faulty("liar", "--fault changes"),
        missing("absent"),
    ];
    let ended = run(compare_only("--rounds 2", &servers));
    assert_eq!(ended.code, Some(1));
    for text in ["choose right", "! liar: ", "! absent: "] {
        assert!(ended.stdout.contains(text), "{text}: {}", ended.stdout);
    }
}
