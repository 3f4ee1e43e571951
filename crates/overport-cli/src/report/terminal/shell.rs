//! A command on several lines, as the system's shell reads it.

use crate::sys::words::{CONTINUED, written};

const INDENT: &str = "    ";

/// Breaks `command` between its words, outside quotes, where a line would be longer than
/// `width`; every line but the last ends with [`CONTINUED`]. An option stays with its value if
/// a line has room for both, and a word that is longer than a line stays whole.
pub(super) fn continued(command: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in parts(command, width) {
        if line.is_empty() {
            line = part;
        } else if line.chars().count() + 1 + part.chars().count() + CONTINUED.len() <= width {
            line.push(' ');
            line.push_str(&part);
        } else {
            line.push_str(CONTINUED);
            lines.push(std::mem::replace(&mut line, format!("{INDENT}{part}")));
        }
    }
    lines.push(line);
    lines
}

/// Its words, an option together with its value where a line has room for both.
fn parts(command: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(INDENT.len() + CONTINUED.len());
    let mut parts: Vec<String> = Vec::new();
    let mut option = false;
    for word in written(command) {
        let value = option && !word.starts_with('-');
        let fits = |part: &&mut String| part.chars().count() + 1 + word.chars().count() <= room;
        match parts.last_mut().filter(|_| value).filter(fits) {
            Some(part) => {
                part.push(' ');
                part.push_str(word);
            }
            None => parts.push(word.into()),
        }
        option = word.starts_with('-');
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = r#"overport compare --server "echo=python my_echo.py {port}" --rounds 8"#;

    #[test]
    fn a_command_is_broken_outside_quotes() {
        let lines = continued(COMMAND, 50);
        let expected = [
            format!("overport compare{CONTINUED}"),
            format!(r#"    --server "echo=python my_echo.py {{port}}"{CONTINUED}"#),
            "    --rounds 8".to_owned(),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_short_command_stays_on_its_line() {
        assert_eq!(continued("overport compare", 80), ["overport compare"]);
    }
}
