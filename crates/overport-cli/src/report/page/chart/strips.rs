//! A strip a server and a dot a round, so that drift and outliers are seen.

use maud::{Markup, html};

use super::axis::Axis;
use super::marker::{self, Shape};
use super::{Caption, NAME_SIZE, Width, both, px, text};

/// A chart of strips, all with the same axes.
pub(crate) struct Strips {
    pub(crate) caption: Caption,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) strips: Vec<Strip>,
}

/// One server's rounds.
pub(crate) struct Strip {
    pub(crate) name: String,
    pub(crate) dots: Vec<Dot>,
}

/// One round.
pub(crate) struct Dot {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// It is shown as an outline: something disturbed it.
    pub(crate) disturbed: bool,
}

const STRIP: f64 = 52.0;
const NARROW_STRIP: f64 = 68.0;
const NAME_LINE: f64 = 16.0;
const BETWEEN: f64 = 14.0;
const END: f64 = 10.0;

impl Strips {
    pub(crate) fn render(&self) -> Markup {
        both(&self.caption, |width| self.draw(width))
    }

    fn draw(&self, width: Width) -> (Markup, f64) {
        let (names, strip, above) = match width {
            Width::Wide => (self.names_width(), STRIP, 0.0),
            Width::Narrow => (0.0, NARROW_STRIP, NAME_LINE),
        };
        let plot = strip - BETWEEN - above;
        let left = names + self.y.width(plot);
        let length = width.pixels() - left;
        let (_, overhang) = self.x.overhang(length - 2.0 * END);
        let (inner, inner_length) = (left + END, length - END - overhang.max(END));
        let first = self.y.title_height(width.pixels()) + 4.0;
        let bottom = first + strip * self.strips.len() as f64 - BETWEEN;
        let content = html! {
            g class="axis y" data-unit=(self.y.unit()) {
                (self.y.title_above(0.0, 0.0, width.pixels()))
                @for index in 0..self.strips.len() {
                    @let top = first + strip * index as f64 + above;
                    (self.y.vertical((left, length), (top, top + plot)))
                }
            }
            (self.x.horizontal((inner, inner_length), (first, bottom), (left, length)))
            @for (index, series) in self.strips.iter().enumerate() {
                @let top = first + strip * index as f64;
                @let (room, y) = match width {
                    Width::Wide => (names - 8.0, top + plot / 2.0 + 4.0),
                    Width::Narrow => (width.pixels(), top + 9.0),
                };
                @let shown = text::fit(&series.name, NAME_SIZE, room);
                text class="name" x="0" y=(px(y)) {
                    (shown)
                    @if shown != series.name { title { (series.name) } }
                }
                @let places = series.places((inner, inner_length), (top + above, plot), self);
                polyline class="trace" points=(points(&places)) {}
                @for (dot, (x, y)) in series.dots.iter().zip(&places) {
                    (marker::mark(Shape::Circle, *x, *y, if dot.disturbed { "round disturbed" } else { "round" }))
                }
            }
        };
        (content, bottom + self.x.height(length))
    }

    fn names_width(&self) -> f64 {
        self.strips
            .iter()
            .map(|strip| text::width(&strip.name, NAME_SIZE) + 12.0)
            .fold(40.0, f64::max)
            .min(200.0)
    }
}

impl Strip {
    /// Where its dots are, in a plot from `left` and `top`.
    fn places(
        &self,
        (left, length): (f64, f64),
        (top, height): (f64, f64),
        chart: &Strips,
    ) -> Vec<(f64, f64)> {
        let place = |dot: &Dot| {
            let x = left + chart.x.scale.place(dot.x) * length;
            let y = top + height - chart.y.scale.place(dot.y) * height;
            (px(x), px(y))
        };
        self.dots.iter().map(place).collect()
    }
}

/// The attribute of a polyline.
fn points(places: &[(f64, f64)]) -> String {
    let points: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    points.join(" ")
}
