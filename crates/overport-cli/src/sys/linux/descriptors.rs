//! RLIMIT_NOFILE of getrlimit(2) and setrlimit(2).

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::sys::limit::Limit;

/// How many descriptors this process may have open.
pub(crate) fn limit() -> Limit {
    let limit = getrlimit(Resource::Nofile);
    Limit {
        soft: limit.current,
        hard: limit.maximum,
    }
}

/// Lets this process have `to` descriptors, or as many as there can be without a number.
///
/// Fails where that is more than the hard limit.
pub(crate) fn raise(to: Option<u64>) -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: to.or(maximum),
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}
