//! The range of local ports, looked at before the work starts.

use std::fs;

use crate::failure::Failure;

const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Makes sure that `connections` to one server can have a local port each, as far as the
/// system tells.
pub(super) fn ensure(connections: u64) -> Result<(), Failure> {
    match fs::read_to_string(RANGE).ok().as_deref().and_then(count) {
        Some(ports) if ports < connections => Err(Failure::failed(format!(
            "{connections} connections need as many local ports, and there are {ports}: widen \
             the range (sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", as root) or ask \
             for at most {ports}"
        ))),
        _ => Ok(()),
    }
}

/// How many ports there are from the first number of `text` to the second.
fn count(text: &str) -> Option<u64> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse::<u64>);
    let (first, last) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (last + 1).checked_sub(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_includes_both_ends() {
        assert_eq!(count("32768\t60999\n"), Some(28_232));
        assert_eq!(count("5 5"), Some(1));
        assert_eq!(count("garbage"), None);
    }
}
