//! How much code a server is.

/// Lines of code in the source of a module: without blank lines, comments and the tests, which
/// come last.
pub(super) fn lines_of_code(source: &str) -> u64 {
    let code = source
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]");
    let code = code.filter(|line| !line.is_empty() && !line.starts_with("//"));
    code.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_blank_lines_and_tests_are_no_code() {
        let source = "\
//! A module.

/// A function.
fn f() -> u32 {
    // Why.
    2 // Two.
}

#[cfg(test)]
mod tests {
    #[test]
    fn f_is_two() {}
}
";
        assert_eq!(lines_of_code(source), 3);
    }
}
