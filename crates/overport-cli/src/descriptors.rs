//! The limit on open descriptors, looked at before the work starts.

use crate::failure::Failure;
use crate::sys::descriptors;

/// What the program itself needs beside its connections: the standard streams, a listener,
/// wake-ups and pollers.
const HEADROOM: u64 = 24;

/// Makes sure that `connections` can be open at once with so many descriptors each, raising
/// the soft limit as far as that needs. Fails where the hard limit is too low.
pub(crate) fn ensure(connections: usize, descriptors_each: u64) -> Result<(), Failure> {
    let needed = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_mul(descriptors_each)
        .saturating_add(HEADROOM);
    let limit = descriptors::limit();
    if limit.soft.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let maximum = limit.hard.unwrap_or(u64::MAX);
    if needed <= maximum && descriptors::raise(Some(needed)).is_ok() {
        return Ok(());
    }
    let need = match connections {
        1 => "1 connection needs".to_owned(),
        more => format!("{more} connections need"),
    };
    let fewer = match maximum.saturating_sub(HEADROOM) / descriptors_each {
        0 => String::new(),
        possible => format!(" or ask for at most {possible}"),
    };
    Err(Failure::failed(format!(
        "{need} {needed} descriptors, and the limit is {maximum}: raise it \
         (ulimit -Hn {needed}, as root){fewer}"
    )))
}

/// Raises the limit as far as it goes, for who does not know yet how many there will be. Where
/// the system refuses, the limit stays.
pub(crate) fn raise() {
    let limit = descriptors::limit();
    if limit.soft != limit.hard {
        // What does not work then is told where descriptors are missed.
        let _ = descriptors::raise(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_connections_are_always_possible() {
        assert!(ensure(1, 3).is_ok());
    }

    #[test]
    fn the_limit_can_be_raised_as_far_as_it_goes() {
        raise();
        let limit = descriptors::limit();
        assert_eq!(limit.soft, limit.hard);
    }

    // Linux only: Windows has no such limit.
    #[cfg(target_os = "linux")]
    #[test]
    fn more_than_the_system_can_count_is_refused() {
        assert!(ensure(usize::MAX, 1).is_err());
    }
}
