//! A call that a thread of the system's pool makes when an event is set.

use std::ffi::c_void;
use std::io;
use std::mem;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use windows_sys::Win32::System::Threading::{
    CloseThreadpoolWait, CreateThreadpoolWait, PTP_CALLBACK_INSTANCE, PTP_WAIT, SetThreadpoolWait,
};

use super::codes::last_error;
use super::event::Event;

/// A wait of the pool's for an event, for as long as it has not begun.
pub(crate) struct PoolWait {
    wait: PTP_WAIT,
    /// From a box, which the system's call takes back.
    context: *mut Context,
}

struct Context {
    event: Event,
    call: Box<dyn FnOnce() + Send>,
}

impl PoolWait {
    /// A wait for an event of its own, which is not set.
    pub(crate) fn new() -> io::Result<Self> {
        let context = Box::into_raw(Box::new(Context {
            event: Event::new(false)?,
            call: Box::new(|| ()),
        }));
        // SAFETY: the context stays until the call takes it, or this is dropped.
        let wait = unsafe { CreateThreadpoolWait(Some(run), context.cast(), ptr::null()) };
        if wait == 0 {
            let error = last_error();
            // SAFETY: it came from the box, and nobody else has it.
            drop(unsafe { Box::from_raw(context) });
            return Err(error);
        }
        Ok(Self { wait, context })
    }

    /// The event that is waited for.
    pub(crate) fn event(&self) -> BorrowedHandle<'_> {
        // SAFETY: the context is there until the wait begins, which takes this.
        unsafe { (*self.context).event.as_handle() }
    }

    /// Begins the wait: `call` is made once the event is set, also if it is by now.
    pub(crate) fn begin(self, call: impl FnOnce() + Send + 'static) {
        // SAFETY: the system's call, which is not made before the wait is set, is the next to
        // look at the context, and closes the wait.
        unsafe {
            (*self.context).call = Box::new(call);
            let event = (*self.context).event.as_handle().as_raw_handle();
            SetThreadpoolWait(self.wait, event, ptr::null());
        }
        mem::forget(self);
    }
}

impl Drop for PoolWait {
    fn drop(&mut self) {
        // SAFETY: the wait was not begun, so that no call is made that would use the context,
        // which came from the box.
        unsafe {
            CloseThreadpoolWait(self.wait);
            drop(Box::from_raw(self.context));
        }
    }
}

unsafe extern "system" fn run(
    _: PTP_CALLBACK_INSTANCE,
    context: *mut c_void,
    wait: PTP_WAIT,
    _: u32,
) {
    // SAFETY: the wait was begun, once, and left both to this call. A wait may be closed in its
    // own call.
    let context: Box<Context> = unsafe {
        CloseThreadpoolWait(wait);
        Box::from_raw(context.cast())
    };
    // A panic can't go on into the system's code; the hook has told of it, and what was
    // panicked with may panic in its drop.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(context.call)) {
        mem::forget(payload);
    }
}
