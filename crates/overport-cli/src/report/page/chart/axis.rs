//! Axes with grid lines, ticks and a title that ends with the unit.

use maud::{Markup, html};

use super::scale::Scale;
use super::{TICK_SIZE, px, text};

/// What an axis shows.
#[derive(Clone)]
pub(crate) struct Axis {
    /// With its unit, where it has one.
    pub(crate) title: String,
    /// None for a number of things, which the title names.
    pub(crate) unit: Option<&'static str>,
    pub(crate) scale: Scale,
    /// A tick's text.
    pub(crate) tick: fn(f64) -> String,
}

/// Pixels from the end of the plot to the middle of the tick's texts, and of a line of the title.
const TICK_LINE: f64 = 15.0;
const TITLE_LINE: f64 = 14.0;
/// The least space between two ticks' texts beside each other, and what one takes above another.
const TICK_SPACE: f64 = 10.0;
const TICK_HEIGHT: f64 = 17.0;

impl Axis {
    /// What the style of the page and its checks know the unit by.
    pub(crate) fn unit(&self) -> &'static str {
        self.unit.unwrap_or("1")
    }

    /// How far the first and the last tick's text stand out over the plot's ends.
    pub(crate) fn overhang(&self, length: f64) -> (f64, f64) {
        let ticks = self.horizontal_ticks(length);
        let half = |tick: Option<&(f64, String)>| {
            tick.map_or(0.0, |(_, label)| text::width(label, TICK_SIZE) / 2.0)
        };
        (half(ticks.first()), half(ticks.last()))
    }

    /// The height that a horizontal axis takes under its plot.
    pub(crate) fn height(&self, room: f64) -> f64 {
        TICK_LINE + self.title_lines(room).len() as f64 * TITLE_LINE + 6.0
    }

    /// A horizontal axis under a plot from `left`, `length` wide and from `top` to `bottom`. The
    /// title is centred within `room`, which begins at `room_left`.
    pub(crate) fn horizontal(
        &self,
        (left, length): (f64, f64),
        (top, bottom): (f64, f64),
        (room_left, room): (f64, f64),
    ) -> Markup {
        let middle = room_left + room / 2.0;
        html! {
            g class="axis x" data-unit=(self.unit()) {
                @for (value, label) in self.horizontal_ticks(length) {
                    @let x = px(left + self.scale.place(value) * length);
                    line class="grid" x1=(x) x2=(x) y1=(px(top)) y2=(px(bottom)) {}
                    text class="tick" x=(x) y=(px(bottom + TICK_LINE)) text-anchor="middle" { (label) }
                }
                line class="base" x1=(px(left)) x2=(px(left + length)) y1=(px(bottom)) y2=(px(bottom)) {}
                @let lines = self.title_lines(room);
                text class="axis-title" text-anchor="middle" {
                    @for (index, line) in lines.iter().enumerate() {
                        tspan x=(px(middle)) y=(px(bottom + TICK_LINE + (index + 1) as f64 * TITLE_LINE)) {
                            (line) @if index + 1 < lines.len() { " " }
                        }
                    }
                }
            }
        }
    }

    /// The width that a vertical axis' texts take beside a plot of that height.
    pub(crate) fn width(&self, length: f64) -> f64 {
        self.vertical_ticks(length)
            .iter()
            .map(|(_, label)| text::width(label, TICK_SIZE))
            .fold(0.0, f64::max)
            + 8.0
    }

    /// A vertical axis at the left of a plot from `left`, `length` wide and from `top` to
    /// `bottom`, without its title.
    pub(crate) fn vertical(&self, (left, length): (f64, f64), (top, bottom): (f64, f64)) -> Markup {
        html! {
            @for (value, label) in self.vertical_ticks(bottom - top) {
                @let y = bottom - self.scale.place(value) * (bottom - top);
                line class="grid" x1=(px(left)) x2=(px(left + length)) y1=(px(y)) y2=(px(y)) {}
                text class="tick" x=(px(left - 6.0)) y=(px(y + 4.0)) text-anchor="end" { (label) }
            }
        }
    }

    /// The title of a vertical axis, level above the plot: nobody has to turn the head for it.
    pub(crate) fn title_above(&self, x: f64, y: f64, room: f64) -> Markup {
        html! {
            text class="axis-title" {
                @for (index, line) in self.title_lines(room).iter().enumerate() {
                    tspan x=(px(x)) y=(px(y + (index + 1) as f64 * TITLE_LINE - 3.0)) { (line) " " }
                }
            }
        }
    }

    /// The height that the title takes above a plot.
    pub(crate) fn title_height(&self, room: f64) -> f64 {
        self.title_lines(room).len() as f64 * TITLE_LINE + 8.0
    }

    fn title_lines(&self, room: f64) -> Vec<String> {
        text::lines(&self.title, TICK_SIZE, room)
    }

    fn horizontal_ticks(&self, length: f64) -> Vec<(f64, String)> {
        self.scale.ticks(length, &self.tick, &|label| {
            text::width(label, TICK_SIZE) + TICK_SPACE
        })
    }

    fn vertical_ticks(&self, length: f64) -> Vec<(f64, String)> {
        self.scale.ticks(length, &self.tick, &|_| TICK_HEIGHT)
    }
}
