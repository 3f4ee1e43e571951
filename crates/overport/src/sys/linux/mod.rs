//! Linux: epoll(7), poll(2), eventfd(2), timerfd(2) and /proc, through `rustix`.

pub(crate) mod epoll;
pub(crate) mod poll;
pub(crate) mod thread;
pub(crate) mod timer;
pub(crate) mod wake;
