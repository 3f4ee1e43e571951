//! A completion port.

use std::mem::zeroed;
use std::ptr;

use windows_sys::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::SetFileCompletionNotificationModes;
use windows_sys::Win32::System::IO::*;

use crate::Socket;

#[derive(Debug)]
pub struct Port(HANDLE);

unsafe impl Send for Port {}
unsafe impl Sync for Port {}

/// What GetQueuedCompletionStatus gave: the error is 0 for success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    pub key: usize,
    pub length: u32,
    pub overlapped: usize,
    pub error: u32,
}

impl Port {
    pub fn new(concurrency: u32) -> Self {
        let none = ptr::null_mut();
        let port = unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, none, 0, concurrency) };
        assert!(!port.is_null());
        Self(port)
    }

    pub fn associate(&self, socket: &Socket, key: usize) {
        let handle = ptr::without_provenance_mut(socket.0);
        assert_eq!(
            unsafe { CreateIoCompletionPort(handle, self.0, key, 0) },
            self.0
        );
    }

    /// Asks for no packet where an operation succeeds at once.
    pub fn skip_on_success(socket: &Socket) {
        const FILE_SKIP_COMPLETION_PORT_ON_SUCCESS: u8 = 1;
        let handle = ptr::without_provenance_mut(socket.0);
        let mode = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;
        assert_ne!(
            unsafe { SetFileCompletionNotificationModes(handle, mode) },
            0
        );
    }

    pub fn post(&self, key: usize) {
        assert_ne!(
            unsafe { PostQueuedCompletionStatus(self.0, 0, key, ptr::null()) },
            0
        );
    }

    /// The next packet, or the error of the wait.
    pub fn next(&self, timeout_ms: u32) -> Result<Packet, u32> {
        let (mut length, mut key, mut overlapped) = (0, 0, ptr::null_mut());
        let done = unsafe {
            GetQueuedCompletionStatus(self.0, &mut length, &mut key, &mut overlapped, timeout_ms)
        };
        let error = if done == 0 {
            unsafe { GetLastError() }
        } else {
            0
        };
        if done == 0 && overlapped.is_null() {
            return Err(error);
        }
        Ok(Packet {
            key,
            length,
            overlapped: overlapped.addr(),
            error,
        })
    }

    /// Keys of the packets that one GetQueuedCompletionStatusEx takes.
    pub fn many(&self, count: usize, timeout_ms: u32) -> Result<Vec<usize>, u32> {
        let mut entries: Vec<OVERLAPPED_ENTRY> = vec![unsafe { zeroed() }; count];
        let mut taken = 0;
        let done = unsafe {
            GetQueuedCompletionStatusEx(
                self.0,
                entries.as_mut_ptr(),
                count as u32,
                &mut taken,
                timeout_ms,
                0,
            )
        };
        if done == 0 {
            return Err(unsafe { GetLastError() });
        }
        Ok(entries[..taken as usize]
            .iter()
            .map(|entry| entry.lpCompletionKey)
            .collect())
    }

    pub fn close(&self) {
        assert_ne!(unsafe { CloseHandle(self.0) }, 0);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        unsafe { CloseHandle(self.0) };
    }
}
