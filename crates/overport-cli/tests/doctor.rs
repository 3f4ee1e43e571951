//! `overport doctor`, run.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::process::{Command, Output};

use serde_json::Value;

fn doctor(options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command.arg("doctor").args(options).output().unwrap()
}

/// Rules: PR17
#[test]
fn the_table_has_the_models_and_what_was_tried() {
    let output = doctor(&[]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for word in [
        "kernel",
        "io_uring",
        "epoll",
        "descriptors",
        "completion-port",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

/// Rules: PR17
#[test]
fn the_json_has_the_same() {
    let output = doctor(&["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(all["models"].as_array().unwrap().len(), 9);
    assert_eq!(all["readiness"]["epoll"]["works"], true);
    assert!(all["system"]["descriptors"]["limit"].is_object());
    assert!(all["system"]["kernel"].is_string());
    assert!(all["advice"].is_array());
    let uring = &all["io_uring"];
    assert_eq!(uring["works"], uring["reason"].is_null());
    let features = uring["features"].as_array().unwrap();
    assert_eq!(features.is_empty(), uring["works"] == false);
}
