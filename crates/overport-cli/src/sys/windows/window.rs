//! GetConsoleScreenBufferInfo and SetConsoleMode.

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Console::{
    CONSOLE_SCREEN_BUFFER_INFO, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode,
    GetConsoleScreenBufferInfo, GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_OUTPUT_HANDLE,
    SetConsoleMode,
};

/// Columns of the console that standard output is; none where it is no console.
pub(crate) fn output_columns() -> Option<usize> {
    columns(STD_OUTPUT_HANDLE)
}

/// The same of standard error.
pub(crate) fn error_columns() -> Option<usize> {
    columns(STD_ERROR_HANDLE)
}

/// Whether the console that standard error is obeys the control sequences of ECMA-48, which it is
/// told to.
pub(crate) fn error_obeys_sequences() -> bool {
    let console = standard(STD_ERROR_HANDLE);
    let mut mode = 0;
    // SAFETY: a handle that is none, or none of a console, is refused; the call writes one number,
    // which lives through it.
    let is_console = unsafe { GetConsoleMode(console, &mut mode) } != 0;
    let obeys = mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    // SAFETY: as above, and the call takes a number.
    is_console && unsafe { SetConsoleMode(console, obeys) } != 0
}

fn columns(which: STD_HANDLE) -> Option<usize> {
    let mut buffer = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: a handle that is none, or none of a console, is refused; the call writes one
    // structure, which lives through it.
    if unsafe { GetConsoleScreenBufferInfo(standard(which), &mut buffer) } == 0 {
        return None;
    }
    let window = buffer.srWindow;
    usize::try_from(i32::from(window.Right) - i32::from(window.Left) + 1)
        .ok()
        .filter(|&columns| columns > 0)
}

fn standard(which: STD_HANDLE) -> HANDLE {
    // SAFETY: the call takes a number; what it gives is not to be closed.
    unsafe { GetStdHandle(which) }
}
