//! A command on several lines, as a shell reads it.

const INDENT: &str = "    ";
const BACKSLASH: &str = " \\";

/// Breaks `command` between its words, outside quotes, where a line would be longer than
/// `width`; every line but the last ends with a backslash. An option stays with its value if
/// a line has room for both, and a word that is longer than a line stays whole.
pub(super) fn continued(command: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in parts(command, width) {
        if line.is_empty() {
            line = part;
        } else if line.chars().count() + 1 + part.chars().count() + BACKSLASH.len() <= width {
            line.push(' ');
            line.push_str(&part);
        } else {
            line.push_str(BACKSLASH);
            lines.push(std::mem::replace(&mut line, format!("{INDENT}{part}")));
        }
    }
    lines.push(line);
    lines
}

/// Its words, an option together with its value where a line has room for both.
fn parts(command: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(INDENT.len() + BACKSLASH.len());
    let mut parts: Vec<String> = Vec::new();
    let mut option = false;
    for word in words(command) {
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

/// The words as they are written, quotes and all.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut quote = None;
    let mut escaped = false;
    for (index, letter) in command.char_indices() {
        match (letter, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => {
                words.push(&command[begin..index]);
                begin = index + 1;
            }
            _ => {}
        }
    }
    words.push(&command[begin..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str =
        r#"overport compare --server 'echo=python3 "my echo.py" {port}' --rounds 8 --name a\ b"#;

    #[test]
    fn a_command_is_broken_outside_quotes() {
        let lines = continued(COMMAND, 50);
        let expected = [
            r"overport compare \",
            r#"    --server 'echo=python3 "my echo.py" {port}' \"#,
            r"    --rounds 8 --name a\ b",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_shell_reads_the_same_words() {
        let joined = continued(COMMAND, 20).join("\n").replace("\\\n", "");
        assert_eq!(shlex::split(&joined), shlex::split(COMMAND));
    }

    #[test]
    fn a_short_command_stays_on_its_line() {
        assert_eq!(continued("overport compare", 80), ["overport compare"]);
    }
}
