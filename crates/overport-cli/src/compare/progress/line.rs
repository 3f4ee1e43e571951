//! The line of a terminal that a bar is drawn on.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressDrawTarget, TermLike};

use crate::sys::window;

/// Columns that are left free: what is typed, such as the ^C that a terminal shows for Ctrl-C,
/// goes there, and so it goes with the line when that is cleared.
const FREE: usize = 4;

/// Standard error, where it is a terminal that can clear a line; otherwise nothing is drawn.
pub(super) fn target(drawings_per_s: u8) -> ProgressDrawTarget {
    if io::stderr().is_terminal() && window::error_obeys_sequences() {
        ProgressDrawTarget::term_like_with_hz(Box::new(Line::default()), drawings_per_s)
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// Standard error, written to when a drawing is whole.
#[derive(Debug, Default)]
struct Line {
    drawing: Mutex<String>,
}

impl Line {
    fn add(&self, text: &str) {
        let mut drawing = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        drawing.push_str(text);
    }

    fn move_cursor(&self, n: usize, direction: char) {
        if n > 0 {
            self.add(&format!("\x1b[{n}{direction}"));
        }
    }
}

/// The control sequences are those of ECMA-48.
impl TermLike for Line {
    fn width(&self) -> u16 {
        let columns = window::error_columns().unwrap_or(80);
        u16::try_from(columns.saturating_sub(FREE)).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D');
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(text);
        self.add("\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut drawing = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        let result = io::stderr().write_all(drawing.as_bytes());
        drawing.clear();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_collected_until_it_is_whole() {
        let line = Line::default();
        line.clear_line().expect("nothing is written");
        line.move_cursor_up(0).expect("nothing is written");
        line.move_cursor_up(2).expect("nothing is written");
        line.write_str("3/8").expect("nothing is written");
        let drawing = line.drawing.lock().expect("nobody panicked");
        assert_eq!(*drawing, "\r\x1b[2K\x1b[2A3/8");
    }
}
