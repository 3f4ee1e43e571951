//! What the comparison comes to, in sentences.

use super::{Names, Texts};
use crate::report::verdict::{Because, Caveat, Change, PassedOver, Verdict};

/// The sentences of a verdict.
pub(crate) trait VerdictTexts {
    /// What to choose, and why: the reasons are those of `because`, in their order.
    fn choose(&self, name: &str, reasons: &[String]) -> String;

    /// That so many rounds do not tell these servers apart well enough to choose.
    fn undecided(&self, names: &[&str], rounds: usize) -> String;

    /// What the figures that decide suffer from.
    fn caveat(&self, caveat: &Caveat) -> String;

    /// That there is nothing to choose.
    fn no_choice(&self) -> &'static str;

    /// A reason for `chosen`, in the form that `choose` takes. If it is `alone`, no other server
    /// may cost as little.
    fn because(&self, because: &Because, chosen: usize, alone: bool, names: &Names<'_>) -> String;

    /// That the rounds do not tell these servers' cost from the chosen one's.
    fn as_cheap(&self, names: &[&str], rounds: usize) -> String;

    /// Why a server that costs no more was not chosen.
    fn passed_over(&self, passed_over: &PassedOver, names: &Names<'_>) -> String;

    /// What stands above the changes.
    fn changes_if(&self) -> &'static str;

    /// What would make another choice right than `chosen`, as an item of a list below
    /// `changes_if`.
    fn change(&self, change: &Change, chosen: usize, names: &Names<'_>) -> String;
}

/// A verdict in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// What to choose, and why.
    pub(crate) choice: String,
    /// What is to be held against it: sentences.
    pub(crate) caveats: Vec<String>,
    /// What there is to add: sentences.
    pub(crate) remarks: Vec<String>,
    /// What would make another choice right: items of a list below `changes_if`.
    pub(crate) changes: Vec<String>,
}

/// Says `verdict`, whose costs rest on so many `rounds`.
pub(crate) fn say(texts: &dyn Texts, verdict: &Verdict, names: &Names<'_>, rounds: usize) -> Said {
    let said = |caveats: &[Caveat]| caveats.iter().map(|caveat| texts.caveat(caveat)).collect();
    let choice = match verdict {
        Verdict::Choose(choice) => choice,
        Verdict::Undecided {
            leaders,
            rounds,
            caveats,
        } => {
            let leaders: Vec<&str> = leaders.iter().map(|&run| names.of(run)).collect();
            return Said {
                choice: texts.undecided(&leaders, *rounds),
                caveats: said(caveats),
                remarks: Vec::new(),
                changes: Vec::new(),
            };
        }
        Verdict::NoChoice => {
            return Said {
                choice: texts.no_choice().into(),
                caveats: Vec::new(),
                remarks: Vec::new(),
                changes: Vec::new(),
            };
        }
    };
    let alone = choice.not_told_apart.is_empty();
    let reasons: Vec<String> = choice
        .because
        .iter()
        .map(|because| texts.because(because, choice.run, alone, names))
        .collect();
    let mut remarks = Vec::new();
    if !choice.not_told_apart.is_empty() {
        let others: Vec<&str> = choice
            .not_told_apart
            .iter()
            .map(|&run| names.of(run))
            .collect();
        remarks.push(texts.as_cheap(&others, rounds));
    }
    remarks.extend(
        choice
            .passed_over
            .iter()
            .map(|passed_over| texts.passed_over(passed_over, names)),
    );
    Said {
        choice: texts.choose(names.of(choice.run), &reasons),
        caveats: said(&choice.caveats),
        remarks,
        changes: choice
            .changes
            .iter()
            .map(|change| texts.change(change, choice.run, names))
            .collect(),
    }
}
