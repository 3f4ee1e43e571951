//! GetProcessTimes, GetThreadTimes and GetSystemTimeAdjustment. They count whole clock ticks, of
//! 15.6 ms as a rule.

use std::io;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::SystemInformation::GetSystemTimeAdjustment;
use windows_sys::Win32::System::Threading::GetCurrentThread;

use super::process::Times;
use super::{done, hundreds_of_ns};

/// The tick where the system does not tell it.
const USUAL_TICK_NS: u64 = 15_625_000;

/// The processor's time that this process has used, user and system together; none where the
/// system does not tell.
pub(crate) fn own_cpu_ns() -> Option<u64> {
    Some(Times::of_this_process().ok()?.ns())
}

/// The processor's time that the calling thread has used, user and system together.
pub(crate) fn thread_cpu_ns() -> u64 {
    // SAFETY: the call takes nothing and gives a pseudo handle, which is not to be closed.
    let thread = unsafe { GetCurrentThread() };
    // The thread may always ask for its own times.
    Times::of_thread(thread).map_or(0, Times::ns)
}

/// None: Windows does not tell how long a thread has waited for a processor.
pub(crate) fn thread_waited_ns() -> Option<u64> {
    None
}

/// The unit in which the system counts the parts of a process's time, and those of a processor's.
pub(crate) fn tick_ns() -> u64 {
    tick().unwrap_or(USUAL_TICK_NS)
}

fn tick() -> io::Result<u64> {
    let (mut adjustment, mut tick, mut disabled) = (0, 0, 0);
    // SAFETY: the call writes two numbers and a truth value, which live through it.
    done(unsafe { GetSystemTimeAdjustment(&mut adjustment, &mut tick, &mut disabled) })?;
    match tick {
        0 => Err(io::ErrorKind::InvalidData.into()),
        tick => Ok(u64::from(tick) * 100),
    }
}

/// Nanoseconds of a time that the system gave.
pub(super) fn ns(time: FILETIME) -> u64 {
    hundreds_of_ns(time).saturating_mul(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_of_process_and_thread_go_on_while_they_compute() {
        let (process, thread) = (own_cpu_ns().unwrap(), thread_cpu_ns());
        while own_cpu_ns().unwrap() <= process || thread_cpu_ns() <= thread {}
    }

    #[test]
    fn a_tick_is_some_milliseconds() {
        assert!((100_000..=100_000_000).contains(&tick_ns()));
    }
}
