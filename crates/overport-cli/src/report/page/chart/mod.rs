//! Charts as inline SVG, in two widths: a wide one, and one for a phone and for nothing else than
//! a narrow column. Both hold the same; the style sheet shows the one that fits. Colours are
//! classes of the style sheet, so that a chart follows the reader's theme.

pub(crate) mod axis;
pub(crate) mod lines;
pub(crate) mod marker;
pub(crate) mod rows;
pub(crate) mod scale;
pub(crate) mod strips;
pub(crate) mod text;

use maud::{Markup, html};

/// Font sizes, in pixels of the drawing; the style sheet has the same.
pub(crate) const NAME_SIZE: f64 = 12.0;
pub(crate) const TICK_SIZE: f64 = 11.0;

/// For which width a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Wide,
    Narrow,
}

impl Width {
    /// Pixels of the drawing.
    pub(crate) fn pixels(self) -> f64 {
        match self {
            Self::Wide => 720.0,
            Self::Narrow => 336.0,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// What a chart is called and what it shows, for who can't see it.
#[derive(Clone, Debug)]
pub(crate) struct Caption {
    /// Unique on the page; part of the identifiers in the drawing.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) description: String,
}

/// The drawing in both widths. `draw` gives the content and its height.
pub(crate) fn both(caption: &Caption, draw: impl Fn(Width) -> (Markup, f64)) -> Markup {
    html! {
        @for width in [Width::Wide, Width::Narrow] {
            (svg(caption, width, draw(width)))
        }
    }
}

fn svg(caption: &Caption, width: Width, (content, height): (Markup, f64)) -> Markup {
    let title = format!("{}-{}-title", caption.id, width.class());
    let description = format!("{}-{}-description", caption.id, width.class());
    html! {
        svg class={ "chart " (width.class()) } role="img"
            viewBox={ "0 0 " (width.pixels()) " " (px(height)) }
            aria-labelledby={ (title) " " (description) } {
            title id=(title) { (caption.title) }
            desc id=(description) { (caption.description) }
            (content)
        }
    }
}

/// A coordinate, to the tenth of a pixel.
pub(crate) fn px(value: f64) -> f64 {
    // Adding 0 makes a negative zero positive.
    (value * 10.0).round() / 10.0 + 0.0
}
