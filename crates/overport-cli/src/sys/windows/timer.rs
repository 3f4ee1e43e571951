//! A waitable timer of high resolution (CreateWaitableTimerEx), whose end a thread of its own waits
//! for, to wake a poll: mio's poll counts milliseconds, and only wakers reach it from outside.
//!
//! Cost: the switch to that thread and from there to the poll's, for each end. The gap: the
//! resolution is half a millisecond or so, and that of the system's clock tick before Windows 10,
//! version 1803.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr::null;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use mio::{Registry, Token, Waker};
use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{
    CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, CreateEventW, CreateWaitableTimerExW, INFINITE,
    SetEvent, SetWaitableTimer, TIMER_ALL_ACCESS, WaitForMultipleObjects,
};

use super::done;
use super::process::owned;

/// A timer that ends the wait of a poll.
#[derive(Debug)]
pub(crate) struct Timer {
    shared: Arc<Shared>,
    /// Waits for the timer; none when it was joined.
    waiting: Option<JoinHandle<()>>,
    set_for_ns: Option<u64>,
}

#[derive(Debug)]
struct Shared {
    timer: OwnedHandle,
    /// Set when the waiting is to end.
    over: OwnedHandle,
}

impl Timer {
    /// A timer that wakes the poll by `waker`, of that poll, since there are no timers that are an
    /// event at a poll.
    pub(crate) fn new(_registry: &Registry, _token: Token, waker: &Arc<Waker>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            timer: waitable_timer()?,
            // SAFETY: both pointers may be null: no attributes, so no heir, and no name.
            over: owned(unsafe { CreateEventW(null(), 1, 0, null()) })?,
        });
        let waiting = thread::Builder::new().name("timer".into()).spawn({
            let (shared, waker) = (Arc::clone(&shared), Arc::clone(waker));
            move || shared.wake_at_each_end(&waker)
        })?;
        Ok(Self {
            shared,
            waiting: Some(waiting),
            set_for_ns: None,
        })
    }

    /// Lets the timer end at `due_ns`, of the same clock as `now_ns`.
    pub(crate) fn set(&mut self, due_ns: u64, now_ns: u64) -> io::Result<()> {
        if self.set_for_ns == Some(due_ns) && due_ns > now_ns {
            return Ok(());
        }
        // In units of 100 ns, and below zero, which is from now on; zero would be a date.
        let units = due_ns.saturating_sub(now_ns).div_ceil(100).max(1);
        let wait = -i64::try_from(units).unwrap_or(i64::MAX);
        let timer = self.shared.timer.as_raw_handle();
        // SAFETY: the handle is open, the time lives through the call, and there is no routine.
        done(unsafe { SetWaitableTimer(timer, &wait, 0, None, null(), 0) })?;
        self.set_for_ns = Some(due_ns);
        Ok(())
    }
}

impl Shared {
    fn wake_at_each_end(&self, waker: &Waker) {
        let handles = [self.timer.as_raw_handle(), self.over.as_raw_handle()];
        // SAFETY: both handles are open through the call, which is told how many there are.
        while unsafe { WaitForMultipleObjects(2, handles.as_ptr(), 0, INFINITE) } == WAIT_OBJECT_0 {
            // A thread that can't be woken notices at its next event.
            let _ = waker.wake();
        }
    }
}

/// Whether a timer ends more exactly than at the next clock tick.
pub(crate) fn is_precise() -> bool {
    make(CREATE_WAITABLE_TIMER_HIGH_RESOLUTION).is_ok()
}

/// One that a wait resets.
fn waitable_timer() -> io::Result<OwnedHandle> {
    // A system that does not know the flag refuses it.
    make(CREATE_WAITABLE_TIMER_HIGH_RESOLUTION).or_else(|_| make(0))
}

fn make(flags: u32) -> io::Result<OwnedHandle> {
    // SAFETY: both pointers may be null: no attributes, so no heir, and no name.
    owned(unsafe { CreateWaitableTimerExW(null(), null(), flags, TIMER_ALL_ACCESS) })
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: the handle is open.
        unsafe { SetEvent(self.shared.over.as_raw_handle()) };
        if let Some(waiting) = self.waiting.take() {
            let _ = waiting.join();
        }
    }
}
