//! The rounds of the main load, a dot each.

use maud::{Markup, html};

use super::chart::Caption;
use super::chart::axis::Axis;
use super::chart::marker::Shape;
use super::chart::scale::{Scale, tick};
use super::chart::strips::{Dot, Strip, Strips};
use super::view::{Key, View, legend};
use super::{Page, capitalised};
use crate::lang::page::Subject;
use crate::report::data::{Figure, Run};
use crate::report::statistics::median;

/// The least that the axis shows to either side, in percent: less is no difference.
const LEAST_PERCENT: f64 = 1.0;

impl Page<'_> {
    pub(super) fn rounds_view(&self) -> Markup {
        let (shown, absent) = self.with(Figure::Rounds, dots);
        let about = self.texts.about(Subject::Rounds, &self.report.settings);
        let chart = (!shown.is_empty()).then(|| self.rounds_chart(&about, shown));
        self.view(&View {
            id: "rounds",
            heading: self.words.rounds.into(),
            about,
            legend: legend(&[
                Key::Mark(Shape::Circle, "main", self.words.a_round),
                Key::Mark(Shape::Circle, "other hollow", self.words.disturbed_round),
            ]),
            chart,
            absent,
            remarks: html! {},
            numbers: html! { p { a href="#raw-rounds" { (self.words.raw_rounds) } } },
        })
    }

    fn rounds_chart(&self, about: &str, shown: Vec<(usize, Vec<Dot>)>) -> Markup {
        let all = || shown.iter().flat_map(|(_, dots)| dots);
        let farthest = all().map(|dot| dot.y.abs()).fold(LEAST_PERCENT, f64::max);
        let last = all().map(|dot| dot.x).fold(1.0, f64::max);
        let chart = Strips {
            caption: Caption {
                id: "rounds-chart",
                title: self.words.rounds.into(),
                description: about.into(),
            },
            x: Axis {
                title: capitalised(self.words.round),
                unit: None,
                scale: Scale::counting(1, last as u64),
                tick,
            },
            y: Axis {
                title: format!("{} (%)", capitalised(self.words.deviation)),
                unit: Some("%"),
                scale: Scale::around([-farthest, farthest]),
                tick,
            },
            strips: shown
                .into_iter()
                .map(|(run, dots)| Strip {
                    name: self.names.of(run).into(),
                    dots,
                })
                .collect(),
        };
        chart.render()
    }
}

/// The rounds' costs by their own median, in percent from it.
fn dots(run: &Run) -> Option<Vec<Dot>> {
    let costs: Vec<f64> = run
        .rounds
        .iter()
        .filter_map(|round| round.cpu_us_per_message)
        .collect();
    let middle = median(&costs).filter(|middle| *middle > 0.0)?;
    let dots = run.rounds.iter().filter_map(|round| {
        Some(Dot {
            x: round.round as f64,
            y: (round.cpu_us_per_message? / middle - 1.0) * 100.0,
            disturbed: round.noise.disturbed,
        })
    });
    Some(dots.collect())
}
