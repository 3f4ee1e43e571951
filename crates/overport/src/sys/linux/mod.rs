//! Linux: epoll(7), poll(2), eventfd(2), timerfd(2) and /proc, through `rustix`;
//! io_uring(7), through `io-uring`.

pub(crate) mod codes;
pub(crate) mod epoll;
pub(crate) mod poll;
pub(crate) mod socket;
#[cfg_attr(
    loom,
    allow(dead_code, reason = "loom has names of its own for its threads")
)]
pub(crate) mod thread;
pub(crate) mod timer;
pub(crate) mod uring;
pub(crate) mod wake;
