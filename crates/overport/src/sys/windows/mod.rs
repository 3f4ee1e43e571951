//! Windows: Winsock and Win32, through `windows-sys`; what is alike, through `rustix` and
//! `socket2`.
#![expect(
    unsafe_code,
    reason = "the calls of Windows, each with why it is sound"
)]

pub(crate) mod alert;
pub(crate) mod codes;
pub(crate) mod event;
mod extension;
pub(crate) mod network_events;
pub(crate) mod overlapped;
pub(crate) mod pool_wait;
pub(crate) mod port;
pub(crate) mod select;
pub(crate) mod socket;
pub(crate) mod timer;
pub(crate) mod wake;
pub(crate) mod window;
