//! Why something is missing, and what is wrong with a server.

use crate::report::data::{Figure, Problem, Reason};
use crate::report::ranking::WhyUnranked;

/// Phrases without a full stop, which stand in a cell, in brackets or behind a colon.
pub(crate) trait ReasonTexts {
    fn figure(&self, figure: Figure) -> &'static str;

    fn reason(&self, reason: &Reason) -> String;

    fn problem(&self, problem: &Problem) -> String;

    fn why_unranked(&self, why: &WhyUnranked) -> String;
}
