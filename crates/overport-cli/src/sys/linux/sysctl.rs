//! sysctl(8): the kernel's switches, read.

use std::fs;

/// The value of a switch such as `net.core.somaxconn`; none where there is no such switch.
pub(crate) fn text(name: &str) -> Option<String> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The value of a switch that is one number.
pub(crate) fn number<N: std::str::FromStr>(name: &str) -> Option<N> {
    text(name)?.parse().ok()
}

/// The values of a switch that is two numbers.
pub(crate) fn pair(name: &str) -> Option<(u64, u64)> {
    let text = text(name)?;
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_by_their_dotted_names() {
        assert!(text("kernel.osrelease").is_some_and(|release| !release.is_empty()));
        assert_eq!(text("kernel.there_is_no_such_switch"), None);
        assert_eq!(number::<u64>("kernel.osrelease"), None);
    }
}
