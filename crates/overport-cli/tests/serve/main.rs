//! `overport serve`, seen from outside: every behaviour is shown for every model.

#[path = "../common/backends.rs"]
mod backends;
mod echo;
mod harness;
mod limits;
mod models;
mod output;
mod peers;
mod port;
mod stall;
mod stop;
