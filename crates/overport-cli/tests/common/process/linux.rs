//! What a test does to other processes, and sees of them: signals, and /proc.
#![allow(dead_code, reason = "not every test program uses all of it")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Once;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getrlimit, kill_process, kill_process_group, setrlimit,
};
use socket2::Socket;

/// How a program is asked to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interrupt {
    CtrlC,
    /// As the system does at its own end.
    Terminate,
}

/// Every way.
pub(crate) const INTERRUPTS: [Interrupt; 2] = [Interrupt::Terminate, Interrupt::CtrlC];

/// The way that programs are asked in that nobody types at.
pub(crate) const TERMINATE: Interrupt = Interrupt::Terminate;

/// How a process is said to have ended that has aborted.
pub(crate) const ABORTED: &str = "signal 6";

/// Has the program that is started from `command` apart from this one, so that it can be asked to
/// end alone.
pub(crate) fn apart(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Asks a program to end that was started [`apart`].
pub(crate) fn interrupt(child: &Child, how: Interrupt) {
    let pid = Pid::from_child(child);
    let sent = match how {
        // A terminal signals all of its foreground process group.
        Interrupt::CtrlC => kill_process_group(pid, Signal::INT),
        Interrupt::Terminate => kill_process(pid, Signal::TERM),
    };
    sent.expect("the program runs");
}

/// How many sockets a process has, whatever they are for.
pub(crate) fn sockets(process: i32) -> usize {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return 0;
    };
    let targets = descriptors
        .flatten()
        .flat_map(|entry| fs::read_link(entry.path()));
    targets
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Lets this process have as many descriptors as there can be: the clients of all models, in
/// several tests at once, are more than the usual 1024.
pub(crate) fn allow_descriptors() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            ..limit
        };
        setrlimit(Resource::Nofile, raised).expect("up to the maximum is allowed");
    });
}

/// Has the peer's buffers stay small as well, since the kernel sizes them by the segments.
pub(crate) fn take_small_segments(socket: &Socket) -> std::io::Result<()> {
    socket.set_tcp_mss(536)
}
