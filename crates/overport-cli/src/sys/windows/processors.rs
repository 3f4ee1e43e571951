//! What the processors' time went to: GetSystemTimes, which tells of all processors together.

use std::io;
use std::num::NonZero;
use std::thread;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::GetSystemTimes;

use super::{clock, done};

/// The time of one or several processors since the system started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    /// How many processors it is of.
    pub(crate) processors: usize,
    /// Nothing was to be done.
    pub(crate) idle_ticks: u64,
    /// Interrupts, and what they left to do.
    pub(crate) interrupt_ticks: u64,
    /// The hypervisor ran somebody else; none where the system does not tell.
    pub(crate) steal_ticks: Option<u64>,
    /// The time of interrupts is not in that of the processes which they interrupt.
    pub(crate) interrupts_apart: bool,
}

/// One time, of all processors, whichever of them are meant.
pub(crate) fn times(_cpus: &[usize]) -> io::Result<Option<Vec<Time>>> {
    let [mut idle, mut system, mut user] = [FILETIME::default(); 3];
    // SAFETY: the call writes three times, which live through it.
    done(unsafe { GetSystemTimes(&mut idle, &mut system, &mut user) })?;
    let time = Time {
        processors: thread::available_parallelism().map_or(1, NonZero::get),
        idle_ticks: clock::ns(idle) / clock::tick_ns(),
        interrupt_ticks: 0,
        steal_ticks: None,
        interrupts_apart: false,
    };
    Ok(Some(vec![time]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_processor_that_is_idle_at_times() {
        let times = times(&[0]).unwrap().unwrap();
        assert!(times[0].processors > 0 && times[0].idle_ticks > 0);
    }
}
