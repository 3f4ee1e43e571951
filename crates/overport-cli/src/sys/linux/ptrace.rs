//! ptrace(2) and waitid(2) as a tracer needs them. All of it is to be called on one thread, which
//! is the tracer.

#![expect(
    unsafe_code,
    reason = "safe bindings neither pass on every signal nor look at an end without taking it"
)]

use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use nix::libc::{self, c_long, c_void};
use nix::sys::ptrace::{self, Options};
use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, waitid};

/// What has happened to a traced thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Stopped { thread: i32 },
    Ended { thread: i32 },
}

/// Why a thread has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the begin or the end of a system call.
    Call,
    /// In a call that starts a thread or a process.
    Clone,
    /// Before its end.
    Exit,
    /// Since it was interrupted, or is new.
    Interrupt,
    /// With its whole process, by a signal that stops.
    Group,
    /// Before it is given a signal.
    Signal(i32),
}

/// Attaches to a thread, and with it to what it will start.
pub(super) fn seize(thread: i32) -> io::Result<()> {
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXIT;
    Ok(ptrace::seize(Pid::from_raw(thread), options)?)
}

/// Has a traced thread stop soon.
pub(super) fn interrupt(thread: i32) -> io::Result<()> {
    Ok(ptrace::interrupt(Pid::from_raw(thread))?)
}

/// Lets a stopped thread run to the next begin or end of a call, with a signal unless it is 0.
pub(super) fn resume(thread: i32, signal: i32) -> io::Result<()> {
    // SAFETY: the request takes two numbers, and no memory of this process.
    done(unsafe { libc::ptrace(libc::PTRACE_SYSCALL, thread, NONE, c_long::from(signal)) })
}

/// Lets a stopped thread go, with a signal unless it is 0.
pub(super) fn detach(thread: i32, signal: i32) -> io::Result<()> {
    // SAFETY: as above.
    done(unsafe { libc::ptrace(libc::PTRACE_DETACH, thread, NONE, c_long::from(signal)) })
}

/// Leaves a thread stopped that is stopped with its process, until the process goes on.
pub(super) fn listen(thread: i32) -> io::Result<()> {
    // SAFETY: the request takes nothing.
    done(unsafe { libc::ptrace(libc::PTRACE_LISTEN, thread, NONE, NONE) })
}

/// Waits until a thread that is traced by this one has stopped or ended, and leaves it at that.
pub(super) fn next_change() -> Result<Change, Errno> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT | OF_THIS_TRACER;
    // SAFETY: the call writes one siginfo_t, and there is room for it.
    let result = unsafe { libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options) };
    if result == -1 {
        return Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::CHILD));
    }
    // SAFETY: it was zeros, which are a siginfo_t, before the call wrote to it.
    let info = unsafe { info.assume_init() };
    // SAFETY: what waitid tells has a process number.
    let thread = unsafe { info.si_pid() };
    Ok(match info.si_code {
        libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED => Change::Ended { thread },
        _ => Change::Stopped { thread },
    })
}

/// Why a thread has stopped; none if it has not, or not any more.
pub(super) fn take_stop(thread: i32) -> io::Result<Option<Stop>> {
    let taken = take(thread, WaitIdOptions::STOPPED)?;
    Ok(taken.and_then(|status| status.trapping_signal()).map(stop))
}

/// Forgets a thread that has ended.
pub(super) fn take_end(thread: i32) -> io::Result<()> {
    take(thread, WaitIdOptions::EXITED).map(drop)
}

const NONE: *mut c_void = null_mut();

/// Threads and processes alike, and only those that this thread traces.
const OF_THIS_TRACER: i32 = libc::__WALL | libc::__WNOTHREAD;

fn done(result: c_long) -> io::Result<()> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn take(thread: i32, what: WaitIdOptions) -> io::Result<Option<rustix::process::WaitIdStatus>> {
    let Some(pid) = rustix::process::Pid::from_raw(thread) else {
        return Ok(None);
    };
    let of_this_tracer = WaitIdOptions::from_bits_retain(OF_THIS_TRACER as u32);
    let options = what | WaitIdOptions::NOHANG | of_this_tracer;
    match waitid(WaitId::Pid(pid), options) {
        Err(Errno::CHILD) => Ok(None),
        taken => Ok(taken?),
    }
}

/// The lower byte is a signal, and the next one an event.
fn stop(status: i32) -> Stop {
    let (event, signal) = (status >> 8, status & 0xff);
    match event {
        libc::PTRACE_EVENT_CLONE | libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK => {
            Stop::Clone
        }
        libc::PTRACE_EVENT_EXIT => Stop::Exit,
        // PTRACE_EVENT_STOP, by the signal that stopped the process, or by none.
        _ if event != 0 && signal == libc::SIGTRAP => Stop::Interrupt,
        _ if event != 0 => Stop::Group,
        // By PTRACE_O_TRACESYSGOOD.
        _ if signal == libc::SIGTRAP | 0x80 => Stop::Call,
        _ => Stop::Signal(signal),
    }
}
