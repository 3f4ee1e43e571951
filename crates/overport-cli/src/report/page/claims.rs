//! The textbook's claims beside the figures.

use maud::{Markup, html};

use super::Page;
use super::view::swatch;
use crate::lang::number::tied;
use crate::report::claims::{About, Claim, Finding};

impl Page<'_> {
    pub(super) fn claims_section(&self) -> Markup {
        let of = |about: About| -> Vec<&Claim> {
            self.meaning
                .claims
                .iter()
                .filter(|claim| claim.about == about)
                .collect()
        };
        let models: Vec<(usize, Vec<&Claim>)> = (0..self.report.runs.len())
            .map(|run| {
                let claims = [About::Advantage(run), About::Drawback(run)].map(of);
                (run, claims.concat())
            })
            .filter(|(_, claims)| !claims.is_empty())
            .collect();
        html! {
            section id="claims" {
                h2 { (self.words.claims) }
                p { (self.words.claims_about) }
                (self.claim_group(self.words.goals, &of(About::Goal)))
                (self.claim_group(self.words.demands, &of(About::Demand)))
                @if !models.is_empty() {
                    h3 { (self.words.models) }
                    @for (run, claims) in &models {
                        h4 { (self.names.of(*run)) }
                        (self.claim_list(claims))
                    }
                }
            }
        }
    }

    fn claim_group(&self, heading: &str, claims: &[&Claim]) -> Markup {
        html! {
            @if !claims.is_empty() {
                h3 { (heading) }
                (self.claim_list(claims))
            }
        }
    }

    fn claim_list(&self, claims: &[&Claim]) -> Markup {
        html! {
            ul class="claims" {
                @for claim in claims {
                    li {
                        span class={ "finding " (class(claim.finding)) } {
                            (swatch(&shape(claim.finding)))
                            (self.texts.finding(claim.finding))
                        }
                        div {
                            @match claim.about {
                                About::Advantage(_) => span class="kind" { (self.words.advantage) ": " },
                                About::Drawback(_) => span class="kind" { (self.words.drawback) ": " },
                                About::Goal | About::Demand => {},
                            }
                            (self.texts.claim(claim.id))
                        }
                        @if !claim.evidence.is_empty() {
                            ul class="evidence" {
                                @for evidence in &claim.evidence {
                                    li { (tied(&self.texts.evidence(evidence, &self.names))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "confirmed",
        Finding::Contradicted => "contradicted",
        Finding::NotToldApart => "alike",
        Finding::NotMeasurableHere => "unmeasured",
    }
}

/// A finding's shape, so that it is not told by its colour alone.
fn shape(finding: Finding) -> Markup {
    match finding {
        Finding::Confirmed => html! {
            circle cx="8" cy="8" r="7" {}
            path d="M4.5 8.2l2.5 2.5l4.5-5" {}
        },
        Finding::Contradicted => html! {
            path d="M8 .8l7.2 7.2l-7.2 7.2l-7.2-7.2z" {}
            path d="M5.5 5.5l5 5M10.5 5.5l-5 5" {}
        },
        Finding::NotToldApart => html! {
            circle cx="8" cy="8" r="6.5" {}
            path d="M5 6.5h6M5 9.5h6" {}
        },
        Finding::NotMeasurableHere => html! {
            circle cx="8" cy="8" r="6.5" stroke-dasharray="2.5 2" {}
            path d="M5 8h6" {}
        },
    }
}
