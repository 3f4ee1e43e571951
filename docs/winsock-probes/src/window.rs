//! A message-only window and the messages in its thread's queue.

use std::mem::zeroed;
use std::ptr;

use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::Networking::WinSock::WSAAsyncSelect;
use windows_sys::Win32::UI::WindowsAndMessaging::*;

use crate::{LONG_MS, SHORT_MS, Socket};

/// The message that network events come as.
pub const EVENT_MESSAGE: u32 = WM_USER + 1;

#[derive(Debug)]
pub struct Window(HWND);

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

impl Window {
    pub fn new() -> Self {
        let window = unsafe {
            CreateWindowExA(
                0,
                c"STATIC".as_ptr().cast(),
                ptr::null(),
                0,
                0,
                0,
                0,
                0,
                HWND_MESSAGE,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        assert!(!window.is_null());
        Self(window)
    }

    /// WSAAsyncSelect.
    pub fn select(&self, socket: &Socket, mask: u32) {
        assert_eq!(
            unsafe { WSAAsyncSelect(socket.0, self.0, EVENT_MESSAGE, mask as i32) },
            0
        );
    }

    /// Posts a message of the program's own.
    pub fn post(&self, message: u32) {
        assert_ne!(unsafe { PostMessageA(self.0, message, 0, 0) }, 0);
    }

    /// The next message: its number, the socket, the event and the error.
    pub fn message(&self, timeout_ms: u32) -> Option<(u32, usize, u32, i32)> {
        let mut message: MSG = unsafe { zeroed() };
        let mut waited = false;
        loop {
            if unsafe { PeekMessageA(&mut message, self.0, 0, 0, PM_REMOVE) } != 0 {
                let (event, error) = (message.lParam & 0xffff, message.lParam >> 16 & 0xffff);
                return Some((message.message, message.wParam, event as u32, error as i32));
            }
            if waited {
                return None;
            }
            unsafe { MsgWaitForMultipleObjects(0, ptr::null(), 0, timeout_ms, QS_ALLINPUT) };
            waited = true;
        }
    }

    /// The events of the next messages that come, in order, with their errors.
    pub fn expect(&self, socket: &Socket, count: usize) -> Vec<(u32, i32)> {
        (0..count)
            .map(|_| {
                let (number, from, event, error) = self.message(LONG_MS).expect("a message");
                assert_eq!((number, from), (EVENT_MESSAGE, socket.0));
                (event, error)
            })
            .collect()
    }

    /// The events of all messages that come within a short wait.
    pub fn quiet(&self) -> Vec<(u32, i32)> {
        std::iter::from_fn(|| self.message(SHORT_MS))
            .map(|(_, _, event, error)| (event, error))
            .collect()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        unsafe { DestroyWindow(self.0) };
    }
}
