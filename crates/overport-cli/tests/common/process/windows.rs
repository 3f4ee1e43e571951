//! What a test does to other processes: the console's Ctrl-C.
#![allow(dead_code, reason = "not every test program uses all of it")]
#![allow(unsafe_code, reason = "the console's calls have no safe bindings")]

use std::env;
use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, exit};

use socket2::Socket;
use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

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
///
/// This very test program does it, started again: who goes to another console has other standard
/// streams there.
pub(crate) fn interrupt(child: &Child, how: Interrupt) {
    let Interrupt::CtrlC = how;
    let program = env::current_exe().expect("this program has a name");
    let mut sender = Command::new(program);
    sender.args(["--quiet", "--ignored", "--exact", "process::sender"]);
    let sent = sender.arg(child.id().to_string()).output();
    let sent = sent.expect("the program starts");
    assert_eq!(sent.status.code(), Some(SENT), "{sent:?}");
}

/// What the sender ends with when all is done.
const SENT: i32 = 17;

/// Types Ctrl-C at the console of the process whose number is the last argument.
#[test]
#[ignore = "not a test, but what tests start"]
fn sender() {
    let Some(pid) = env::args().next_back().and_then(|pid| pid.parse().ok()) else {
        return;
    };
    // SAFETY: the calls take numbers and null only, which is no handler, and has this process
    // ignore Ctrl-C.
    let sent = unsafe {
        FreeConsole();
        AttachConsole(pid) != 0
            && SetConsoleCtrlHandler(None, 1) != 0
            && GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) != 0
    };
    exit(if sent { SENT } else { 1 });
}

/// There is no limit.
pub(crate) fn allow_descriptors() {}

/// Windows has no such option.
pub(crate) fn take_small_segments(_socket: &Socket) -> io::Result<()> {
    Ok(())
}
