//! A completion-port server in C: its `main` is in `program/server.c`, and what it calls of
//! the Windows interface is here, as little as it needs, on the raw layer of `overport`.

mod error;
mod handles;
mod port;
mod socket;
#[cfg_attr(target_os = "linux", path = "system/linux.rs")]
#[cfg_attr(windows, path = "system/windows.rs")]
mod system;
mod types;

use std::ffi::c_int;
use std::process;

#[expect(unsafe_code, reason = "the C program")]
unsafe extern "C" {
    /// The program's `main`.
    safe fn raw_server_main() -> c_int;
}

fn main() {
    process::exit(raw_server_main());
}
