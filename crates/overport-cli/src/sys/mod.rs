//! What the program needs from a system, one file a subject, the same files in each system's
//! folder:
//!
//! - `host`: what the machine is and allows.
//! - `affinity`: the processors that the program may use.
//! - `processors`: what their time went to.
//! - `descriptors`: how many a process may have.
//! - `group`: a child process with all that it starts, from its start to its end.
//! - `members`: what the processes of a group are and have used.
//! - `clock`: the processor's time of this process and its threads, and the unit of coarser figures.
//! - `calls`: how many system calls a group makes.
//! - `interrupts`: the wishes of user and system that the program end.
//! - `edge`: when a poll tells of more.
//! - `timer`: a wait that ends more exactly than a poll's own.
//! - `receiving`: how receives are ended.
//! - `window`: the terminal's width, and whether it obeys control sequences.
//! - `words`: a command line, taken apart and put together.
//! - `means`: what carries the models.
//!
//! The figures that all of them tell are in `limit` and `usage`. What only one system has is in its
//! folder alone: on Linux `process` and `sysctl` (/proc), `perf`
//! and `trace`; on Windows `winsock`, and what the others there share.

pub(crate) mod limit;
pub(crate) mod usage;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{
    affinity, calls, clock, descriptors, edge, group, host, interrupts, means, members, processors,
    receiving, sysctl, timer, window, words,
};
#[cfg(test)]
#[cfg(target_os = "linux")]
pub(crate) use linux::{perf, process, trace};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{
    affinity, calls, clock, descriptors, edge, group, host, interrupts, means, members, processors,
    receiving, timer, window, winsock, words,
};
