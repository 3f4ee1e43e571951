//! The system, its processors and its limits.

use serde::Serialize;

use crate::sys::{affinity, host, timer};

/// What the system is and allows.
#[derive(Debug, Serialize)]
pub(super) struct System {
    /// Such as "Windows 10.0.22631".
    pub(super) system: String,
    /// The version of Wine, where it is that and not Windows, whatever `system` says.
    pub(super) wine: Option<String>,
    pub(super) processor: Option<String>,
    /// Processors that this process may use.
    pub(super) usable_processors: Option<usize>,
    pub(super) memory_bytes: Option<u64>,
    /// A timer ends more exactly than at the next clock tick, as `load --rate` needs it.
    pub(super) precise_timers: bool,
}

/// Asks for all of it.
pub(super) fn examine() -> System {
    System {
        system: host::system(),
        wine: host::wine(),
        processor: host::processor_name(),
        usable_processors: affinity::usable().ok().map(|usable| usable.len()),
        memory_bytes: host::memory_bytes(),
        precise_timers: timer::is_precise(),
    }
}
