//! Counting the system calls of a group: by the system's own counters where they are permitted,
//! or else by tracing.

use std::io;

use super::group::GroupId;
use super::perf::Counter;
use super::trace::Tracer;

/// The system calls of a group's processes, being counted; dropping it ends that.
#[derive(Debug)]
pub(crate) enum Counting {
    /// By the system, which does not slow the processes.
    BySystem(Counter),
    /// By a tracer, for which they stop at each call.
    ByTracing(Tracer),
}

impl Counting {
    /// Begins to count. Fails with `Unsupported` where the system has no means for it at all.
    pub(crate) fn begin(group: &GroupId) -> io::Result<Self> {
        let perf = match Counter::attach(*group) {
            Ok(counter) => return Ok(Self::BySystem(counter)),
            Err(error) => error,
        };
        match Tracer::attach(*group) {
            Ok(tracer) => Ok(Self::ByTracing(tracer)),
            Err(trace) => Err(io::Error::other(format!(
                "perf_event_open: {perf}; ptrace: {trace}"
            ))),
        }
    }

    /// Whether the processes stop at each call, and so are slower.
    pub(crate) fn is_tracing(&self) -> bool {
        matches!(self, Self::ByTracing(_))
    }

    /// Ends counting, and tells how many there were.
    pub(crate) fn end(self) -> io::Result<u64> {
        match self {
            Self::BySystem(counter) => counter.count(),
            Self::ByTracing(tracer) => tracer.detach(),
        }
    }
}
