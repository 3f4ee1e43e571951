//! A row a server and one or more panels over the same rows: bars, dots and intervals.

use maud::{Markup, html};

use super::axis::Axis;
use super::marker::{self, Shape};
use super::scale::Scale;
use super::{Caption, NAME_SIZE, TICK_SIZE, Width, both, px, text};

/// A chart of rows.
pub(crate) struct Rows {
    pub(crate) caption: Caption,
    pub(crate) names: Vec<Name>,
    pub(crate) panels: Vec<Panel>,
}

/// What a row is called.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// It stands out, as the chosen server does.
    pub(crate) strong: bool,
}

/// An axis and a row of marks for each name.
pub(crate) struct Panel {
    pub(crate) axis: Axis,
    /// Its part of the width beside other panels.
    pub(crate) weight: f64,
    /// A line across all rows at that value, such as 1 for ratios.
    pub(crate) reference: Option<f64>,
    pub(crate) rows: Vec<Row>,
}

/// What one row shows.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) marks: Vec<Mark>,
    /// The value in words, beside the marks.
    pub(crate) value: String,
}

/// A mark, in the axis' values. Classes are the style sheet's.
pub(crate) enum Mark {
    Bar {
        from: f64,
        to: f64,
        class: &'static str,
    },
    /// A line between two dots.
    Link { from: f64, to: f64 },
    /// An interval with its ends marked, by arrows where they are beyond the axis.
    Interval { low: f64, high: f64 },
    Dot {
        at: f64,
        shape: Shape,
        class: &'static str,
    },
}

/// Where a panel's plot is, and what is beside it.
struct Place {
    left: f64,
    length: f64,
    room_left: f64,
    room: f64,
}

const ROW: f64 = 24.0;
const NARROW_ROW: f64 = 40.0;
const TOP: f64 = 6.0;
const GAP: f64 = 12.0;
/// Space that a mark at the plot's end needs.
const END: f64 = 8.0;

impl Rows {
    pub(crate) fn render(&self) -> Markup {
        both(&self.caption, |width| match width {
            Width::Wide => self.wide(width.pixels()),
            Width::Narrow => self.narrow(width.pixels()),
        })
    }

    /// The panels beside each other, the names at the left.
    fn wide(&self, width: f64) -> (Markup, f64) {
        let most = if self.panels.len() > 1 { 170.0 } else { 210.0 };
        let names = self
            .names
            .iter()
            .map(|name| text::width(&name.text, name.size()))
            .fold(40.0, f64::max)
            .min(most);
        let left = names + 2.0 * GAP;
        let gaps = GAP * self.panels.len().saturating_sub(1) as f64;
        let rooms = self.rooms(width - left - gaps);
        let bottom = TOP + ROW * self.names.len() as f64;
        let middle = |index: usize| TOP + ROW * (index as f64 + 0.5);
        let axes = self.panels.iter().zip(&rooms);
        let height = axes
            .map(|(panel, (_, room))| panel.axis.height(panel.plot_room(*room)))
            .fold(0.0, f64::max);
        let content = html! {
            @for (index, name) in self.names.iter().enumerate() {
                (self.name(name, 0.0, middle(index) + 4.0, names))
            }
            @for (panel, (before, room)) in self.panels.iter().zip(&rooms) {
                @let from = left + before;
                @let place = panel.place(from, panel.plot_room(*room));
                (panel.draw(&place, (TOP, bottom), &middle))
                @for (index, row) in panel.rows.iter().enumerate() {
                    text class="value" x=(px(from + room)) y=(px(middle(index) + 4.0)) text-anchor="end" {
                        (row.value)
                    }
                }
            }
        };
        (content, bottom + height)
    }

    /// The panels under each other, the names and values above their rows.
    fn narrow(&self, width: f64) -> (Markup, f64) {
        let mut top = TOP;
        let mut parts = Vec::new();
        for panel in &self.panels {
            let start = top;
            let bottom = start + NARROW_ROW * self.names.len() as f64;
            let middle = |index: usize| start + NARROW_ROW * (index as f64 + 0.7);
            let place = panel.place(0.0, width);
            parts.push(html! {
                (panel.draw(&place, (start, bottom), &middle))
                @for (index, (name, row)) in self.names.iter().zip(&panel.rows).enumerate() {
                    @let y = middle(index) - 15.0;
                    // Grid lines keep away from the names.
                    rect class="clear" x="0" y=(px(y - 14.0)) width=(px(width)) height="19" {}
                    @let taken = text::width(&row.value, TICK_SIZE);
                    (self.name(name, 0.0, y, width - taken - GAP))
                    text class="value" x=(px(width)) y=(px(y)) text-anchor="end" { (row.value) }
                }
            });
            top = bottom + panel.axis.height(width) + GAP;
        }
        (html! { @for part in &parts { (part) } }, top - GAP)
    }

    fn name(&self, name: &Name, x: f64, y: f64, room: f64) -> Markup {
        let shown = text::fit(&name.text, name.size(), room);
        html! {
            text class=(if name.strong { "name strong" } else { "name" }) x=(px(x)) y=(px(y)) {
                (shown)
                @if shown != name.text { title { (name.text) } }
            }
        }
    }

    /// Where each panel begins and what room it has, of `room` pixels without the gaps.
    fn rooms(&self, room: f64) -> Vec<(f64, f64)> {
        let weights: f64 = self.panels.iter().map(|panel| panel.weight).sum();
        let mut begin = 0.0;
        self.panels
            .iter()
            .map(|panel| {
                let its = room * panel.weight / weights;
                let from = begin;
                begin += its + GAP;
                (from, its)
            })
            .collect()
    }
}

impl Name {
    /// The size by which its width is measured: a bold text is wider.
    fn size(&self) -> f64 {
        if self.strong {
            NAME_SIZE * 1.1
        } else {
            NAME_SIZE
        }
    }
}

impl Panel {
    fn values_width(&self) -> f64 {
        self.rows
            .iter()
            .map(|row| text::width(&row.value, TICK_SIZE))
            .fold(0.0, f64::max)
    }

    /// What is left of `room` beside the values' texts.
    fn plot_room(&self, room: f64) -> f64 {
        match self.values_width() {
            0.0 => room,
            values => room - values - GAP,
        }
    }

    /// The plot within `room` pixels from `from`.
    fn place(&self, from: f64, room: f64) -> Place {
        let (before, after) = self.axis.overhang(room - 2.0 * END);
        let (before, after) = (before.max(END), after.max(END));
        Place {
            left: from + before,
            length: (room - before - after).max(40.0),
            room_left: from,
            room,
        }
    }

    fn draw(
        &self,
        place: &Place,
        (top, bottom): (f64, f64),
        middle: &dyn Fn(usize) -> f64,
    ) -> Markup {
        let x = |value: f64| px(place.left + self.axis.scale.place(value) * place.length);
        html! {
            (self.axis.horizontal((place.left, place.length), (top, bottom), (place.room_left, place.room)))
            @if let Some(reference) = self.reference {
                line class="reference" x1=(x(reference)) x2=(x(reference)) y1=(px(top)) y2=(px(bottom)) {}
            }
            @for (index, row) in self.rows.iter().enumerate() {
                @for mark in &row.marks {
                    (mark.draw(&self.axis.scale, &x, middle(index)))
                }
            }
        }
    }
}

impl Mark {
    fn draw(&self, scale: &Scale, x: &dyn Fn(f64) -> f64, y: f64) -> Markup {
        match *self {
            Self::Bar { from, to, .. } if from == to => html! {},
            Self::Bar { from, to, class } => {
                let width = px((x(to) - x(from)).max(0.5));
                html! { rect class=(class) x=(x(from)) y=(px(y - 6.0)) width=(width) height="12" {} }
            }
            Self::Link { from, to } => html! {
                line class="link" x1=(x(from)) x2=(x(to)) y1=(px(y)) y2=(px(y)) {}
            },
            Self::Interval { low, high } => {
                let end = |value: f64, inward: f64| {
                    if scale.holds(value) {
                        format!("M{} {}v10", x(value), px(y - 5.0))
                    } else {
                        let corner = px(x(value) + inward);
                        format!(
                            "M{corner} {}L{} {}l{inward} 4",
                            px(y - 4.0),
                            x(value),
                            px(y)
                        )
                    }
                };
                let line = format!("M{} {}H{}", x(low), px(y), x(high));
                let path = format!("{}{line}{}", end(low, 5.0), end(high, -5.0));
                html! { path class="interval" d=(path) {} }
            }
            Self::Dot { at, shape, class } => marker::mark(shape, x(at), px(y), class),
        }
    }
}
