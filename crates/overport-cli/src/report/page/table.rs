//! Tables, and the notes under them that say why a figure is missing.

use std::borrow::Cow;

use maud::{Markup, html};

/// A cell of a table.
pub(super) struct Cell {
    text: String,
    /// In small letters below it.
    below: Vec<String>,
    /// The mark of a note.
    note: Option<String>,
    missing: bool,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            below: Vec::new(),
            note: None,
            missing: false,
        }
    }

    pub(super) fn below(mut self, text: impl Into<String>) -> Self {
        self.below.push(text.into());
        self
    }

    pub(super) fn note(mut self, mark: String) -> Self {
        self.note = Some(match self.note {
            Some(first) => format!("{first}, {mark}"),
            None => mark,
        });
        self
    }

    /// Says `text` in place of a figure.
    pub(super) fn missing(text: impl Into<String>) -> Self {
        Self {
            missing: true,
            ..Self::text(text)
        }
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            @if self.missing {
                span class="missing" { (self.text) @if let Some(mark) = &self.note { sup { (mark) } } }
            } @else {
                (self.text) @if let Some(mark) = &self.note { sup { (mark) } }
            }
            @for text in &self.below {
                span class="below" { " " (text) }
            }
        }
    }
}

/// Notes that cells refer to by a letter. What is said twice is one note.
#[derive(Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    /// The mark of the note that says `text`.
    pub(super) fn mark(&mut self, text: String) -> String {
        let index = match self.0.iter().position(|note| *note == text) {
            Some(index) => index,
            None => {
                self.0.push(text);
                self.0.len() - 1
            }
        };
        letters(index)
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            @if !self.0.is_empty() {
                ul class="notes" {
                    @for (index, note) in self.0.iter().enumerate() {
                        li { sup { (letters(index)) } " " (note) }
                    }
                }
            }
        }
    }
}

/// a to z, then aa, ab and on.
fn letters(index: usize) -> String {
    let last = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        more => letters(more - 1) + &last.to_string(),
    }
}

/// Letters of a name that there is room for in a table or beside a chart.
const MOST_LETTERS: usize = 40;

/// As much of a name as there is room for.
pub(super) fn cut(name: &str) -> Cow<'_, str> {
    if name.chars().count() <= MOST_LETTERS {
        return Cow::Borrowed(name);
    }
    let kept: String = name.chars().take(MOST_LETTERS - 1).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// A name in a table. Where it is too long it is cut, and whole in its title.
pub(super) fn short(name: &str, class: &str) -> Markup {
    let class = (!class.is_empty()).then_some(class);
    let shown = cut(name);
    html! {
        @if shown != name {
            span class=[class] title=(name) { (shown) }
        } @else if let Some(class) = class {
            span class=(class) { (name) }
        } @else {
            (name)
        }
    }
}

/// A table whose rows begin with a server's name. Where it is too wide it scrolls in its own box.
pub(super) fn table(label: &str, head: &[String], rows: &[(String, Vec<Cell>)]) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(label) {
            table {
                thead {
                    tr { @for title in head { th scope="col" { (title) } } }
                }
                tbody {
                    @for (name, cells) in rows {
                        tr {
                            th scope="row" { (short(name, "")) }
                            @for cell in cells { td { (cell.markup()) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_told_once() {
        let mut notes = Notes::default();
        assert_eq!(notes.mark("not asked for".into()), "a");
        assert_eq!(notes.mark("no such thing".into()), "b");
        assert_eq!(notes.mark("not asked for".into()), "a");
    }

    #[test]
    fn there_are_letters_for_any_number_of_notes() {
        assert_eq!(
            [0, 25, 26, 27, 52].map(letters),
            ["a", "z", "aa", "ab", "ba"]
        );
    }
}
