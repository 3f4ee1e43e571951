//! The table between its two markers.

use std::collections::BTreeMap;

use crate::evidence::Evidence;
use crate::rules::RuleId;
use crate::sources::Test;

const BEGIN: &str = "<!-- contract table: begin -->\n";
const END: &str = "<!-- contract table: end -->\n";
const NOTHING: &str = "-";

/// Where the suite runs, in the order of the table.
pub(crate) const BACKENDS: [&str; 3] = ["epoll", "io_uring", "Wine"];

/// `contract` with its table made anew. What a row says of a back-end without evidence stays
/// if the row's tests are the same as before, and so does the list of what was skipped there.
pub(crate) fn update(
    contract: &str,
    rules: &[RuleId],
    tests: &[Test],
    evidence: &[Evidence],
) -> Result<String, String> {
    let (before, rest) = contract
        .split_once(BEGIN)
        .ok_or("the marker before the table is missing")?;
    let (old, after) = rest
        .split_once(END)
        .ok_or("the marker behind the table is missing")?;

    let mut table =
        String::from("\n| rule | tests that show it | back-ends where they ran |\n|---|---|---|\n");
    for rule in rules {
        let shown_by: Vec<&Test> = tests.iter().filter(|test| test.shows(rule)).collect();
        let start = row_start(rule, &shown_by);
        let known = known_backends(old, &start);
        table += &format!("{start}{} |\n", backends(&shown_by, evidence, &known));
    }
    for backend in BACKENDS {
        table += &skips(backend, tests, evidence, old);
    }
    Ok(format!("{before}{BEGIN}{table}\n{END}{after}"))
}

/// A row up to its last cell.
fn row_start(rule: &RuleId, tests: &[&Test]) -> String {
    let links: Vec<String> = tests.iter().map(|test| link(test)).collect();
    let tests = match links.is_empty() {
        true => NOTHING.into(),
        false => links.join("<br>"),
    };
    format!("| {rule} | {tests} | ")
}

fn link(test: &Test) -> String {
    format!("[`{}`](../{})", test.name, test.file)
}

/// The last cell of a row: where all of its tests ran, and where some did, how many.
fn backends(tests: &[&Test], evidence: &[Evidence], known: &BTreeMap<&str, &str>) -> String {
    let cell: Vec<String> = BACKENDS
        .iter()
        .filter_map(
            |backend| match evidence.iter().find(|run| run.backend == *backend) {
                Some(run) => ran(tests, run),
                None => known.get(backend).map(ToString::to_string),
            },
        )
        .collect();
    match cell.is_empty() {
        true => NOTHING.into(),
        false => cell.join(", "),
    }
}

fn ran(tests: &[&Test], run: &Evidence) -> Option<String> {
    let (backend, all) = (&run.backend, tests.len());
    match tests.iter().filter(|test| run.of(test)).count() {
        0 => None,
        ran if ran == all => Some(backend.clone()),
        ran => Some(format!("{backend} ({ran} of {all})")),
    }
}

/// What the old table says of the back-ends in the row that begins so.
fn known_backends<'a>(table: &'a str, start: &str) -> BTreeMap<&'a str, &'a str> {
    let row = table.lines().find_map(|row| row.strip_prefix(start));
    let cell = row.and_then(|rest| rest.strip_suffix(" |"));
    cell.unwrap_or(NOTHING)
        .split(", ")
        .map(|entry| (entry.split(" (").next().unwrap_or(entry), entry))
        .collect()
}

/// The list of the tests that were skipped on a back-end, each with its reason.
fn skips(backend: &str, tests: &[Test], evidence: &[Evidence], old: &str) -> String {
    let head = format!("\nSkipped on {backend}:\n\n");
    let Some(run) = evidence.iter().find(|run| run.backend == backend) else {
        let list = old.split_once(&head).map(|(_, list)| list);
        let list = list.and_then(|list| list.split("\n\n").next());
        return list.map_or_else(String::new, |list| format!("{head}{}\n", list.trim_end()));
    };
    let list: String = tests
        .iter()
        .filter_map(|test| Some(format!("- {}: {}\n", link(test), run.skipped(test)?)))
        .collect();
    match list.is_empty() {
        true => list,
        false => format!("{head}{list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    const EMPTY: &str = "- **EV1** One.\n- **EV2** Two.\n\
        <!-- contract table: begin -->\n<!-- contract table: end -->\n";
    const LOG: &str = "Running tests/events.rs (x)\ntest first ... ok\n";
    const SKIPPED: &str = "Running tests/events.rs (x)\nskipped first: no such call\n\
        test first ... ok\ntest second ... ok\n";

    fn first() -> Test {
        Test::new("crates/overport/tests/events.rs", "first", &["EV1"])
    }

    fn second() -> Test {
        Test::new("crates/overport/tests/events.rs", "second", &["EV1"])
    }

    fn updated(contract: &str, tests: &[Test], evidence: &[Evidence]) -> String {
        update(contract, &rules::parse(contract).unwrap(), tests, evidence).unwrap()
    }

    fn rows(contract: &str) -> Vec<&str> {
        contract
            .lines()
            .filter(|line| line.starts_with("| EV"))
            .collect()
    }

    #[test]
    fn a_row_names_tests_and_the_back_ends_where_they_ran() {
        let evidence = [Evidence::parse("epoll", LOG)];
        let one = updated(EMPTY, &[first()], &evidence);
        assert_eq!(
            rows(&one),
            [
                "| EV1 | [`first`](../crates/overport/tests/events.rs) | epoll |",
                "| EV2 | - | - |"
            ]
        );
        let two = updated(EMPTY, &[first(), second()], &evidence);
        assert!(rows(&two)[0].ends_with("events.rs) | epoll (1 of 2) |"));
    }

    #[test]
    fn without_evidence_a_row_keeps_its_back_ends_while_its_tests_stay() {
        let tests = [first(), second()];
        let current = updated(EMPTY, &tests, &[Evidence::parse("Wine", LOG)]);
        assert_eq!(updated(&current, &tests, &[]), current);
        let changed = updated(&current, &[first()], &[]);
        assert!(rows(&changed)[0].ends_with(" | - |"));
    }

    #[test]
    fn one_back_end_is_made_anew_beside_another() {
        let both = [first(), second()];
        let wine = updated(EMPTY, &both, &[Evidence::parse("Wine", LOG)]);
        let more = updated(&wine, &both, &[Evidence::parse("epoll", LOG)]);
        assert!(rows(&more)[0].ends_with(" | epoll (1 of 2), Wine (1 of 2) |"));
        let none = updated(&more, &both, &[Evidence::parse("Wine", "")]);
        assert!(rows(&none)[0].ends_with(" | epoll (1 of 2) |"));
    }

    #[test]
    fn what_was_skipped_is_listed_with_its_reason() {
        let both = [first(), second()];
        let wine = updated(EMPTY, &both, &[Evidence::parse("Wine", SKIPPED)]);
        let list = "\nSkipped on Wine:\n\n\
            - [`first`](../crates/overport/tests/events.rs): no such call\n";
        assert!(wine.contains(list), "{wine}");
        assert!(rows(&wine)[0].ends_with(" | Wine (1 of 2) |"));
        let more = updated(&wine, &both, &[Evidence::parse("epoll", LOG)]);
        assert!(more.contains(list), "{more}");
        let ran = updated(&more, &both, &[Evidence::parse("Wine", LOG)]);
        assert!(!ran.contains("Skipped"), "{ran}");
    }

    #[test]
    fn the_markers_must_be_there() {
        assert!(update("", &[], &[], &[]).is_err());
        assert!(update(BEGIN, &[], &[], &[]).is_err());
    }
}
