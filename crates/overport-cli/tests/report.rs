//! `overport report`, run on reports that are written here.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder of its own for a test, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("overport-{:016x}", fastrand::u64(..)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn with(&self, name: &str, report: &Value) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, report.to_string()).unwrap();
        path
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Of two servers, of which the first costs as much for a message as is told.
fn report(cpu_us: f64) -> Value {
    json!({
        "schema": 1,
        "overport": "0.1.0",
        "created": "2026-05-04T09:30:00Z",
        "elapsed_s": 12.5,
        "command": "overport compare --rounds 6",
        "host": {
            "system": "Linux 6.18.0",
            "wine": null,
            "cpu": null,
            "cores": 2,
            "memory_bytes": null,
            "virtual_machine": null,
            "backend": "epoll",
            "backend_reason": "asked for by OVERPORT_BACKEND",
            "limits": { "descriptors": 1024, "local_ports": null, "somaxconn": 4096 },
            "pinning": { "server_cpus": [0], "load_cpus": [1], "separate": true }
        },
        "settings": {
            "connections": 64,
            "message_bytes": 64,
            "in_flight": 1,
            "rounds": 6,
            "round_s": 0.5,
            "warm_up_s": 0.1,
            "latency_rate_per_s": null,
            "patience_s": 5.0,
            "views": [],
            "connection_counts": [],
            "idle_connections": 0,
            "stall_ms": 10,
            "stall_every": 100,
            "stall_rate_per_s": 1000.0,
            "flood_per_s": 0,
            "session_messages": 4
        },
        "noise": { "steal_part": null, "foreign_part": 0.01, "repeated": 0, "disturbed": 0 },
        "runs": [run("epoll-server", cpu_us), run("thread-server", 12.0)]
    })
}

fn run(name: &str, cpu_us: f64) -> Value {
    // The rounds scatter by half a percent.
    let rounds: Vec<Value> = (1..=6)
        .map(|number| round(number, cpu_us * (1.0 + 0.005 * f64::from(number % 2))))
        .collect();
    json!({
        "model": name,
        "origin": { "kind": "command", "command": format!("./{name} {{port}}") },
        "backend": null,
        "source_lines": null,
        "connections": 64,
        "message_bytes": 64,
        "one_at_a_time": false,
        "problem": null,
        "messages_per_s": 1e6 / cpu_us,
        "load_limited": false,
        "latency_us": null,
        "server": {
            "cpu_us_per_message": cpu_us,
            "user_us_per_message": null,
            "system_us_per_message": null,
            "cpu_us_per_message_at_rate": null,
            "rss_peak_bytes": 3_000_000,
            "threads_peak": 1,
            "syscalls_per_message": null,
            "syscall_counter": null,
            "context_switches_per_message": null
        },
        "rounds": rounds,
        "latency_rounds": [],
        "over_connections": [],
        "stall": null,
        "idle": null,
        "flood": null,
        "sessions": null,
        "unavailable": { "latency_us": { "kind": "not_asked_for" } },
        "errors": 0
    })
}

fn round(number: u32, cpu_us: f64) -> Value {
    json!({
        "round": number,
        "turn": 1,
        "seconds": 0.5,
        "messages": 50_000,
        "messages_per_s": 1e6 / cpu_us,
        "cpu_us_per_message": cpu_us,
        "user_us_per_message": null,
        "system_us_per_message": null,
        "context_switches_per_message": null,
        "rss_peak_bytes": 3_000_000,
        "threads": 1,
        "load_limited": false,
        "noise": { "steal_part": null, "foreign_part": 0.01, "disturbed": false },
        "errors": 0
    })
}

fn overport(files: &[&Path], options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command
        .arg("report")
        .args(files)
        .args(options)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", "C");
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one line of a failure that printed nothing else.
fn failure(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_report_begins_with_its_verdict_in_the_language_that_was_asked_for() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let english = text(&overport(&[&a], &[]));
    assert!(english.starts_with("For this load"), "{english}");
    assert!(english.contains("choose epoll-server"), "{english}");
    assert!(english.contains("overport compare --rounds 6"), "{english}");
    let korean = text(&overport(&[&a], &["--lang", "ko"]));
    assert!(korean.starts_with("이 컴퓨터에서"), "{korean}");
    assert!(korean.contains("epoll-server를 선택"), "{korean}");
}

#[test]
fn a_report_says_what_the_completion_port_rested_on_and_why_in_either_language() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let folder = scratch.0.join("page");
    let page = |lang: &str| {
        let output = ["--lang", lang, "--output", folder.to_str().unwrap()];
        let shown = text(&overport(&[&a], &output));
        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        // However the lines are broken.
        [shown, page].map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    for text in page("en") {
        assert!(
            text.contains("epoll (asked for by OVERPORT_BACKEND)"),
            "{text}"
        );
    }
    for text in page("ko") {
        assert!(
            text.contains("epoll (OVERPORT_BACKEND에서 지정함)"),
            "{text}"
        );
    }
}

#[test]
fn the_language_is_that_of_the_environment_unless_it_is_asked_for() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let mut command = Command::new(env!("CARGO_BIN_EXE_overport"));
    command.arg("report").arg(&a).env("LC_ALL", "ko_KR.UTF-8");
    let output = command.output().unwrap();
    assert!(text(&output).starts_with("이 컴퓨터에서"), "{output:?}");
    let output = command.args(["--lang", "en"]).output().unwrap();
    assert!(text(&output).starts_with("For this load"), "{output:?}");
}

#[test]
fn two_reports_are_set_beside_each_other() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let b = scratch.with("b.json", &report(10.0));
    let text = text(&overport(&[&a, &b], &[]));
    assert!(text.contains("B costs more: epoll-server."), "{text}");
    assert!(text.contains("thread-server"), "{text}");
    assert!(text.contains("1.25"), "{text}");
}

#[test]
fn what_is_made_of_a_report_can_be_had_as_json() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let json: Value = serde_json::from_str(&text(&overport(&[&a], &["--json"]))).unwrap();
    assert_eq!(json["cost"]["places"][0]["run"], 0);
    assert_eq!(json["cost"]["places"][1]["rank"], 2);
    assert_eq!(json["verdict"]["choose"]["run"], 0);
    let json: Value = serde_json::from_str(&text(&overport(&[&a, &a], &["--json"]))).unwrap();
    assert_eq!(json["servers"][0]["name"], "epoll-server");
    assert_eq!(json["servers"][0]["cost"]["told_apart"], false);
}

#[test]
fn the_schema_is_that_of_a_report() {
    let schema: Value = serde_json::from_str(&text(&overport(&[], &["--schema"]))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut report = report(8.0);
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    report["runs"] = Value::Null;
    assert!(!validator.is_valid(&report));
}

#[test]
fn files_are_written_whole_into_a_new_folder() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let folder = scratch.path("new/folder");
    let folder = folder.to_str().unwrap();
    text(&overport(&[&a], &["--output", folder]));
    assert_eq!(scratch.names("new/folder"), ["report.html", "report.json"]);
    let written = fs::read_to_string(scratch.path("new/folder/report.json")).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(written, report(8.0));
    let page = fs::read_to_string(scratch.path("new/folder/report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"), "{page:.80}");
}

#[test]
fn of_two_reports_the_difference_is_written() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let folder = scratch.path("both");
    text(&overport(
        &[&a, &a],
        &["--output", folder.to_str().unwrap()],
    ));
    assert_eq!(scratch.names("both"), ["difference.html"]);
}

#[test]
fn a_file_that_is_no_report_is_said_in_one_line() {
    let scratch = Scratch::new();
    let mut newer = report(8.0);
    newer["schema"] = json!(1000);
    scratch.with("newer.json", &newer);
    scratch.with("other.json", &json!({ "name": "something" }));
    fs::write(scratch.path("text.json"), "no JSON").unwrap();
    fs::write(scratch.path("bytes.json"), [0xff, 0xfe]).unwrap();
    for (name, says) in [
        ("none.json", "cannot read"),
        ("bytes.json", "cannot read"),
        ("text.json", "not JSON"),
        ("newer.json", "newer"),
        ("other.json", "no report"),
    ] {
        let line = failure(&overport(&[&scratch.path(name)], &[]));
        assert!(line.contains(name) && line.contains(says), "{line}");
    }
}

#[test]
fn a_folder_that_can_not_be_written_is_said_in_one_line() {
    let scratch = Scratch::new();
    let a = scratch.with("a.json", &report(8.0));
    let below_a_file = scratch.path("a.json/folder");
    let below_a_file = below_a_file.to_str().unwrap();
    let line = failure(&overport(&[&a], &["--output", below_a_file]));
    assert!(line.contains("cannot write to"), "{line}");
    assert_eq!(scratch.names(""), ["a.json"]);
}

#[test]
fn a_report_or_two_are_asked_for() {
    for files in [&[][..], &[Path::new("a"), Path::new("b"), Path::new("c")]] {
        let output = overport(files, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}
