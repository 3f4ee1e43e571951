//! What the textbook says of the models, and what was found, an item each.

use super::Shown;
use super::sheet::Sheet;
use crate::report::claims::{About, Claim, Evidence, Finding, MissingEvidence};

/// Figures of each; the page has all of them.
const MOST_EVIDENCE: usize = 2;

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    if shown.meaning.claims.is_empty() {
        return;
    }
    sheet.title(&format!("{} ({})", shown.words.claims, legend(shown)));
    let told = shown
        .meaning
        .claims
        .iter()
        .filter(|claim| missing(claim).is_none());
    let mut rows: Vec<(String, String)> = told
        .map(|claim| (mark(claim.finding).to_owned(), statement(shown, claim)))
        .collect();
    for (what, count) in untold(&shown.meaning.claims) {
        let text = shown.texts.more_claims(count, what);
        rows.push((mark(Finding::NotMeasurableHere).to_owned(), text));
    }
    sheet.rows(&rows);
}

/// What was not measured that a claim would take, where it says no more than that.
fn missing(claim: &Claim) -> Option<MissingEvidence> {
    match claim.evidence[..] {
        [Evidence::Missing { what }] => Some(what),
        _ => None,
    }
}

/// The claims that say no more than what is missing: how many for each of that.
fn untold(claims: &[Claim]) -> Vec<(MissingEvidence, usize)> {
    let mut counts: Vec<(MissingEvidence, usize)> = Vec::new();
    for what in claims.iter().filter_map(missing) {
        match counts.iter_mut().find(|(other, _)| *other == what) {
            Some((_, count)) => *count += 1,
            None => counts.push((what, 1)),
        }
    }
    counts
}

fn mark(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "✓",
        Finding::Contradicted => "✗",
        Finding::NotToldApart => "=",
        Finding::NotMeasurableHere => "?",
    }
}

/// What the marks mean.
fn legend(shown: &Shown<'_>) -> String {
    let findings = [
        Finding::Confirmed,
        Finding::Contradicted,
        Finding::NotToldApart,
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
