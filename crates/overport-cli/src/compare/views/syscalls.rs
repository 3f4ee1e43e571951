//! System calls a message, counted in a run of their own, since counting slows the server.

use super::super::comparison::Comparison;
use super::super::progress::Stage;
use super::super::trial::{Trial, Trouble};
use crate::failure::Failure;
use crate::report::data::{Figure, View};

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    let mut trial = Trial::main_load(&comparison.settings);
    trial.count_calls = true;
    comparison.round(
        Stage::View(View::Syscalls),
        Figure::SyscallsPerMessage,
        0,
        1,
        |bench, settings, candidate, run, _turn| {
            let measurement = bench.measure(candidate, &trial.fitting(run, settings))?;
            let calls = measurement.calls.transpose().map_err(Trouble::Here)?;
            let messages = measurement.load.messages_between_looks;
            run.server.syscalls_per_message = calls
                .filter(|_| messages > 0)
                .map(|calls| calls.count as f64 / messages as f64);
            run.server.syscall_counter = calls.map(|calls| calls.counter);
            Ok(())
        },
    )
}
