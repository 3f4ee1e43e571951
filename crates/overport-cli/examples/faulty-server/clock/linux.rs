//! clock_gettime(2).

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this thread has had of a processor.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // A time that a thread has had is never negative.
    Duration::try_from(time).unwrap_or_default()
}
