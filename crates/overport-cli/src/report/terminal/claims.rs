//! What the textbook says of the models, and what was found, an item each.

use super::Shown;
use super::sheet::Sheet;
use crate::report::claims::{About, Claim, Finding};

/// Figures of each; the page has all of them.
const MOST_EVIDENCE: usize = 2;

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    if shown.claims.is_empty() {
        return;
    }
    sheet.title(&format!("{} ({})", shown.words.claims, legend(shown)));
    let rows: Vec<(String, String)> = shown
        .claims
        .iter()
        .map(|claim| (mark(claim.finding).to_owned(), statement(shown, claim)))
        .collect();
    sheet.rows(&rows);
}

fn mark(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "✓",
        Finding::Contradicted => "✗",
        Finding::NotMeasurableHere => "?",
    }
}

/// What the marks mean.
fn legend(shown: &Shown<'_>) -> String {
    let findings = [
        Finding::Confirmed,
        Finding::Contradicted,
        Finding::NotMeasurableHere,
    ];
    let meanings =
        findings.map(|finding| format!("{} {}", mark(finding), shown.texts.finding(finding)));
    meanings.join(", ")
}

/// "select, drawback: Each call scans its whole set (...)"
fn statement(shown: &Shown<'_>, claim: &Claim) -> String {
    let name = match claim.about {
        About::Goal | About::Demand => None,
        About::Advantage(run) | About::Drawback(run) => Some(shown.names.of(run)),
    };
    let about = shown.texts.claim_about(claim.about, name);
    let statement = shown.texts.claim(claim.id);
    let evidence: Vec<String> = claim
        .evidence
        .iter()
        .take(MOST_EVIDENCE)
        .map(|evidence| shown.texts.evidence(evidence, &shown.names))
        .collect();
    if evidence.is_empty() {
        format!("{about}: {statement}")
    } else {
        format!("{about}: {statement} ({})", evidence.join("; "))
    }
}
