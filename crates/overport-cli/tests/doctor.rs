//! `overport doctor`, run.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "common/backends.rs"]
mod backends;

use std::process::{Command, Output};

use serde_json::Value;

/// What the table has of the system.
#[cfg(target_os = "linux")]
const WORDS: [&str; 4] = ["kernel", "io_uring", "epoll", "descriptors"];
#[cfg(windows)]
const WORDS: [&str; 4] = ["Windows", "winsock", "AcceptEx", "sockets"];

#[cfg(target_os = "linux")]
fn assert_findings(all: &Value) {
    assert_eq!(all["readiness"]["epoll"]["works"], true);
    assert!(all["system"]["descriptors"]["limit"].is_object());
    assert!(all["system"]["kernel"].is_string());
    let uring = &all["io_uring"];
    assert_eq!(uring["works"], uring["reason"].is_null());
    let features = uring["features"].as_array().unwrap();
    assert_eq!(features.is_empty(), uring["works"] == false);
}

#[cfg(windows)]
fn assert_findings(all: &Value) {
    let system = all["system"]["system"].as_str().unwrap();
    assert!(system.starts_with("Windows "), "{system}");
    assert_eq!(all["winsock"]["version"], "2.2");
    let features = all["winsock"]["features"].as_array().unwrap();
    assert!(
        features
            .iter()
            .any(|feature| feature["name"] == "ConnectEx")
    );
    // What is not Windows is said to be so, in what there is to change too.
    let advice = all["advice"].to_string();
    assert_eq!(
        all["system"]["wine"].is_string(),
        advice.contains("not Windows")
    );
}

fn command(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command.arg("doctor").args(options);
    command
}

fn doctor(options: &[&str]) -> Output {
    command(options).output().unwrap()
}

/// With a back-end that the environment asks for.
fn doctor_with(backend: &str, options: &[&str]) -> Output {
    let mut command = command(options);
    command.env("OVERPORT_BACKEND", backend).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Rules: PR17
#[test]
fn the_table_has_the_models_and_what_was_tried() {
    let output = doctor(&[]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for word in WORDS.iter().chain(&["completion-port"]) {
        assert!(text.contains(word), "{word}: {text}");
    }
}

/// Rules: PR17
#[test]
fn the_json_has_the_same() {
    let output = doctor(&["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let all = json(&output);
    assert_eq!(all["models"].as_array().unwrap().len(), 9);
    assert!(all["advice"].is_array());
    assert_findings(&all);
}

/// Rules: PR30
#[test]
fn the_completion_port_s_row_has_what_it_rests_on_and_why() {
    for backend in backends::backends() {
        let output = doctor_with(backend, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        let row = text.lines().find(|line| line.contains("completion-port"));
        let row = row.expect("the port has a row");
        assert!(row.ends_with("(asked for by OVERPORT_BACKEND)"), "{text}");
    }
    let backend = backends::backends()[0];
    let all = json(&doctor_with(backend, &["--json"]));
    let port = &all["models"][8];
    assert_eq!(port["name"], "completion-port");
    assert_eq!(port["usable"], true);
    assert!(port["rests_on"].is_string());
    assert_eq!(port["reason"], "asked for by OVERPORT_BACKEND");
    assert_eq!(all["models"][0]["reason"], Value::Null);
}

/// Rules: PR17, PR30
#[test]
fn a_back_end_that_there_is_not_is_said_with_what_to_do() {
    let output = doctor_with("kqueue", &[]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("(not usable here: OVERPORT_BACKEND"),
        "{text}"
    );
    assert!(text.contains("unset OVERPORT_BACKEND"), "{text}");
    let all = json(&doctor_with("kqueue", &["--json"]));
    assert_eq!(all["models"][8]["usable"], false);
    let reason = all["models"][8]["reason"].as_str().unwrap();
    assert!(reason.contains("kqueue"), "{reason}");
}
