//! All that is read at each end of a measurement.
//!
//! The load waits meanwhile, and what is in flight at the end has it in its latency, so it is
//! clocks only: those of the server's processes, this program's, and the processors', which are
//! some microseconds together and some more for each process (not thread) of the server. Which
//! processes there are was [surveyed](Survey) before. One that has come since is added behind the
//! end with what it has used by then, which may be a little more than in the window.

use super::noise::ProcessorTimes;
use super::survey::Survey;
use super::usage::{Clocks, Usage};
use crate::report::data::RoundNoise;
use crate::sys::clock;

/// What a server, this program and the processors have done until a moment.
///
/// The load has to run in this program, and both on the processors that are looked at. Messages
/// are to be counted from right after the first moment to right before the second.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    server: Clocks,
    own_cpu_ns: Option<u64>,
    processors: ProcessorTimes,
}

/// What was done between two moments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) server: Usage,
    /// The processor's time of this program, the load's with it.
    pub(crate) own_cpu_ns: Option<u64>,
    pub(crate) noise: RoundNoise,
}

impl Moment {
    /// Reads all of it, for the processes that `server` has found, and the processors `cpus`.
    pub(crate) fn now(server: &Survey, cpus: &[usize]) -> Self {
        let server = Clocks::of_known(server);
        Self {
            server,
            own_cpu_ns: clock::own_cpu_ns(),
            processors: ProcessorTimes::of(cpus),
        }
    }

    /// Adds the time of the server's processes that have come between two surveys.
    pub(crate) fn add_newcomers(&mut self, earlier: &Survey, later: &Survey) {
        self.server.add_newcomers(earlier, later);
    }

    /// What was done since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Window {
        let server = self.server.since(&earlier.server);
        let own = self.own_cpu_ns.zip(earlier.own_cpu_ns);
        let own_cpu_ns = own.map(|(now, before)| now.saturating_sub(before));
        let used_ns = own_cpu_ns.zip(server.cpu_ns.as_ref().ok());
        let used_ns = used_ns.map(|(own, server)| own + server);
        Window {
            noise: self.processors.since(&earlier.processors, used_ns),
            server,
            own_cpu_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::listening;
    use super::*;
    use crate::sys::affinity;

    #[test]
    fn between_two_moments_all_figures_are_there() {
        let server = listening();
        let cpus = affinity::usable().unwrap();
        let survey = Survey::of(&server);
        let before = Moment::now(&survey, &cpus);
        let window = Moment::now(&survey, &cpus).since(&before);
        assert!(window.own_cpu_ns.is_some());
        assert!(window.server.cpu_ns.is_ok());
        assert!(window.noise.foreign_part.is_some());
    }
}
