//! Lines over a logarithmic axis: a line a server, with its name beside its end.

use maud::{Markup, html};

use super::axis::Axis;
use super::marker::{self, Style};
use super::{Caption, NAME_SIZE, Width, both, px, text};

/// A chart of lines.
pub(crate) struct Lines {
    pub(crate) caption: Caption,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) lines: Vec<Line>,
}

/// One server's line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) style: Style,
    /// By ascending x.
    pub(crate) points: Vec<Point>,
    /// It could not go on behind its last point.
    pub(crate) stops: bool,
}

/// One value of a line.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub(crate) x: f64,
    /// The line breaks where there is none.
    pub(crate) y: Option<f64>,
    /// It is shown as an outline: the true value may be higher.
    pub(crate) bounded: bool,
}

/// The plot's place.
struct Plot {
    left: f64,
    length: f64,
    top: f64,
    bottom: f64,
}

const PLOT_HEIGHT: f64 = 250.0;
const LABEL_LINE: f64 = 16.0;
const END: f64 = 10.0;
/// What a cross takes, and its distance from the line's end.
const CROSS: f64 = 13.0;

impl Lines {
    pub(crate) fn render(&self) -> Markup {
        both(&self.caption, |width| self.draw(width))
    }

    fn draw(&self, width: Width) -> (Markup, f64) {
        let labels = self.labels_width(width);
        let height = PLOT_HEIGHT.max(self.lines.len() as f64 * LABEL_LINE);
        let top = self.y.title_height(width.pixels());
        let left = self.y.width(height);
        let length = width.pixels() - left - labels;
        let (_, overhang) = self.x.overhang(length - 2.0 * END);
        let plot = Plot {
            left: left + END,
            length: length - END - overhang.max(END),
            top,
            bottom: top + height,
        };
        let content = html! {
            g class="axis y" data-unit=(self.y.unit()) {
                (self.y.title_above(0.0, 0.0, width.pixels()))
                (self.y.vertical((left, length), (plot.top, plot.bottom)))
            }
            (self.x.horizontal((plot.left, plot.length), (plot.top, plot.bottom), (left, length)))
            @for line in &self.lines { (self.line(&plot, line)) }
            (self.stops(&plot))
            @if width == Width::Wide { (self.labels(&plot, width.pixels() - labels, labels)) }
        };
        (content, plot.bottom + self.x.height(length))
    }

    fn line(&self, plot: &Plot, line: &Line) -> Markup {
        let x = |value: f64| px(plot.left + self.x.scale.place(value) * plot.length);
        let y = |value: f64| px(self.y_place(plot, value));
        let class = line.style.class();
        let mut path = String::new();
        let mut begins = true;
        for point in &line.points {
            if let Some(value) = point.y {
                let letter = if begins { 'M' } else { 'L' };
                path.push_str(&format!("{letter}{} {}", x(point.x), y(value)));
            }
            begins = point.y.is_none();
        }
        html! {
            path class={ "line " (class) } d=(path) stroke-dasharray=[line.style.dashes()] {}
            @for point in &line.points {
                @if let Some(value) = point.y {
                    @let class = if point.bounded { format!("{class} hollow") } else { class.clone() };
                    (marker::mark(line.style.shape(), x(point.x), y(value), &class))
                }
            }
        }
    }

    /// A cross behind the end of each line that stops. They are drawn on top of all lines, and
    /// beside each other where they would hide each other.
    fn stops(&self, plot: &Plot) -> Markup {
        let mut taken: Vec<(f64, f64)> = Vec::new();
        let mut crosses = Vec::new();
        for line in self.lines.iter().filter(|line| line.stops) {
            let Some((at, value)) = line.end() else {
                continue;
            };
            let y = self.y_place(plot, value);
            let mut x = plot.left + self.x.scale.place(at) * plot.length + CROSS;
            while taken
                .iter()
                .any(|other| (other.0 - x).abs() < CROSS && (other.1 - y).abs() < CROSS)
            {
                x += CROSS;
            }
            taken.push((x, y));
            let cross = format!("M{} {}l9 9m0 -9l-9 9", px(x - 1.5), px(y - 4.5));
            crosses.push((cross, line.style.class()));
        }
        html! {
            @for (cross, class) in &crosses {
                path class="halo" d=(cross) {}
                path class={ "stop " (class) } d=(cross) {}
            }
        }
    }

    /// The names at the right, in the order of the lines' ends and as near to them as they may be
    /// without touching each other.
    fn labels(&self, plot: &Plot, left: f64, room: f64) -> Markup {
        let mut ends: Vec<(f64, &Line)> = self
            .lines
            .iter()
            .filter_map(|line| {
                let (_, value) = line.end()?;
                Some((self.y_place(plot, value), line))
            })
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = ends.iter().map(|(y, _)| *y).collect();
        let places = spread(&wanted, LABEL_LINE, plot.top + 6.0, plot.bottom);
        html! {
            @for ((wanted, line), y) in ends.iter().zip(places) {
                @let class = line.style.class();
                @if line.reaches(&self.lines) {
                    line class="leader" x1=(px(plot.left + plot.length + 6.0)) x2=(px(left + 6.0)) y1=(px(*wanted)) y2=(px(y)) {}
                }
                (marker::mark(line.style.shape(), px(left + 14.0), px(y), &class))
                @let shown = text::fit(&line.name, NAME_SIZE, room - 24.0);
                text class="name" x=(px(left + 24.0)) y=(px(y + 4.0)) {
                    (shown)
                    @if shown != line.name { title { (line.name) } }
                }
            }
        }
    }

    fn labels_width(&self, width: Width) -> f64 {
        match width {
            // There the legend is under the drawing.
            Width::Narrow => 0.0,
            Width::Wide => self
                .lines
                .iter()
                .map(|line| text::width(&line.name, NAME_SIZE) + 26.0)
                .fold(60.0, f64::max)
                .min(200.0),
        }
    }

    fn y_place(&self, plot: &Plot, value: f64) -> f64 {
        plot.bottom - self.y.scale.place(value) * (plot.bottom - plot.top)
    }
}

impl Line {
    /// Its last value and where that is.
    fn end(&self) -> Option<(f64, f64)> {
        let last = self.points.iter().rev().find(|point| point.y.is_some())?;
        Some((last.x, last.y?))
    }

    /// Its end is as far to the right as any line's.
    fn reaches(&self, lines: &[Self]) -> bool {
        let end = |line: &Self| line.end().map(|(x, _)| x);
        lines.iter().all(|line| end(line) <= end(self))
    }
}

/// Places for labels that want to be at `wanted`, which ascends: at least `distance` apart, from
/// `top` on and up to `bottom` where there is room for all of them.
fn spread(wanted: &[f64], distance: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::with_capacity(wanted.len());
    for want in wanted {
        let least = places.last().map_or(top, |place| place + distance);
        places.push(want.max(least));
    }
    let mut most = bottom.max(top + distance * wanted.len().saturating_sub(1) as f64);
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - distance;
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_with_room_are_where_they_want_to_be() {
        assert_eq!(spread(&[20.0, 60.0], 16.0, 0.0, 100.0), [20.0, 60.0]);
    }

    #[test]
    fn labels_at_one_place_make_room_for_each_other() {
        assert_eq!(
            spread(&[90.0, 90.0, 90.0], 16.0, 0.0, 100.0),
            [68.0, 84.0, 100.0]
        );
    }

    proptest! {
        #[test]
        fn labels_never_touch(mut wanted in prop::collection::vec(0.0..300.0f64, 0..16)) {
            wanted.sort_by(f64::total_cmp);
            let places = spread(&wanted, 16.0, 6.0, 300.0);
            prop_assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 15.999));
            prop_assert!(places.iter().all(|place| *place > 5.9 && *place < 300.1));
        }
    }
}
