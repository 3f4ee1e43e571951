//! Overlapped operations that own their buffer.

use std::mem::zeroed;
use std::ptr;

use windows_sys::Win32::Networking::WinSock::*;
use windows_sys::Win32::System::IO::{CancelIoEx, OVERLAPPED};

use crate::{Event, Socket, last_error};

/// One operation and its buffer; on the heap, where it stays while the system uses it.
pub struct Operation {
    pub overlapped: OVERLAPPED,
    pub buffer: Vec<u8>,
    segment: WSABUF,
}

impl Operation {
    pub fn new(buffer: Vec<u8>) -> Box<Self> {
        let mut operation = Box::new(Self {
            overlapped: unsafe { zeroed() },
            buffer,
            segment: unsafe { zeroed() },
        });
        operation.segment.len = operation.buffer.len() as u32;
        operation.segment.buf = operation.buffer.as_mut_ptr();
        operation
    }

    pub fn with_event(buffer: Vec<u8>, event: &Event) -> Box<Self> {
        let mut operation = Self::new(buffer);
        operation.overlapped.hEvent = event.0;
        operation
    }

    /// WSARecv: `Ok` if it completed at once, `Err(WSA_IO_PENDING)` if it pends.
    pub fn receive(&mut self, socket: &Socket) -> Result<(), i32> {
        self.receive_with(socket, 1, None)
    }

    pub fn receive_with(
        &mut self,
        socket: &Socket,
        segments: u32,
        routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    ) -> Result<(), i32> {
        let (mut length, mut flags) = (0, 0);
        let result = unsafe {
            WSARecv(
                socket.0,
                &self.segment,
                segments,
                &mut length,
                &mut flags,
                &mut self.overlapped,
                routine,
            )
        };
        if result == 0 {
            Ok(())
        } else {
            Err(last_error())
        }
    }

    /// WSASend, as [`receive`](Self::receive).
    pub fn send(&mut self, socket: &Socket) -> Result<(), i32> {
        let mut length = 0;
        let result = unsafe {
            WSASend(
                socket.0,
                &self.segment,
                1,
                &mut length,
                0,
                &mut self.overlapped,
                None,
            )
        };
        if result == 0 {
            Ok(())
        } else {
            Err(last_error())
        }
    }

    /// AcceptEx without a first receive; the buffer takes the addresses.
    pub fn accept(&mut self, listener: &Socket, acceptor: &Socket) -> Result<(), i32> {
        let mut length = 0;
        let accepted = unsafe {
            AcceptEx(
                listener.0,
                acceptor.0,
                self.buffer.as_mut_ptr().cast(),
                0,
                32,
                32,
                &mut length,
                &mut self.overlapped,
            )
        };
        if accepted != 0 {
            Ok(())
        } else {
            Err(last_error())
        }
    }

    /// WSAGetOverlappedResult: the bytes, or the error.
    pub fn result(&mut self, socket: &Socket, wait: bool) -> Result<u32, i32> {
        let (mut length, mut flags) = (0, 0);
        let done = unsafe {
            WSAGetOverlappedResult(
                socket.0,
                &self.overlapped,
                &mut length,
                wait.into(),
                &mut flags,
            )
        };
        if done != 0 {
            Ok(length)
        } else {
            Err(last_error())
        }
    }

    /// CancelIoEx of this operation.
    pub fn cancel(&self, socket: &Socket) -> Result<(), i32> {
        cancel(socket, &self.overlapped)
    }
}

/// CancelIoEx of all operations of a socket.
pub fn cancel_all(socket: &Socket) -> Result<(), i32> {
    cancel(socket, ptr::null())
}

fn cancel(socket: &Socket, overlapped: *const OVERLAPPED) -> Result<(), i32> {
    if unsafe { CancelIoEx(ptr::without_provenance_mut(socket.0), overlapped) } != 0 {
        Ok(())
    } else {
        Err(last_error())
    }
}
