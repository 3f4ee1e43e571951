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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn a_server_that_ended_well_is_told_to_stay_in_the_foreground() {
        for (lang, advice) in [(Lang::En, "foreground"), (Lang::Ko, "포그라운드")] {
            let says = |how: &str| {
                let problem = Problem::Died { how: how.into() };
                lang.texts().problem(&problem).contains(advice)
            };
            assert!(says("exit code 0") && says("exit code 0: bye"));
            assert!(!says("exit code 3") && !says("signal 9"));
        }
    }
}
