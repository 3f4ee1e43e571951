//! A command line in words, as a shell of POSIX splits it.

/// What ends a line that goes on in the next, its space before it included.
pub(crate) const CONTINUED: &str = " \\";

/// The words of `text`; none where a quote is not closed, or the last backslash escapes nothing.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    shlex::split(text)
}

/// The words as one text, which [`split`] takes apart again.
pub(crate) fn join<'word>(words: impl IntoIterator<Item = &'word str>) -> String {
    // Only a zero byte can't be quoted, and no argument has one.
    shlex::try_join(words).unwrap_or_default()
}

/// The words as they are written, quotes and all.
pub(crate) fn written(command: &str) -> Vec<&str> {
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

    #[test]
    fn the_words_as_written_are_the_words_that_the_shell_reads() {
        let command = r#"run --server 'echo=python3 "my echo.py" {port}' "a \" b" --name a\ b"#;
        let words: Vec<String> = written(command)
            .into_iter()
            .flat_map(|word| split(word).unwrap())
            .collect();
        assert_eq!(written(command).len(), words.len());
        assert_eq!(Some(words), split(command));
    }
}
