//! io_uring: whether there can be one, with which flags, and what it can do.

use std::io;

use io_uring::{Builder, IoUring, cqueue, squeue};
use serde::Serialize;

use super::trials;
use crate::sys::sysctl;

const DISABLED: &str = "kernel.io_uring_disabled";

/// What io_uring offers to this process.
#[derive(Debug, Serialize)]
pub(super) struct Uring {
    /// A ring was made, and an operation went through it.
    pub(super) works: bool,
    /// Why not.
    pub(super) reason: Option<String>,
    /// kernel.io_uring_disabled: 0 for all, 1 for the group kernel.io_uring_group and the
    /// privileged, 2 for nobody; none where the kernel has no such switch.
    pub(super) disabled: Option<u64>,
    pub(super) features: Vec<Feature>,
}

/// Something that newer kernels have and older ones have not.
#[derive(Debug, Serialize)]
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) works: bool,
    /// The error that the trial gave.
    pub(super) reason: Option<String>,
}

type Flags = fn(&mut Builder<squeue::Entry, cqueue::Entry>);

/// Flags of io_uring_setup: a ring with them is made, and used.
const FLAGS: &[(&str, &str, Flags)] = &[
    ("COOP_TASKRUN", "no interrupt for completions", |builder| {
        builder.setup_coop_taskrun();
    }),
    (
        "TASKRUN_FLAG",
        "tells of completions that are due",
        |builder| {
            builder.setup_coop_taskrun().setup_taskrun_flag();
        },
    ),
    (
        "SUBMIT_ALL",
        "one bad operation does not hold up a batch",
        |builder| {
            builder.setup_submit_all();
        },
    ),
    ("SINGLE_ISSUER", "one thread submits", |builder| {
        builder.setup_single_issuer();
    }),
    (
        "DEFER_TASKRUN",
        "completions only when they are waited for",
        |builder| {
            builder.setup_single_issuer().setup_defer_taskrun();
        },
    ),
    (
        "NO_SQARRAY",
        "no indirection in the submission queue",
        |builder| {
            builder.setup_no_sqarray();
        },
    ),
];

type Trial = fn() -> io::Result<()>;

/// Operations and registrations that are really done.
const OPERATIONS: &[(&str, &str, Trial)] = &[
    (
        "multishot accept",
        "one operation accepts many",
        trials::multishot_accept,
    ),
    (
        "multishot recv",
        "one operation receives often",
        trials::multishot_receive,
    ),
    (
        "buffer rings",
        "the kernel picks a buffer when data is there",
        trials::buffer_ring,
    ),
    ("SEND_ZC", "sends without a copy", trials::zero_copy_send),
    (
        "MSG_RING",
        "a message from ring to ring",
        trials::message_to_ring,
    ),
];

/// Tries all of it.
pub(super) fn examine() -> Uring {
    let disabled = sysctl::number(DISABLED);
    let attempt = trials::ring().and_then(|mut ring| trials::nop(&mut ring));
    let features = match &attempt {
        Ok(()) => features(),
        Err(_) => Vec::new(),
    };
    Uring {
        works: attempt.is_ok(),
        reason: attempt.err().map(|error| reason(&error, disabled)),
        disabled,
        features,
    }
}

fn features() -> Vec<Feature> {
    let flags = FLAGS
        .iter()
        .map(|&(name, what, flags)| feature(name, what, with_flags(flags)));
    let operations = OPERATIONS
        .iter()
        .map(|&(name, what, trial)| feature(name, what, trial()));
    flags.chain(operations).collect()
}

fn with_flags(flags: Flags) -> io::Result<()> {
    let mut builder = IoUring::builder();
    flags(&mut builder);
    trials::nop(&mut builder.build(1)?)
}

fn feature(name: &'static str, what: &'static str, trial: io::Result<()>) -> Feature {
    Feature {
        name,
        what,
        works: trial.is_ok(),
        reason: trial.err().map(|error| error.to_string()),
    }
}

/// Why there is no ring, as far as it can be told from the error.
fn reason(error: &io::Error, disabled: Option<u64>) -> String {
    use rustix::io::Errno;
    match (error.raw_os_error().map(Errno::from_raw_os_error), disabled) {
        (Some(Errno::PERM), Some(switch @ 1..)) => format!("forbidden: {DISABLED} is {switch}"),
        (Some(Errno::PERM | Errno::ACCESS), _) => {
            "forbidden by a security policy, such as a container's seccomp profile".to_owned()
        }
        (Some(Errno::NOSYS), _) => {
            "the kernel is built without it, or a seccomp profile hides it".to_owned()
        }
        (Some(Errno::NOMEM), _) => "the limit on locked memory is too low".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn the_reason_names_what_forbids() {
        let forbidden = io::Error::from(Errno::PERM);
        assert!(reason(&forbidden, Some(2)).contains("io_uring_disabled is 2"));
        assert!(reason(&forbidden, Some(0)).contains("seccomp"));
        assert!(reason(&forbidden, None).contains("seccomp"));
        assert!(reason(&Errno::NOSYS.into(), None).contains("built without"));
    }

    #[test]
    fn features_are_tried_only_where_a_ring_works() {
        let uring = examine();
        assert_eq!(uring.works, uring.reason.is_none());
        assert_eq!(uring.works, !uring.features.is_empty());
        for feature in &uring.features {
            assert_eq!(feature.works, feature.reason.is_none(), "{}", feature.name);
        }
    }
}
