//! Servers that have more threads where handlers may block than at the main load.

use super::data::Run;

/// Their names, with the threads while handlers block and those at the main load.
pub(super) fn stall_threads<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<(&'a str, u64, u64)> {
    runs.filter_map(|run| {
        let stalled = run.stall.as_ref()?.threads?;
        let usual = run.server.threads_peak?;
        (stalled != usual).then_some((run.model.as_str(), stalled, usual))
    })
    .collect()
}
