//! Makes the table at the end of docs/CONTRACT.md: each rule, the tests that show it, and
//! the back-ends on which they ran.
//!
//! Which tests show a rule is read from their sources (`/// Rules: EV3, EV4` above a test);
//! where they ran is read from logs of `cargo test` and nowhere else. A row keeps what it says
//! of a back-end without a log only as long as its tests stay the same.

mod evidence;
mod rules;
mod sources;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use evidence::Evidence;
use rules::RuleId;
use sources::Test;
use table::BACKENDS;

const USAGE: &str = "usage: cargo run -p contract -- [--check] [--ran BACKEND=LOG]...

Rewrites the table of docs/CONTRACT.md, or with --check fails if it is not current.
BACKEND is epoll, io_uring or Wine, and LOG the output of `cargo test --workspace` there,
errors included.";

/// The contract, relative to the workspace.
const CONTRACT: &str = "docs/CONTRACT.md";

#[derive(Debug, Default)]
struct Options {
    check: bool,
    ran: Vec<(String, PathBuf)>,
}

fn main() -> ExitCode {
    let options = match options(env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&workspace(), &options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => options.check = true,
            "--ran" => {
                let value = arguments.next().unwrap_or_default();
                let (backend, log) = value
                    .split_once('=')
                    .filter(|(backend, log)| BACKENDS.contains(backend) && !log.is_empty())
                    .ok_or("--ran takes BACKEND=LOG")?;
                options.ran.push((backend.into(), log.into()));
            }
            _ => return Err(format!("unknown argument: {argument}")),
        }
    }
    Ok(options)
}

/// The workspace's folder: cargo says where this package is.
fn workspace() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").map_or_else(
        || PathBuf::from("."),
        |package| Path::new(&package).join("../.."),
    )
}

fn run(workspace: &Path, options: &Options) -> Result<(), String> {
    let path = workspace.join(CONTRACT);
    let contract = read(&path)?;
    let rules = rules::parse(&contract).map_err(|message| format!("{CONTRACT}: {message}"))?;
    let tests = sources::scan(workspace)?;
    sources::check(&tests, &rules)?;
    let evidence = options
        .ran
        .iter()
        .map(|(backend, log)| Ok(Evidence::parse(backend, &read(log)?)))
        .collect::<Result<Vec<_>, String>>()?;

    let updated = table::update(&contract, &rules, &tests, &evidence)
        .map_err(|message| format!("{CONTRACT}: {message}"))?;
    report(&rules, &tests);
    if updated == contract {
        return Ok(());
    }
    if options.check {
        return Err(format!(
            "{CONTRACT}: the table is not current; make it anew with the log of a test run:\n  \
             cargo run -p contract -- --ran epoll=LOG"
        ));
    }
    fs::write(&path, updated).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn report(rules: &[RuleId], tests: &[Test]) {
    let untested: Vec<String> = rules
        .iter()
        .filter(|rule| !tests.iter().any(|test| test.shows(rule)))
        .map(ToString::to_string)
        .collect();
    println!(
        "{} rules, {} tests that show some; without a test: {}",
        rules.len(),
        tests.len(),
        if untested.is_empty() {
            "none".into()
        } else {
            format!("{} ({})", untested.len(), untested.join(" "))
        }
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        options(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn a_log_is_named_with_its_back_end() {
        let options = parse(&["--check", "--ran", "epoll=/tmp/a=b"]).unwrap();
        assert!(options.check);
        assert_eq!(options.ran, [("epoll".into(), "/tmp/a=b".into())]);
        assert!(parse(&["--ran"]).is_err());
        assert!(parse(&["--ran", "=log"]).is_err());
        assert!(parse(&["--ran", "kqueue=log"]).is_err());
        assert!(parse(&["--verbose"]).is_err());
    }
}
