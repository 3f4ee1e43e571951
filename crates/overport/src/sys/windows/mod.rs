//! Windows: overlapped Winsock calls, I/O completion ports and thread-pool timers, through
//! `windows-sys`.

pub(crate) mod codes;
pub(crate) mod extension;
pub(crate) mod overlapped;
pub(crate) mod port;
pub(crate) mod timer;
