//! What the program needs from a system, one file a subject, the same files in each system's
//! folder:
//!
//! - `host`: what the machine is and allows; `sysctl`: the switches of its kernel.
//! - `affinity`: the processors that a thread may use.
//! - `processors`: what their time went to.
//! - `group`: a child process with all that it starts, from its start to its end.
//! - `process`: what the processes of a group have used.
//! - `clock`: the processor's time of a process, exactly, and the unit of coarser figures.
//! - `perf`: how many system calls a group makes, counted by the system where it lets us.
//! - `trace`: the same by stopping at each of them, where it does not.
//! - `window`: the width of the terminal.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{
    affinity, clock, group, host, perf, process, processors, sysctl, trace, window,
};
