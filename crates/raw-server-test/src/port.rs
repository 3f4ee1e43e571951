//! The functions of a port.
#![expect(unsafe_code, reason = "called by the C program, with its memory")]

use std::time::Duration;

use overport::raw::{Kind, Port};

use crate::error::{Code, call};
use crate::handles;
use crate::system;
use crate::types::{Bool, FALSE, Handle, INVALID_HANDLE, Overlapped, TRUE};

/// A new port, or one more socket of a port. The descriptor is the port's from then on.
#[unsafe(no_mangle)]
extern "C" fn raw_server_CreateIoCompletionPort(
    file: Handle,
    port: Handle,
    key: usize,
    concurrency: u32,
) -> Handle {
    call(0, || {
        if file == INVALID_HANDLE {
            return Ok(handles::add_port(Port::new(concurrency as usize)?));
        }
        let at = handles::port(port)?;
        // SAFETY: the program hands over a socket of its own, which it closes by closesocket()
        // only.
        let socket = unsafe { system::owned(file) }.ok_or(Code::INVALID_HANDLE)?;
        handles::add_socket(file, at.associate(socket, key)?);
        Ok(port)
    })
}

/// # Safety
/// The pointers lead to where the results go, and that of a packet of an operation to its
/// `OVERLAPPED`.
#[unsafe(no_mangle)]
unsafe extern "C" fn raw_server_GetQueuedCompletionStatus(
    port: Handle,
    bytes: *mut u32,
    key: *mut usize,
    overlapped: *mut *mut Overlapped,
    timeout_ms: u32,
) -> Bool {
    let timeout = (timeout_ms != u32::MAX).then(|| Duration::from_millis(timeout_ms.into()));
    call(FALSE, || {
        // SAFETY: the caller promises it.
        unsafe { overlapped.write(std::ptr::null_mut()) };
        let port = handles::port(port)?;
        let Some(packet) = port.next(timeout)? else {
            let closed = port.is_closed();
            return Err(if closed {
                Code::ABANDONED_WAIT
            } else {
                Code::WAIT_TIMEOUT
            });
        };
        let address: *mut Overlapped = std::ptr::with_exposed_provenance_mut(packet.overlapped);
        let length = *packet.result.as_ref().unwrap_or(&0);
        let result = packet.result.map(|_| TRUE).map_err(Code::from);
        // SAFETY: the caller promises the first three; an operation was begun with the
        // address of an OVERLAPPED that stays until its packet is out.
        unsafe {
            bytes.write(u32::try_from(length).unwrap_or(u32::MAX));
            key.write(packet.key);
            overlapped.write(address);
            if packet.kind != Kind::Post {
                (*address).internal = result.as_ref().map_or_else(|code| code.0 as usize, |_| 0);
                (*address).internal_high = length;
            }
        }
        result
    })
}

#[unsafe(no_mangle)]
extern "C" fn raw_server_PostQueuedCompletionStatus(
    port: Handle,
    bytes: u32,
    key: usize,
    overlapped: *mut Overlapped,
) -> Bool {
    call(FALSE, || {
        let port = handles::port(port)?;
        port.post(bytes as usize, key, overlapped.expose_provenance());
        Ok(TRUE)
    })
}

#[unsafe(no_mangle)]
extern "C" fn raw_server_CloseHandle(port: Handle) -> Bool {
    call(FALSE, || {
        handles::remove_port(port)?.close();
        Ok(TRUE)
    })
}
