//! What the processors' time went to: GetSystemTimes, which tells of all processors together.

use std::io;
use std::num::NonZero;
use std::thread;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::GetSystemTimes;

use super::{clock, done};
use crate::sys::usage::ProcessorTime;

/// One time, of all processors, whichever of them are meant.
pub(crate) fn times(_cpus: &[usize]) -> io::Result<Option<Vec<ProcessorTime>>> {
    let [mut idle, mut system, mut user] = [FILETIME::default(); 3];
    // SAFETY: the call writes three times, which live through it.
    done(unsafe { GetSystemTimes(&mut idle, &mut system, &mut user) })?;
    let time = ProcessorTime {
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
