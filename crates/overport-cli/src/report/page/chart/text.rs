//! How wide a text will be, without a font at hand. The reader's font is not known, so the
//! widths are those of the widest one in common use, and a text takes at most that.

use std::borrow::Cow;

/// The width of `text` in pixels, at a font size of `size` pixels.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// `text`, or as much of it as fits into `room` pixels, with an ellipsis in place of the rest.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> Cow<'_, str> {
    if width(text, size) <= room {
        return Cow::Borrowed(text);
    }
    let mut used = em('…') * size;
    let mut kept = String::new();
    for character in text.chars() {
        used += em(character) * size;
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    Cow::Owned(kept)
}

/// `text` in lines of at most `room` pixels, broken at its spaces. A word that is longer than that
/// is cut.
pub(crate) fn lines(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, size, room).into_owned()),
        }
    }
    lines
}

/// A character's width as part of the font's size.
fn em(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '\'' | '|' => 0.33,
        'f' | 't' | 'r' | 'I' | '.' | ',' | ':' | ';' | '!' | ' ' | '/' | '(' | ')' | '-' => 0.44,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 1.0,
        'A'..='Z' | '+' | '=' | '<' | '>' | '#' => 0.82,
        ' '..='~' => 0.65,
        '\u{a0}'..='\u{24f}' => 0.7,
        // Combining marks are drawn over the character before them.
        '\u{300}'..='\u{36f}' => 0.0,
        '\u{370}'..='\u{10ff}' | '\u{2010}'..='\u{2027}' => 0.85,
        // Hangul, Han, Kana and whatever else there is are squares, or nearly so.
        _ => 1.05,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_is_wider_than_latin() {
        assert!(width("처리량", 10.0) > width("abc", 10.0) * 1.4);
    }

    #[test]
    fn a_text_that_fits_stays_as_it_is() {
        assert_eq!(fit("select", 12.0, 200.0), "select");
    }

    #[test]
    fn a_long_text_is_cut_to_its_room() {
        let name = "a server whose name goes on and on and on";
        let cut = fit(name, 12.0, 100.0);
        assert!(cut.ends_with('…'), "{cut}");
        assert!(cut.chars().count() > 5, "{cut}");
        assert!(width(&cut, 12.0) <= 100.0, "{cut}");
    }

    #[test]
    fn a_text_is_broken_at_its_spaces() {
        assert_eq!(
            lines("processor time for a message (µs)", 10.0, 130.0),
            ["processor time for a", "message (µs)"]
        );
    }

    #[test]
    fn where_there_is_no_room_an_ellipsis_remains() {
        assert_eq!(fit("완료 포트", 12.0, 3.0), "…");
    }
}
