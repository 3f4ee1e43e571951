//! The marks of series. Two of them differ in shape as well as in colour, so that a reader who
//! sees colours differently, or a printer without them, still tells them apart.

use maud::{Markup, html};

/// Colours that the style sheet has, as classes `c0` and on.
const COLOURS: usize = 5;

/// A form of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
    /// Small, so that it does not hide its interval. It is no series' mark.
    Point,
    /// Around another mark, which it does not hide.
    Ring,
}

const SHAPES: [Shape; 6] = [
    Shape::Circle,
    Shape::Square,
    Shape::Triangle,
    Shape::Diamond,
    Shape::TriangleDown,
    Shape::Cross,
];

const DASHES: [&str; 3] = ["", "6 3", "2 3"];

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    index: usize,
}

impl Style {
    /// Of the series of that index. Thirty in a row differ in colour, shape or both.
    pub(crate) fn of(index: usize) -> Self {
        Self { index }
    }

    /// The class of its colour.
    pub(crate) fn class(self) -> String {
        format!("c{}", self.index % COLOURS)
    }

    pub(crate) fn shape(self) -> Shape {
        SHAPES[self.index % SHAPES.len()]
    }

    /// The line's pattern of dashes and gaps; none for a solid one.
    pub(crate) fn dashes(self) -> Option<&'static str> {
        Some(DASHES[self.index / COLOURS % DASHES.len()]).filter(|dashes| !dashes.is_empty())
    }
}

/// A mark of that shape about a point, in the colour of `class`.
pub(crate) fn mark(shape: Shape, x: f64, y: f64, class: &str) -> Markup {
    let path = match shape {
        Shape::Circle => return html! { circle class=(class) cx=(x) cy=(y) r="4" {} },
        Shape::Point => return html! { circle class=(class) cx=(x) cy=(y) r="2.25" {} },
        Shape::Ring => return html! { circle class={ "ring " (class) } cx=(x) cy=(y) r="6" {} },
        Shape::Square => format!("M{} {}h7v7h-7z", x - 3.5, y - 3.5),
        Shape::Triangle => format!("M{} {}l4.5 8h-9z", x, y - 5.0),
        Shape::Diamond => format!("M{} {}l5 5l-5 5l-5-5z", x, y - 5.0),
        Shape::TriangleDown => format!("M{} {}l4.5-8h-9z", x, y + 5.0),
        Shape::Cross => format!("M{} {}h3v3h3v3h-3v3h-3v-3h-3v-3h3z", x - 1.5, y - 4.5),
    };
    html! { path class=(class) d=(path) {} }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn thirty_series_are_told_apart_by_shape_and_colour() {
        let styles: HashSet<_> = (0..30)
            .map(|index| {
                let style = Style::of(index);
                (style.class(), format!("{:?}", style.shape()))
            })
            .collect();
        assert_eq!(styles.len(), 30);
    }

    #[test]
    fn series_of_one_colour_differ_in_their_dashes() {
        assert_ne!(Style::of(0).dashes(), Style::of(5).dashes());
        assert_ne!(Style::of(5).dashes(), Style::of(10).dashes());
    }
}
