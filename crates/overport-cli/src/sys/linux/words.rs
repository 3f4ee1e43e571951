//! A command line in words, as a shell of POSIX splits it.

/// The words of `text`; none where a quote is not closed, or the last backslash escapes nothing.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    shlex::split(text)
}

/// The words as one text, which [`split`] takes apart again.
pub(crate) fn join<'word>(words: impl IntoIterator<Item = &'word str>) -> String {
    // Only a zero byte can't be quoted, and no argument has one.
    shlex::try_join(words).unwrap_or_default()
}
