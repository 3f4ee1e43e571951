//! The types of `program/windows.h`.

use std::ffi::c_void;

/// A port or a socket. It is a number to both sides.
pub(crate) type Handle = usize;

/// `INVALID_HANDLE_VALUE`.
pub(crate) const INVALID_HANDLE: Handle = usize::MAX;

pub(crate) type Bool = i32;
pub(crate) const FALSE: Bool = 0;
pub(crate) const TRUE: Bool = 1;

#[repr(C)]
pub(crate) struct Overlapped {
    /// The status: `STATUS_PENDING`, or how the operation ended.
    pub(crate) internal: usize,
    /// How many bytes were transferred.
    pub(crate) internal_high: usize,
    offset: u64,
    event: *mut c_void,
}

/// The status of an operation under way.
pub(crate) const STATUS_PENDING: usize = 0x103;

#[repr(C)]
pub(crate) struct WsaBuf {
    pub(crate) length: u32,
    pub(crate) pointer: *mut u8,
}

const _: () = assert!(size_of::<Overlapped>() == 32 && size_of::<WsaBuf>() == 16);
