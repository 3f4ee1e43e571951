//! What a test does to other processes: the console's Ctrl-C.
#![allow(dead_code, reason = "not every test program uses all of it")]
#![allow(unsafe_code, reason = "the console's calls have no safe bindings")]

use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

use socket2::Socket;
use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;
use windows_sys::core::BOOL;

/// How a program is asked to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interrupt {
    CtrlC,
}

/// Every way that reaches one console alone.
pub(crate) const INTERRUPTS: [Interrupt; 1] = [Interrupt::CtrlC];

/// The way that programs are asked in that nobody types at.
pub(crate) const TERMINATE: Interrupt = Interrupt::CtrlC;

/// How a process is said to have ended that has aborted.
pub(crate) const ABORTED: &str = "exit code 0xc0000409";

/// Has the program that is started from `command` on a console of its own, so that it can be asked
/// to end alone.
pub(crate) fn apart(command: &mut Command) -> &mut Command {
    command.creation_flags(CREATE_NO_WINDOW)
}

/// Asks a program to end that was started [`apart`], with all that is on its console.
pub(crate) fn interrupt(child: &Child, how: Interrupt) {
    let event = match how {
        Interrupt::CtrlC => CTRL_C_EVENT,
    };
    // A process is on one console at a time.
    static ATTACHED: Mutex<()> = Mutex::new(());
    let attached = ATTACHED.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the handler is a function of this program; the other calls take numbers only.
    let sent = unsafe {
        SetConsoleCtrlHandler(Some(ignore), 1);
        FreeConsole();
        let sent = AttachConsole(child.id()) != 0 && GenerateConsoleCtrlEvent(event, 0) != 0;
        let error = io::Error::last_os_error();
        FreeConsole();
        sent.then_some(()).ok_or(error)
    };
    drop(attached);
    sent.expect("the program is on its console");
}

/// It reaches this process, too, as long as that is on the console.
extern "system" fn ignore(_event: u32) -> BOOL {
    1
}

/// There is no limit.
pub(crate) fn allow_descriptors() {}

/// Windows has no such option.
pub(crate) fn take_small_segments(_socket: &Socket) -> io::Result<()> {
    Ok(())
}
