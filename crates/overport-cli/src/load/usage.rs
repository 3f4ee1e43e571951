//! What the processor did for the calling thread.

use std::time::Instant;

use super::tally::ThreadUsage;
use crate::sys::clock;

/// A moment to measure from; of use on the thread only that took it.
#[derive(Debug)]
pub(super) struct Usage {
    at: Instant,
    cpu_ns: u64,
    waited_ns: Option<u64>,
}

impl Usage {
    pub(super) fn now() -> Self {
        Self {
            at: Instant::now(),
            cpu_ns: clock::thread_cpu_ns(),
            waited_ns: clock::thread_waited_ns(),
        }
    }

    /// What was used since.
    pub(super) fn since(&self) -> ThreadUsage {
        let now = Self::now();
        let elapsed = now.at.duration_since(self.at);
        ThreadUsage {
            elapsed_ns: u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX),
            cpu_ns: now.cpu_ns.saturating_sub(self.cpu_ns),
            waited_ns: now
                .waited_ns
                .zip(self.waited_ns)
                .map(|(now_ns, then_ns)| now_ns.saturating_sub(then_ns)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_in_the_processor_s_time() {
        let usage = Usage::now();
        while usage.since().cpu_ns == 0 {
            std::hint::black_box(clock::thread_cpu_ns());
        }
        let used = usage.since();
        assert!(used.cpu_ns > 0);
        assert!(used.elapsed_ns > 0);
    }
}
