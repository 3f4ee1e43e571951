//! What is left when a comparison is over.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::backends::backends;
use crate::servers::right;
use crate::{LONGER, compare, compare_only, run, run_of};

/// A folder of its own for a test, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("overport-{:016x}", fastrand::u64(..)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&fs::read(self.0.join("report.json")).unwrap()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a report of a server in the folder.
fn report_in(folder: &Scratch) {
    let options = format!("{LONGER} --rounds 3 --output {}", folder.text());
    let ended = run(compare_only(&options, &[right("one")]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// Rules: PR27
#[test]
fn a_report_follows_its_schema_and_stands_on_its_own() {
    let folder = Scratch::new();
    report_in(&folder);
    assert_eq!(folder.names(), ["report.html", "report.json"]);
    let schema = include_str!("../../../../docs/report.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let report = folder.json();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    let command = report["command"].as_str().unwrap();
    assert!(command.starts_with("overport compare --"), "{command}");
    let page = fs::read_to_string(folder.0.join("report.html")).unwrap();
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert!(page.contains("<svg"));
}

#[test]
fn the_rate_at_which_handlers_block_is_the_one_asked_for() {
    let folder = Scratch::new();
    // More than any server manages: by itself the rate would be less.
    let options = format!(
        "{LONGER} --rounds 2 --stall-rate 5000000 --output {}",
        folder.text()
    );
    let ended = run(compare_only(&options, &[right("one")]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(folder.json()["settings"]["stall_rate_per_s"], 5e6);
}

/// Rules: PR27
#[test]
fn a_folder_that_can_not_be_written_is_known_before_the_first_round() {
    let folder = Scratch::new();
    fs::write(folder.0.join("file"), "").unwrap();
    let options = format!("--output {}/file/below", folder.text());
    // It would be the problem of this run if it was started.
    let ended = run(compare_only(&options, &[crate::servers::missing("one")]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.line().contains("cannot write to"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}

/// Rules: PR28
#[test]
fn a_server_slower_than_its_baseline_is_exit_code_3() {
    let folder = Scratch::new();
    report_in(&folder);
    let mut baseline = folder.json();
    for round in baseline["runs"][0]["rounds"].as_array_mut().unwrap() {
        // So little that no scatter of three rounds hides the difference.
        round["cpu_us_per_message"] = Value::from(1e-100);
    }
    let path = folder.0.join("earlier.json");
    fs::write(&path, baseline.to_string()).unwrap();
    let against = format!("{LONGER} --rounds 3 --baseline {}", path.display());
    let ended = run(compare_only(
        &format!("{against} --max-slower 50"),
        &[right("one")],
    ));
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.line().contains("50 %: one"), "{}", ended.stderr);
    let ended = run(compare_only(&against, &[right("one")]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// Rules: PR28
#[test]
fn a_baseline_of_another_load_is_known_before_the_first_round() {
    let folder = Scratch::new();
    report_in(&folder);
    let options = format!(
        "--message-size 65 --max-slower 5 --baseline {}/report.json",
        folder.text()
    );
    let ended = run(compare_only(&options, &[right("one")]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.line().contains("another load"), "{}", ended.stderr);
}

/// Rules: PR28
#[test]
fn a_baseline_that_is_no_report_is_known_before_the_first_round() {
    let folder = Scratch::new();
    let path = folder.0.join("not-a-report");
    fs::write(&path, "[]").unwrap();
    let options = format!("--baseline {}", path.display());
    let ended = run(compare_only(&options, &[right("one")]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.line().contains("not-a-report"), "{}", ended.stderr);
}

/// Rules: PR27
#[test]
fn the_report_speaks_the_language_of_the_environment_or_the_one_asked_for() {
    let servers = [right("one")];
    let mut command = compare_only("--rounds 2", &servers);
    command.env("LC_ALL", "ko_KR.UTF-8");
    let korean = run(command).stdout;
    let mut command = compare_only("--rounds 2 --lang en", &servers);
    command.env("LC_ALL", "ko_KR.UTF-8");
    let english = run(command).stdout;
    assert!(
        korean.contains("메시지") && !korean.contains("choose one"),
        "{korean}"
    );
    assert!(english.contains("choose one"), "{english}");
}

/// Rules: PR30
#[test]
fn the_report_says_what_the_completion_port_rested_on_and_why() {
    let options = format!("--models completion-port --views none {LONGER} --rounds 2");
    for backend in backends() {
        let mut command = compare(&format!("{options} --json"), &[]);
        command.env("OVERPORT_BACKEND", backend);
        let report = run(command).report();
        assert_eq!(report["host"]["backend"], backend);
        let reason = &report["host"]["backend_reason"];
        assert_eq!(reason, "asked for by OVERPORT_BACKEND");
        assert_eq!(run_of(&report, "completion-port")["backend"], backend);
    }
    let backend = backends()[0];
    let mut command = compare(&options, &[]);
    command.env("OVERPORT_BACKEND", backend);
    let text = run(command).stdout;
    let machine = format!("the completion port rests on {backend} (asked for by OVERPORT_BACKEND)");
    assert!(words(&text).contains(&machine), "{text}");
}

/// Without the breaks of lines.
fn words(text: &str) -> String {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    words.join(" ")
}

/// Rules: PR19, PR30
#[test]
fn a_back_end_that_there_is_not_is_known_before_the_first_round() {
    let mut command = compare_only("", &[right("one")]);
    command.env("OVERPORT_BACKEND", "kqueue");
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let line = ended.line();
    assert!(line.contains("unset OVERPORT_BACKEND"), "{line}");
}
