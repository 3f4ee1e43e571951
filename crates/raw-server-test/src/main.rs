//! A completion-port server in C: its `main` is in `program/server.c`, and what it calls of
//! the Windows interface is here, as little as it needs, on the raw layer of `overport`. On
//! Windows those functions are the system's own, and there is nothing to be shown.
#![cfg_attr(not(windows), no_main)]

#[cfg(not(windows))]
mod error;
#[cfg(not(windows))]
mod handles;
#[cfg(not(windows))]
mod port;
#[cfg(not(windows))]
mod socket;
#[cfg(not(windows))]
mod types;

#[cfg(windows)]
fn main() {}
