//! The functions of a socket at a port.
#![expect(unsafe_code, reason = "called by the C program, with its memory")]

use std::ffi::c_void;
use std::slice;

use overport::raw::{self, Segment};

use crate::error::{Code, call};
use crate::handles;
use crate::types::{Bool, FALSE, Handle, Overlapped, STATUS_PENDING, TRUE, WsaBuf};

const SOCKET_ERROR: i32 = -1;

/// # Safety
/// As for [`begin`]; the memory that the buffers tell of is the operation's until its packet is
/// out.
#[unsafe(no_mangle)]
unsafe extern "C" fn raw_server_WSARecv(
    socket: Handle,
    buffers: *const WsaBuf,
    count: u32,
    _bytes: *mut u32,
    _flags: *mut u32,
    overlapped: *mut Overlapped,
    _routine: *const c_void,
) -> i32 {
    // SAFETY: the caller promises it.
    unsafe {
        begin(
            socket,
            buffers,
            count,
            overlapped,
            |socket, segments, name| {
                socket.receive(segments, name);
            },
        )
    }
}

/// # Safety
/// As for [`raw_server_WSARecv`].
#[unsafe(no_mangle)]
unsafe extern "C" fn raw_server_WSASend(
    socket: Handle,
    buffers: *const WsaBuf,
    count: u32,
    _bytes: *mut u32,
    _flags: u32,
    overlapped: *mut Overlapped,
    _routine: *const c_void,
) -> i32 {
    // SAFETY: the caller promises it.
    unsafe {
        begin(
            socket,
            buffers,
            count,
            overlapped,
            |socket, segments, name| {
                socket.send(segments, name);
            },
        )
    }
}

#[unsafe(no_mangle)]
extern "C" fn raw_server_CancelIoEx(socket: Handle, overlapped: *mut Overlapped) -> Bool {
    call(FALSE, || {
        let socket = handles::socket(socket)?;
        let found = if overlapped.is_null() {
            socket.cancel_all() > 0
        } else {
            socket.cancel(overlapped.addr())
        };
        if found {
            Ok(TRUE)
        } else {
            Err(Code::NOT_FOUND)
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn raw_server_closesocket(socket: Handle) -> i32 {
    call(SOCKET_ERROR, || {
        handles::remove_socket(socket)?.close();
        Ok(0)
    })
}

/// Begins an operation, which always pends.
///
/// # Safety
/// There are `count` buffers; `overlapped`, unless it is null, is an `OVERLAPPED` that stays,
/// and is left alone, until the packet is out.
unsafe fn begin(
    socket: Handle,
    buffers: *const WsaBuf,
    count: u32,
    overlapped: *mut Overlapped,
    submit: impl FnOnce(&raw::Handle, &[Segment], usize),
) -> i32 {
    call(SOCKET_ERROR, || {
        let socket = handles::socket(socket)?;
        if overlapped.is_null() || buffers.is_null() {
            return Err(Code::FAULT);
        }
        // SAFETY: the caller promises it.
        let buffers = unsafe { slice::from_raw_parts(buffers, count as usize) };
        let segment = |buffer: &WsaBuf| Segment::new(buffer.pointer, buffer.length as usize);
        let segments: Vec<_> = buffers.iter().map(segment).collect();
        // SAFETY: it is the operation's from here on.
        unsafe { (*overlapped).internal = STATUS_PENDING };
        submit(&socket, &segments, overlapped.expose_provenance());
        Err(Code::IO_PENDING)
    })
}
