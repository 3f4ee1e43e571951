//! Why something is missing, and what is wrong with a server.

use crate::report::data::{Figure, Problem, Reason};
use crate::report::ranking::WhyUnranked;

/// Whether a server that ended so was content with it: it went into the background, as a rule.
pub(crate) fn ended_well(how: &str) -> bool {
    how.strip_prefix("exit code 0")
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// Phrases without a full stop, which stand in a cell, in brackets or behind a colon.
pub(crate) trait ReasonTexts {
    fn figure(&self, figure: Figure) -> &'static str;

    fn reason(&self, reason: &Reason) -> String;

    fn problem(&self, problem: &Problem) -> String;

    fn why_unranked(&self, why: &WhyUnranked) -> String;
}
