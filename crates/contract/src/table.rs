//! The table between its two markers.

use std::collections::HashMap;

use crate::evidence::Evidence;
use crate::rules::RuleId;
use crate::sources::Test;

const BEGIN: &str = "<!-- contract table: begin -->\n";
const END: &str = "<!-- contract table: end -->\n";
const NOTHING: &str = "-";

/// `contract` with its table made anew. A row without evidence keeps what it says of
/// back-ends if its tests are the same as before.
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
    let known = backends_of_rows(old);

    let mut table =
        String::from("\n| rule | tests that show it | back-ends where they ran |\n|---|---|---|\n");
    for rule in rules {
        let shown_by: Vec<&Test> = tests.iter().filter(|test| test.shows(rule)).collect();
        let start = row_start(rule, &shown_by);
        let backends = if evidence.is_empty() {
            known.get(start.as_str()).copied().unwrap_or(NOTHING).into()
        } else {
            backends(&shown_by, evidence)
        };
        table += &format!("{start}{backends} |\n");
    }
    Ok(format!("{before}{BEGIN}{table}\n{END}{after}"))
}

/// A row up to its last cell.
fn row_start(rule: &RuleId, tests: &[&Test]) -> String {
    let links: Vec<String> = tests
        .iter()
        .map(|test| format!("[`{}`](../{})", test.name, test.file))
        .collect();
    let tests = match links.is_empty() {
        true => NOTHING.into(),
        false => links.join("<br>"),
    };
    format!("| {rule} | {tests} | ")
}

fn backends(tests: &[&Test], evidence: &[Evidence]) -> String {
    let ran: Vec<&str> = evidence
        .iter()
        .filter(|run| !tests.is_empty() && tests.iter().all(|test| run.of(test)))
        .map(|run| run.backend.as_str())
        .collect();
    match ran.is_empty() {
        true => NOTHING.into(),
        false => ran.join(", "),
    }
}

/// The last cell of each row by all that comes before it.
fn backends_of_rows(table: &str) -> HashMap<&str, &str> {
    table
        .lines()
        .filter_map(|row| {
            let cell = row.strip_suffix(" |")?;
            Some(cell.split_at(cell.rfind(" | ")? + " | ".len()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    const EMPTY: &str = "- **EV1** One.\n- **EV2** Two.\n\
        <!-- contract table: begin -->\n<!-- contract table: end -->\n";
    const LOG: &str = "Running tests/events.rs (x)\ntest first ... ok\n";

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
    fn a_row_names_tests_and_the_back_ends_where_all_of_them_ran() {
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
        assert!(rows(&two)[0].ends_with("events.rs) | - |"));
    }

    #[test]
    fn without_evidence_a_row_keeps_its_back_ends_while_its_tests_stay() {
        let current = updated(EMPTY, &[first()], &[Evidence::parse("epoll", LOG)]);
        assert_eq!(updated(&current, &[first()], &[]), current);
        let changed = updated(&current, &[first(), second()], &[]);
        assert!(rows(&changed)[0].ends_with(" | - |"));
    }

    #[test]
    fn the_markers_must_be_there() {
        assert!(update("", &[], &[], &[]).is_err());
        assert!(update(BEGIN, &[], &[], &[]).is_err());
    }
}
