//! `overport serve`, seen from outside: every behaviour is shown for every model.

#[path = "../common/backends.rs"]
mod backends;
// Windows only: Ctrl-Break is its console's.
#[cfg(windows)]
mod ctrl_break;
// Linux only: a shell's limits.
#[cfg(target_os = "linux")]
mod descriptors;
mod echo;
// Linux only: /proc tells when a connection is at rest, and the sizes are those of its buffers.
#[cfg(target_os = "linux")]
mod full;
mod harness;
mod limits;
mod models;
#[cfg(target_os = "linux")]
mod observed;
mod output;
mod peers;
mod port;
#[cfg_attr(target_os = "linux", path = "../common/process/linux.rs")]
#[cfg_attr(windows, path = "../common/process/windows.rs")]
mod process;
mod stall;
mod stop;
