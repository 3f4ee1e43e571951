//! A command line in words, by the rules that Windows' own programs go by ("Parsing C++
//! command-line arguments"): spaces part words, double quotes hold them together, and a backslash
//! is a letter like any other except before a double quote, of which it makes a letter. Two
//! backslashes before a quote are one, and the quote is a quote.

/// What ends a line that goes on in the next, its space before it included, at the command prompt.
pub(crate) const CONTINUED: &str = " ^";

/// The words of `text`; none where a quote is not closed.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let mut backslashes = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let word = word.get_or_insert_default();
                if letters.peek() != Some(&'"') {
                    word.extend(std::iter::repeat_n('\\', backslashes));
                    continue;
                }
                word.extend(std::iter::repeat_n('\\', backslashes / 2));
                if backslashes % 2 == 1 {
                    word.extend(letters.next());
                }
            }
            '"' => {
                word.get_or_insert_default();
                quoted = !quoted;
            }
            letter if letter.is_whitespace() && !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

/// The words as one text, which [`split`] takes apart again.
pub(crate) fn join<'word>(words: impl IntoIterator<Item = &'word str>) -> String {
    let words: Vec<String> = words.into_iter().map(quote).collect();
    words.join(" ")
}

/// The words as they are written, quotes and all.
pub(crate) fn written(command: &str) -> Vec<&str> {
    let mut quoted = false;
    let mut backslashes = 0;
    let words = command.split(|letter: char| {
        match letter {
            '\\' => backslashes += 1,
            '"' if backslashes % 2 == 0 => quoted = !quoted,
            _ => {}
        }
        if letter != '\\' {
            backslashes = 0;
        }
        letter.is_whitespace() && !quoted
    });
    words.filter(|word| !word.is_empty()).collect()
}

fn quote(word: &str) -> String {
    if !word.is_empty() && !word.contains(|letter: char| letter.is_whitespace() || letter == '"') {
        return word.to_owned();
    }
    let mut quoted = String::from('"');
    let mut backslashes = 0;
    for letter in word.chars() {
        match letter {
            '\\' => backslashes += 1,
            '"' => {
                // Each of them twice, and one more for the quote.
                quoted.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(letter);
    }
    quoted.extend(std::iter::repeat_n('\\', backslashes));
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn backslashes_are_letters_except_before_a_quote() {
        let words = split(r#"C:\a\b.exe "C:\with space\\" \"x\" a"b c"d """#).unwrap();
        let expected = [r"C:\a\b.exe", r"C:\with space\", r#""x""#, "ab cd", ""];
        assert_eq!(words, expected);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_refused() {
        assert_eq!(split(r#"a "b"#), None);
    }

    proptest! {
        #[test]
        fn what_was_joined_is_taken_apart_again(words in prop::collection::vec(r#"[a "\\\t]{0,6}"#, 0..5)) {
            let joined = join(words.iter().map(String::as_str));
            prop_assert_eq!(written(&joined).len(), words.len());
            prop_assert_eq!(split(&joined), Some(words));
        }
    }
}
