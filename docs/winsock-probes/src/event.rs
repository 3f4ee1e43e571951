//! Event objects, and the network events that are recorded with them.

use std::mem::zeroed;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Networking::WinSock::*;

use crate::{Socket, last_error};

/// A manual-reset event object.
#[derive(Debug)]
pub struct Event(pub HANDLE);

unsafe impl Send for Event {}
unsafe impl Sync for Event {}

/// The events that were recorded, as a mask, and their errors by event bit.
#[derive(Debug, PartialEq, Eq)]
pub struct NetworkEvents {
    pub mask: i32,
    pub errors: Vec<(i32, i32)>,
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl Event {
    pub fn new() -> Self {
        let event = unsafe { WSACreateEvent() };
        assert_ne!(event, 0);
        Self(event as HANDLE)
    }

    /// Whether it is signalled within a time.
    pub fn wait(&self, timeout_ms: u32) -> bool {
        self.wait_with(timeout_ms, false) == WSA_WAIT_EVENT_0 as u32
    }

    /// The result of the wait; an alertable one may run routines.
    pub fn wait_with(&self, timeout_ms: u32, alertable: bool) -> u32 {
        unsafe { WSAWaitForMultipleEvents(1, &self.0, 0, timeout_ms, alertable.into()) }
    }

    pub fn reset(&self) {
        assert_ne!(unsafe { WSAResetEvent(self.0 as WSAEVENT) }, 0);
    }

    /// WSAEventSelect.
    pub fn select(&self, socket: &Socket, mask: u32) {
        assert_eq!(
            unsafe { WSAEventSelect(socket.0, self.0 as WSAEVENT, mask as i32) },
            0,
            "{}",
            last_error()
        );
    }

    /// WSAEnumNetworkEvents, without waiting.
    pub fn take(&self, socket: &Socket) -> NetworkEvents {
        let mut events: WSANETWORKEVENTS = unsafe { zeroed() };
        assert_eq!(
            unsafe { WSAEnumNetworkEvents(socket.0, self.0 as WSAEVENT, &mut events) },
            0
        );
        let errors = (0..10)
            .filter(|bit| events.lNetworkEvents & (1 << bit) != 0)
            .map(|bit| (1 << bit, events.iErrorCode[bit]))
            .collect();
        NetworkEvents {
            mask: events.lNetworkEvents,
            errors,
        }
    }

    /// Waits until all of `mask` was recorded, and returns what was.
    pub fn expect(&self, socket: &Socket, mask: u32) -> NetworkEvents {
        let mut all = NetworkEvents {
            mask: 0,
            errors: Vec::new(),
        };
        while all.mask & mask as i32 != mask as i32 {
            assert!(self.wait(crate::LONG_MS), "only {all:?} of {mask:#x}");
            let more = self.take(socket);
            all.mask |= more.mask;
            all.errors.extend(more.errors);
        }
        all
    }

    /// What was recorded after a short wait in which nothing is expected.
    pub fn quiet(&self, socket: &Socket) -> NetworkEvents {
        self.wait(crate::SHORT_MS);
        self.take(socket)
    }
}

impl NetworkEvents {
    pub fn is_empty(&self) -> bool {
        self.mask == 0
    }

    pub fn error(&self, event: u32) -> Option<i32> {
        self.errors
            .iter()
            .find(|&&(bit, _)| bit == event as i32)
            .map(|&(_, error)| error)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        unsafe { WSACloseEvent(self.0 as WSAEVENT) };
    }
}
