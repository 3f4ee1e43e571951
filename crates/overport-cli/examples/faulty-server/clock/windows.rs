//! The time that passes, since the clock of a thread counts ticks of 15 ms here.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What this thread has had of a processor, if nobody else has had it.
pub(crate) fn processor_time() -> Duration {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    BEGIN.get_or_init(Instant::now).elapsed()
}
