//! A completion-port server in C: its `main` is in `program/server.c`, and what it calls of
//! the Windows interface is here, as little as it needs, on the raw layer of `overport`.
#![no_main]

mod error;
mod handles;
mod port;
mod socket;
mod types;
