//! Thread-pool timers: a function that a thread of the system's pool calls at a time.
#![expect(unsafe_code, reason = "the system calls with a pointer of ours")]

use std::ffi::c_void;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::{
    CloseThreadpoolTimer, CreateThreadpoolTimer, DisassociateCurrentThreadFromCallback,
    PTP_CALLBACK_INSTANCE, PTP_TIMER, SetThreadpoolTimer, WaitForThreadpoolTimerCallbacks,
};

use super::codes::last_error;

/// What the system calls when a timer is due.
pub(crate) trait Alarm: Send + Sync + 'static {
    /// The time that was set has come. Two threads may be here at once, and the timer be gone.
    fn due(self: Arc<Self>);
}

/// A timer that calls an alarm of one kind.
pub(crate) struct Timer<A: Alarm> {
    timer: PTP_TIMER,
    /// One share of the alarm, which the system's calls are given.
    alarm: *const A,
}

// SAFETY: the functions of a timer may be called by any thread, and its alarm is Send and Sync.
unsafe impl<A: Alarm> Send for Timer<A> {}

// SAFETY: as above.
unsafe impl<A: Alarm> Sync for Timer<A> {}

impl<A: Alarm> Timer<A> {
    /// A timer that is not set (CreateThreadpoolTimer).
    pub(crate) fn new(alarm: Arc<A>) -> io::Result<Self> {
        let alarm = Arc::into_raw(alarm);
        // SAFETY: the alarm is there until the timer is gone.
        let timer = unsafe {
            CreateThreadpoolTimer(Some(ring::<A>), alarm.cast_mut().cast(), std::ptr::null())
        };
        if timer == 0 {
            let error = last_error();
            // SAFETY: it came from the Arc, and nobody else has it.
            drop(unsafe { Arc::from_raw(alarm) });
            return Err(error);
        }
        Ok(Self { timer, alarm })
    }

    /// Has it ring at `at`, and no more at the time that was set before (SetThreadpoolTimer).
    pub(crate) fn set(&self, at: Instant) {
        const TICK_NS: u128 = 100;
        let left = at.saturating_duration_since(Instant::now()).as_nanos();
        let ticks = i64::try_from(left.div_ceil(TICK_NS)).unwrap_or(i64::MAX);
        // A time below zero is one from now on.
        let due = ticks.wrapping_neg() as u64;
        let due = FILETIME {
            dwLowDateTime: due as u32,
            dwHighDateTime: (due >> 32) as u32,
        };
        // SAFETY: the timer is there.
        unsafe { SetThreadpoolTimer(self.timer, &raw const due, 0, 0) }
    }
}

impl<A: Alarm> Drop for Timer<A> {
    /// Waits for calls that have begun no further than to take a share of the alarm.
    fn drop(&mut self) {
        // SAFETY: the timer is there, and after this no call begins that would use it or the
        // share of the alarm, which came from the Arc.
        unsafe {
            SetThreadpoolTimer(self.timer, std::ptr::null(), 0, 0);
            WaitForThreadpoolTimerCallbacks(self.timer, 1);
            CloseThreadpoolTimer(self.timer);
            drop(Arc::from_raw(self.alarm));
        }
    }
}

unsafe extern "system" fn ring<A: Alarm>(
    call: PTP_CALLBACK_INSTANCE,
    alarm: *mut c_void,
    _timer: PTP_TIMER,
) {
    let alarm: *const A = alarm.cast();
    // SAFETY: the timer has a share of the alarm, and waits for this call before it gives that
    // up, until the thread is taken off the call's account: the call has a share of its own
    // then, and may drop the timer itself.
    let alarm = unsafe {
        Arc::increment_strong_count(alarm);
        DisassociateCurrentThreadFromCallback(call);
        Arc::from_raw(alarm)
    };
    // A panic can't go on into the system's code; the hook has told of it, and what was
    // panicked with may panic in its drop.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| alarm.due())) {
        mem::forget(payload);
    }
}
