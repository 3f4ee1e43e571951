//! What a test does to other processes: the console's Ctrl-C.
#![allow(dead_code, reason = "not every test program uses all of it")]
#![allow(unsafe_code, reason = "the console's calls have no safe bindings")]

use std::env;
use std::io::{self, BufRead, BufReader};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio, exit};
use std::time::Duration;

use socket2::Socket;
use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_BREAK_EVENT, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent,
    SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};
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

/// The same in a process group of its own, which Ctrl-Break can be typed to, and Ctrl-C is not.
pub(crate) fn in_group(command: &mut Command) -> &mut Command {
    command.creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP)
}

/// Types Ctrl-Break to a program that was started [`in_group`].
pub(crate) fn type_ctrl_break(child: &Child) {
    send(child, "process::break_sender");
}

/// Asks a program to end that was started [`apart`], with all that is on its console.
///
/// This very test program does it, started again: who goes to another console has other standard
/// streams there.
pub(crate) fn interrupt(child: &Child, how: Interrupt) {
    let Interrupt::CtrlC = how;
    send(child, "process::sender");
}

fn send(child: &Child, sender: &str) {
    let program = env::current_exe().expect("this program has a name");
    let mut command = Command::new(program);
    command.args(["--quiet", "--ignored", "--exact", sender]);
    let sent = command.arg(child.id().to_string()).output();
    let sent = sent.expect("the program starts");
    assert_eq!(sent.status.code(), Some(SENT), "{sent:?}");
}

/// What the sender ends with when all is done.
const SENT: i32 = 17;

/// Types Ctrl-C at the console of the process whose number is the last argument.
#[test]
#[ignore = "not a test, but what tests start"]
fn sender() {
    if let Some(pid) = pid() {
        // All that is on the console.
        send_at_console_of(pid, CTRL_C_EVENT, 0);
    }
}

/// Types Ctrl-Break to the process group whose number is the last argument.
#[test]
#[ignore = "not a test, but what tests start"]
fn break_sender() {
    if let Some(pid) = pid() {
        send_at_console_of(pid, CTRL_BREAK_EVENT, pid);
    }
}

/// Ends with [`SENT`] at Ctrl-Break, where that is given to handlers.
#[test]
#[ignore = "not a test, but what tests start"]
fn break_taker() {
    extern "system" fn take(_event: u32) -> BOOL {
        exit(SENT)
    }
    if pid().is_some() {
        // SAFETY: the handler is a function of this program.
        unsafe { SetConsoleCtrlHandler(Some(take), 1) };
        println!("ready");
        // So long the event may take.
        std::thread::sleep(Duration::from_secs(2));
    }
}

/// Whether handlers are given Ctrl-Break, which Wine 10 ends a process at without asking them.
pub(crate) fn handlers_take_ctrl_break() -> bool {
    let program = env::current_exe().expect("this program has a name");
    let mut command = Command::new(program);
    command.args(["--quiet", "--ignored", "--exact", "--nocapture"]);
    let command = command.args(["process::break_taker", "0"]);
    let command = in_group(command).stdout(Stdio::piped());
    let mut taker = command.spawn().expect("the program starts");
    let output = taker.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("ready")));
    type_ctrl_break(&taker);
    let ended = taker.wait().expect("it ends");
    ended.code() == Some(SENT)
}

fn pid() -> Option<u32> {
    env::args().next_back()?.parse().ok()
}

fn send_at_console_of(pid: u32, event: u32, group: u32) -> ! {
    // SAFETY: the calls take numbers and null only, which is no handler, and has this process
    // ignore Ctrl-C.
    let sent = unsafe {
        FreeConsole();
        AttachConsole(pid) != 0
            && SetConsoleCtrlHandler(None, 1) != 0
            && GenerateConsoleCtrlEvent(event, group) != 0
    };
    exit(if sent { SENT } else { 1 });
}

/// There is no limit.
pub(crate) fn allow_descriptors() {}

/// Windows has no such option.
pub(crate) fn take_small_segments(_socket: &Socket) -> io::Result<()> {
    Ok(())
}
