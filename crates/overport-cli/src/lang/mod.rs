//! What the comparison says, in the languages that it speaks: a folder a language, the same
//! files in each. A string that one language lacks is an error of the compiler.
//!
//! Each subject is a trait. What does not depend on the language is beside them: how numbers
//! are written ([`number`]), and the figures with their units ([`quantity`]).

mod en;
mod ko;

pub(crate) mod claims;
pub(crate) mod number;
pub(crate) mod page;
pub(crate) mod quantity;
pub(crate) mod reasons;
pub(crate) mod terminal;
pub(crate) mod terms;
pub(crate) mod verdict;

use self::claims::ClaimTexts;
use self::page::PageTexts;
use self::reasons::ReasonTexts;
use self::terminal::TerminalTexts;
use self::terms::TermTexts;
use self::verdict::VerdictTexts;
use crate::report::data::{Report, Run};

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// English
    En,
    /// Korean (한국어)
    Ko,
}

/// Everything that is said: a trait a subject, and this for all of them.
pub(crate) trait Texts:
    TermTexts + ReasonTexts + VerdictTexts + TerminalTexts + PageTexts + ClaimTexts + Sync
{
}

impl Lang {
    /// Its texts.
    pub(crate) fn texts(self) -> &'static dyn Texts {
        match self {
            Self::En => &en::English,
            Self::Ko => &ko::Korean,
        }
    }

    /// `asked`, or the language that the environment of this process asks for.
    pub(crate) fn chosen(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| Self::of_environment(|name| std::env::var(name).ok()))
    }

    /// The language that the environment asks for by LC_ALL, LC_MESSAGES or LANG, the first of
    /// them that is set (POSIX, 8.2); English where it is none that is spoken here.
    pub(crate) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let Some(locale) = set else {
            return Self::En;
        };
        // language[_territory][.codeset][@modifier]
        match locale.split(['_', '.', '@']).next() {
            Some("ko") => Self::Ko,
            _ => Self::En,
        }
    }
}

/// The names of a report's runs, by their index, and whose latencies are lower bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a>(&'a [Run]);

impl<'a> Names<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        Self(&report.runs)
    }

    /// The name of the run of that index.
    ///
    /// # Panics
    ///
    /// If the report has no such run.
    pub(crate) fn of(&self, run: usize) -> &'a str {
        &self.0[run].model
    }

    /// Whether that run left messages of the open loop unsent, so that its latency is a lower
    /// bound.
    ///
    /// # Panics
    ///
    /// If the report has no such run.
    pub(crate) fn latency_is_lower_bound(&self, run: usize) -> bool {
        let mut rounds = self.0[run].latency_rounds.iter();
        rounds.any(|round| round.unsent > 0)
    }

    /// The same of the messages beside those that block their handler.
    ///
    /// # Panics
    ///
    /// If the report has no such run.
    pub(crate) fn stall_is_lower_bound(&self, run: usize) -> bool {
        let stall = self.0[run].stall.as_ref();
        stall.is_some_and(|stall| stall.unsent > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(set: &[(&str, &str)]) -> Lang {
        Lang::of_environment(|name| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_language_is_that_of_the_locale() {
        assert_eq!(language(&[("LANG", "ko_KR.UTF-8")]), Lang::Ko);
        assert_eq!(language(&[("LANG", "ko")]), Lang::Ko);
        assert_eq!(language(&[("LANG", "ko.UTF-8")]), Lang::Ko);
        assert_eq!(language(&[("LANG", "en_US.UTF-8")]), Lang::En);
        // Konkani.
        assert_eq!(language(&[("LANG", "kok_IN")]), Lang::En);
        assert_eq!(language(&[("LANG", "C.UTF-8")]), Lang::En);
        assert_eq!(language(&[]), Lang::En);
    }

    #[test]
    fn the_more_specific_variable_wins_and_an_empty_one_does_not_count() {
        let set = [("LC_ALL", "C"), ("LANG", "ko_KR.UTF-8")];
        assert_eq!(language(&set), Lang::En);
        let set = [("LC_MESSAGES", "ko_KR.UTF-8"), ("LANG", "C")];
        assert_eq!(language(&set), Lang::Ko);
        let set = [("LC_ALL", ""), ("LANG", "ko_KR.UTF-8")];
        assert_eq!(language(&set), Lang::Ko);
    }
}
