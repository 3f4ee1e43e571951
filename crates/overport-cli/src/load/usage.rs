//! What the processor did for the calling thread.

use std::fs;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use super::tally::ThreadUsage;

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
            cpu_ns: cpu_ns(),
            waited_ns: waited_ns(),
        }
    }

    /// What was used since.
    pub(super) fn since(&self) -> ThreadUsage {
        let now = Self::now();
        let elapsed = now.at.duration_since(self.at);
        ThreadUsage {
            elapsed_ns: u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX),
            cpu_ns: now.cpu_ns - self.cpu_ns,
            waited_ns: now
                .waited_ns
                .zip(self.waited_ns)
                .map(|(now_ns, then_ns)| now_ns.saturating_sub(then_ns)),
        }
    }
}

/// User and system time together.
fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// The second number of /proc/thread-self/schedstat: the time in a run queue, waiting.
fn waited_ns() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_in_the_processor_s_time() {
        let usage = Usage::now();
        while usage.since().cpu_ns == 0 {
            std::hint::black_box(cpu_ns());
        }
        let used = usage.since();
        assert!(used.cpu_ns > 0);
        assert!(used.elapsed_ns > 0);
    }
}
