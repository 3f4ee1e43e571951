//! `overport completions` and `overport man`, run.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};

const SUBCOMMANDS: [&str; 7] = [
    "compare",
    "completions",
    "doctor",
    "load",
    "man",
    "report",
    "serve",
];

fn overport(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_overport"))
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = overport(arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `program` makes of `input`; none where there is no such program.
fn fed(program: &str, arguments: &[&str], input: &str) -> Option<Output> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        child => child.unwrap(),
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    Some(child.wait_with_output().unwrap())
}

#[test]
fn bash_completes_each_subcommand() {
    let script = printed(&["completions", "bash"]);
    for subcommand in SUBCOMMANDS {
        assert!(script.contains(subcommand), "{subcommand}");
    }
    if let Some(output) = fed("bash", &["-n"], &script) {
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
    let ask = "COMP_WORDS=(overport ''); COMP_CWORD=1; _overport overport '' overport\n\
               printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    if let Some(output) = fed("bash", &[], &format!("{script}\n{ask}")) {
        let completions = String::from_utf8(output.stdout).unwrap();
        for subcommand in SUBCOMMANDS {
            assert!(
                completions.lines().any(|line| line == subcommand),
                "{subcommand}: {completions}"
            );
        }
    }
}

#[test]
fn an_unknown_shell_is_a_usage_error() {
    let output = overport(&["completions", "no-such-shell"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn the_manual_page_names_each_subcommand() {
    let page = printed(&["man"]);
    for subcommand in SUBCOMMANDS {
        // roff writes a hyphen as \-.
        let reference = format!("overport\\-{subcommand}(1)");
        assert!(page.contains(&reference), "{reference}: {page}");
    }
    if let Some(output) = fed("man", &["--warnings", "-l", "-"], &page) {
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("SUBCOMMANDS"), "{text}");
    }
}

#[test]
fn a_page_for_each_subcommand_is_written() {
    let folder = std::env::temp_dir().join(format!("overport-{:016x}", fastrand::u64(..)));
    let written = overport(&["man", "--output", folder.to_str().unwrap()]);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    std::fs::remove_dir_all(&folder).unwrap();
    names.sort();
    assert_eq!(written.status.code(), Some(0), "{written:?}");
    let mut expected: Vec<String> = SUBCOMMANDS
        .map(|subcommand| format!("overport-{subcommand}.1"))
        .into();
    expected.push("overport.1".into());
    assert_eq!(names, expected);
}
