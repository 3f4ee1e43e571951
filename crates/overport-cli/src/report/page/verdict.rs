//! The verdict, what was left out, and what went wrong.

use maud::{Markup, html};

use super::Page;
use crate::lang::number::tied;
use crate::lang::verdict as say;
use crate::report::ranking::WhyUnranked;

impl Page<'_> {
    pub(super) fn verdict_section(&self) -> Markup {
        let said = say::say(
            self.texts,
            &self.meaning.verdict,
            &self.names,
            self.meaning.cost.rounds,
        );
        html! {
            section id="verdict" {
                h2 { (self.words.verdict) }
                p class="choice" { (tied(&said.choice)) }
                @for caveat in &said.caveats { p class="caveat" { (tied(caveat)) } }
                @for remark in &said.remarks { p { (tied(remark)) } }
                @if !said.changes.is_empty() {
                    p class="label" { (self.texts.changes_if()) }
                    ul { @for change in &said.changes { li { (tied(change)) } } }
                }
                (self.left_out())
                (self.problems())
            }
        }
    }

    fn left_out(&self) -> Markup {
        let left_out: Vec<_> = self
            .meaning
            .cost
            .unranked
            .iter()
            .filter(|unranked| unranked.why != WhyUnranked::Problem)
            .collect();
        html! {
            @if !left_out.is_empty() {
                p class="label" { (self.words.left_out) }
                ul {
                    @for unranked in left_out {
                        li { b { (self.names.of(unranked.run)) } ": " (self.texts.why_unranked(&unranked.why)) }
                    }
                }
            }
        }
    }

    fn problems(&self) -> Markup {
        let faulty: Vec<_> = self
            .report
            .runs
            .iter()
            .filter(|run| run.problem.is_some() || run.errors > 0)
            .collect();
        html! {
            @if !faulty.is_empty() {
                div class="problems" role="note" {
                    p class="label" { "⚠ " (self.words.problems) }
                    ul {
                        @for run in faulty {
                            li {
                                b { (run.model) } ": "
                                @match &run.problem {
                                    Some(problem) => {
                                        (tied(&self.texts.problem(problem)))
                                        @if run.errors > 0 { " (" (self.texts.errors(run.errors)) ")" }
                                    }
                                    None => (self.texts.errors(run.errors)),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
