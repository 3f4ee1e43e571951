//! `overport load`, run against servers that echo and servers that do not.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod echoes;
#[path = "../common/ended.rs"]
mod ended;
mod ends;
mod faults;
mod open_loop;
// Linux only: shells, process groups, /proc.
#[cfg(target_os = "linux")]
mod posix;
#[cfg_attr(target_os = "linux", path = "../common/process/linux.rs")]
#[cfg_attr(windows, path = "../common/process/windows.rs")]
mod process;
mod program;
mod served;
mod servers;

use ended::Ended;

/// Asserts that a run saw no error and checked `messages` of `size` bytes.
fn assert_complete(ended: &Ended, messages: u64, size: u64) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    let report = ended.report();
    assert_eq!(report["messages"], messages);
    assert_eq!(report["bytes_sent"], messages * size);
    assert_eq!(report["bytes_echoed"], messages * size);
    assert_eq!(report["errors"], 0);
    assert_eq!(report["interrupted"], false);
}

/// Asserts that a run ended with one error, and that its line says `what`.
fn assert_one_error(ended: &Ended, what: &str) {
    assert_eq!(ended.code, Some(1));
    assert!(ended.line().contains(what), "{}", ended.line());
    let report = ended.report();
    assert_eq!(report["errors"], 1);
    let text = report["faults"][0]["text"].as_str().unwrap();
    assert!(text.contains(what), "{text}");
}
