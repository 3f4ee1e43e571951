//! What each view with a chart has: what it shows, the chart, who is not in it and why, and the
//! same in numbers.

use maud::{Markup, html};

use super::Page;
use super::chart::marker::{self, Shape};
use super::chart::rows::Name;
use super::table::cut;
use crate::lang::number::tied;
use crate::report::data::{Figure, Run};

/// A chart and what is about it.
pub(super) struct View {
    pub(super) id: &'static str,
    pub(super) heading: String,
    pub(super) about: String,
    pub(super) legend: Markup,
    /// None where no server has anything to show.
    pub(super) chart: Option<Markup>,
    /// Servers that are not in the chart, and why.
    pub(super) absent: Vec<Absent>,
    /// What else is to be said.
    pub(super) remarks: Markup,
    /// A table of the numbers in the chart.
    pub(super) numbers: Markup,
}

/// A server that is not in a chart, and why.
pub(super) struct Absent {
    pub(super) name: String,
    pub(super) why: String,
}

impl Page<'_> {
    pub(super) fn view(&self, view: &View) -> Markup {
        html! {
            section class="view" id=(view.id) {
                div class="about" {
                    h3 { (view.heading) }
                    p { (tied(&view.about)) }
                    @if view.chart.is_some() { (view.legend) }
                }
                div class="shown" {
                    @if let Some(chart) = &view.chart { figure { (chart) } }
                    (view.remarks)
                    (self.absent(&view.absent))
                    @if view.chart.is_some() {
                        details {
                            summary { (self.words.numbers) }
                            (view.numbers)
                        }
                    }
                }
            }
        }
    }

    /// The servers that are not in a chart, those with the same reason together.
    fn absent(&self, absent: &[Absent]) -> Markup {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for Absent { name, why } in absent {
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, names)) => names.push(name),
                None => reasons.push((why, vec![name])),
            }
        }
        html! {
            @if !reasons.is_empty() {
                p class="label" { (self.words.not_in_chart) }
                ul class="plain" {
                    @for (reason, names) in reasons {
                        @let cut: Vec<_> = names.iter().map(|name| cut(name)).collect();
                        @let names: Vec<&str> = cut.iter().map(AsRef::as_ref).collect();
                        li { b { (self.texts.list(&names)) } ": " (tied(reason)) }
                    }
                }
            }
        }
    }

    /// A name at a row; the chosen server's stands out.
    pub(super) fn name(&self, run: usize) -> Name {
        Name {
            text: self.names.of(run).into(),
            strong: self.chosen() == Some(run),
        }
    }

    /// Those runs that have what `of` takes from them, and the names of the others with the
    /// reason why `figure` is missing.
    pub(super) fn with<T>(
        &self,
        figure: Figure,
        of: impl Fn(&Run) -> Option<T>,
    ) -> (Vec<(usize, T)>, Vec<Absent>) {
        let mut shown = Vec::new();
        let mut absent = Vec::new();
        for (index, run) in self.runs() {
            match of(run) {
                Some(value) => shown.push((index, value)),
                None => absent.push(Absent {
                    name: run.model.clone(),
                    why: self.missing(run, figure),
                }),
            }
        }
        (shown, absent)
    }
}

/// A mark of a legend and what it stands for.
pub(super) enum Key<'a> {
    Mark(Shape, &'a str, &'a str),
    Bar(&'a str, &'a str),
    Interval(&'a str),
    Stop(&'a str),
}

/// The legend of a chart.
pub(super) fn legend(keys: &[Key<'_>]) -> Markup {
    html! {
        ul class="legend" {
            @for key in keys {
                @match key {
                    Key::Mark(shape, class, text) => li {
                        (swatch(&marker::mark(*shape, 8.0, 8.0, class))) (text)
                    },
                    Key::Bar(class, text) => li {
                        (swatch(&html! { rect class=(class) x="1" y="3" width="14" height="10" {} })) (text)
                    },
                    Key::Stop(text) => li {
                        (swatch(&html! { path class="stop" d="M4 4l8 8M12 4l-8 8" {} })) (text)
                    },
                    Key::Interval(text) => li {
                        (swatch(&html! { path class="interval" d="M1 3v10M1 8H15M15 3v10" {} (marker::mark(Shape::Point, 8.0, 8.0, "main")) })) (text)
                    },
                }
            }
        }
    }
}

/// A small drawing in a line of text.
pub(super) fn swatch(content: &Markup) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 16 16" aria-hidden="true" { (content) }
    }
}
