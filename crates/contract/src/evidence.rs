//! Which tests ran, and passed, on a back-end: the log of `cargo test` says so. A test that
//! finds that the system lacks what it is about says `skipped NAME: REASON`, and has not run.

use crate::sources::Test;

/// The passed tests of one run.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) backend: String,
    passed: Vec<Ran>,
    skipped: Vec<(Ran, String)>,
}

/// A test as a log names it.
#[derive(Debug)]
struct Ran {
    /// The root of the test program as cargo names it, such as `tests/select.rs` or
    /// `src/lib.rs`.
    program: String,
    /// The test's path in that program, such as `epoll::packets_are_fifo`.
    path: String,
}

impl Evidence {
    pub(crate) fn parse(backend: &str, log: &str) -> Self {
        let mut program = None;
        let mut passed = Vec::new();
        let mut skipped = Vec::new();
        for line in log.lines().map(str::trim) {
            if let Some(running) = line.strip_prefix("Running ") {
                let running = running.strip_prefix("unittests ").unwrap_or(running);
                program = running.split_whitespace().next();
            } else if line.starts_with("Doc-tests ") {
                program = None;
            } else if let Some(program) = program {
                let ran = |path: &str| Ran {
                    program: program.into(),
                    path: path.into(),
                };
                if let Some((path, reason)) = skipped_test(line) {
                    skipped.push((ran(path), reason.into()));
                } else if let Some(path) = passed_test(line) {
                    passed.push(ran(path));
                }
            }
        }
        Self {
            backend: backend.into(),
            passed,
            skipped,
        }
    }

    /// Whether the test ran and passed.
    pub(crate) fn of(&self, test: &Test) -> bool {
        self.passed.iter().any(|passed| passed.is(test)) && self.skipped(test).is_none()
    }

    /// Why the test was skipped, if it was.
    pub(crate) fn skipped(&self, test: &Test) -> Option<&str> {
        let (_, reason) = self.skipped.iter().find(|(skipped, _)| skipped.is(test))?;
        Some(reason)
    }
}

/// The path and the reason in `skipped PATH: REASON`, which may stand behind what the harness
/// had begun to say of the test.
fn skipped_test(line: &str) -> Option<(&str, &str)> {
    let begins = line.starts_with("skipped ").then_some(0);
    let at = begins.or_else(|| Some(line.find(" ... skipped ")? + " ... ".len()))?;
    line[at..].strip_prefix("skipped ")?.split_once(": ")
}

/// The path in a line `test PATH ... ok`.
fn passed_test(line: &str) -> Option<&str> {
    let path = line.strip_prefix("test ")?.strip_suffix(" ... ok")?;
    Some(path.strip_suffix(" - should panic").unwrap_or(path))
}

impl Ran {
    fn is(&self, test: &Test) -> bool {
        // crates/PACKAGE/FOLDER/FILE; a log does not name the package.
        let mut parts = test.file.splitn(4, '/').skip(2);
        let (Some(folder), Some(file)) = (parts.next(), parts.next()) else {
            return false;
        };
        if self.path.rsplit("::").next() != Some(&test.name) {
            return false;
        }
        match folder {
            // A file of its own is a test program; one in a folder is part of others.
            "tests" if !file.contains('/') => self.program == format!("tests/{file}"),
            "tests" => self.program.starts_with("tests/"),
            _ => self.program.starts_with("src/") && self.path.starts_with(&module(file)),
        }
    }
}

/// The path of the module that a file below src/ is, with `::` after each part.
fn module(file: &str) -> String {
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let file = file.strip_suffix("mod").unwrap_or(file);
    match file {
        "lib" | "main" => String::new(),
        _ => format!("{}::", file.trim_end_matches('/').replace('/', "::")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "   Compiling overport v0.1.0\n     \
        Running unittests src/lib.rs (target/debug/deps/overport-1a)\n\nrunning 2 tests\n\
        test socket::state::tests::connects ... ok\ntest socket::tests::slow ... ignored\n\n     \
        Running tests/port.rs (target/debug/deps/port-2b)\n\
        test epoll::packets_are_fifo ... ok\ntest panics - should panic ... ok\n\
        test fails ... FAILED\nskipped late: no timers here\ntest late ... ok\n\
        test alone ... skipped alone: why not\nok\n   Doc-tests overport\ntest fails ... ok\n";

    fn ran(file: &str, name: &str) -> bool {
        Evidence::parse("epoll", LOG).of(&Test::new(file, name, &[]))
    }

    #[test]
    fn a_unit_test_is_known_by_its_module() {
        assert!(ran("crates/overport/src/socket/state.rs", "connects"));
        assert!(ran("crates/overport/src/socket/mod.rs", "connects"));
        assert!(ran("crates/overport/src/lib.rs", "connects"));
        assert!(!ran("crates/overport/src/select/state.rs", "connects"));
        assert!(!ran("crates/overport/tests/port.rs", "connects"));
    }

    #[test]
    fn an_integration_test_is_known_by_its_program() {
        assert!(ran("crates/overport/tests/port.rs", "packets_are_fifo"));
        assert!(ran("crates/overport/tests/port.rs", "panics"));
        assert!(!ran("crates/overport/tests/select.rs", "packets_are_fifo"));
        assert!(ran(
            "crates/overport/tests/suite/order.rs",
            "packets_are_fifo"
        ));
    }

    #[test]
    fn only_what_passed_has_run() {
        assert!(!ran("crates/overport/src/socket/mod.rs", "slow"));
        assert!(!ran("crates/overport/tests/port.rs", "fails"));
        assert!(!ran("crates/overport/tests/port.rs", "fifo"));
    }

    #[test]
    fn a_test_that_was_skipped_has_not_run_and_says_why() {
        for (name, reason) in [("late", "no timers here"), ("alone", "why not")] {
            assert!(!ran("crates/overport/tests/port.rs", name));
            let test = Test::new("crates/overport/tests/port.rs", name, &[]);
            let evidence = Evidence::parse("epoll", LOG);
            assert_eq!(evidence.skipped(&test), Some(reason));
        }
    }
}
