//! I/O completion ports: a queue of packets in the system, and the threads that wait at it.
#![expect(unsafe_code, reason = "calls of the system")]

use std::collections::VecDeque;
use std::io;
use std::os::windows::io::{AsRawHandle, AsRawSocket, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use socket2::Socket;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, HANDLE, INVALID_HANDLE_VALUE, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatusEx, OVERLAPPED_ENTRY,
    PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::Threading::INFINITE;

use super::codes::{last_error, normalised};

/// A completion port.
#[derive(Debug)]
pub(crate) struct Port {
    handle: OwnedHandle,
    /// What the system had no memory to queue. The next thread that asks takes it.
    backlog: Mutex<VecDeque<usize>>,
    has_backlog: AtomicBool,
}

/// What was queued at a port.
#[derive(Debug)]
pub(crate) enum Packet {
    /// An operation has ended.
    Ended(Ended),
    /// This was posted.
    Posted(usize),
}

/// Tells of the end of one operation.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The socket's key.
    pub(crate) key: usize,
    /// The address of the operation's record.
    pub(super) address: usize,
}

impl Ended {
    pub(crate) fn address(&self) -> usize {
        self.address
    }
}

/// The key of what is posted. Those of sockets follow it.
const POSTED: usize = 0;

impl Port {
    /// A port at which so many threads run at a time (CreateIoCompletionPort).
    pub(crate) fn new(concurrency: usize) -> io::Result<Self> {
        // 0 would be one per processor of the machine, and more than this is no limit.
        let concurrency = u32::try_from(concurrency).unwrap_or(u32::MAX).max(1);
        // SAFETY: the call takes no memory of ours.
        let port = unsafe {
            CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, concurrency)
        };
        if port.is_null() {
            return Err(last_error());
        }
        Ok(Self {
            // SAFETY: the handle is new, and nobody else has it.
            handle: unsafe { OwnedHandle::from_raw_handle(port) },
            backlog: Mutex::default(),
            has_backlog: AtomicBool::new(false),
        })
    }

    /// Has the socket's operations tell of their end here, each under this key.
    pub(crate) fn associate(&self, socket: &Socket, key: usize) -> io::Result<()> {
        let socket: HANDLE = socket.as_raw_socket() as *mut _;
        // SAFETY: both handles are open.
        let port = unsafe { CreateIoCompletionPort(socket, self.raw(), POSTED + 1 + key, 0) };
        if !port.is_null() {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        Err(match error.raw_os_error() {
            // Of all that the call is given only the socket may be no good for it.
            Some(code) if code == ERROR_INVALID_PARAMETER as i32 => io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the socket is with a port already",
            ),
            _ => normalised(error),
        })
    }

    /// Queues a number (PostQueuedCompletionStatus).
    pub(crate) fn post(&self, number: usize) {
        let address = ptr::without_provenance(number);
        // SAFETY: the system hands the address on, and never looks there.
        let done = unsafe { PostQueuedCompletionStatus(self.raw(), 0, POSTED, address) };
        if done == 0 {
            self.lock().push_back(number);
            self.has_backlog.store(true, Ordering::Release);
        }
    }

    /// Waits for a packet and takes it (GetQueuedCompletionStatusEx, for one); `None` after the
    /// deadline.
    pub(crate) fn next(&self, deadline: Option<Instant>) -> io::Result<Option<Packet>> {
        if self.has_backlog.swap(false, Ordering::AcqRel) {
            let mut backlog = self.lock();
            let number = backlog.pop_front();
            self.has_backlog
                .store(!backlog.is_empty(), Ordering::Release);
            if let Some(number) = number {
                return Ok(Some(Packet::Posted(number)));
            }
        }
        loop {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if let Some(packet) = self.next_within(timeout_ms(left))? {
                return Ok(Some(packet));
            }
            // The system counts in ticks, and may be early.
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(None);
            }
        }
    }

    fn next_within(&self, timeout_ms: u32) -> io::Result<Option<Packet>> {
        let mut entry = OVERLAPPED_ENTRY::default();
        let mut taken = 0;
        // SAFETY: there is room for the one entry.
        let done = unsafe {
            GetQueuedCompletionStatusEx(
                self.raw(),
                &raw mut entry,
                1,
                &raw mut taken,
                timeout_ms,
                0,
            )
        };
        if done == 0 {
            let error = last_error();
            return match error.raw_os_error() {
                Some(code) if code == WAIT_TIMEOUT as i32 => Ok(None),
                _ => Err(error),
            };
        }
        let address = entry.lpOverlapped.addr();
        Ok((taken > 0).then(|| match entry.lpCompletionKey {
            POSTED => Packet::Posted(address),
            key => Packet::Ended(Ended {
                key: key - POSTED - 1,
                address,
            }),
        }))
    }

    fn raw(&self) -> HANDLE {
        self.handle.as_raw_handle()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the thread away from the port that it asked last, which counts it as running until
/// it asks another (a thread is associated with one port at a time).
pub(crate) fn leave() {
    static NOWHERE: OnceLock<Option<Port>> = OnceLock::new();
    if let Some(nowhere) = NOWHERE.get_or_init(|| Port::new(1).ok()) {
        // Nothing is ever queued there.
        let _ = nowhere.next_within(0);
    }
}

/// A part of a millisecond counts as a whole one, and more than the system takes as the most
/// that it does.
fn timeout_ms(timeout: Option<Duration>) -> u32 {
    let Some(timeout) = timeout else {
        return INFINITE;
    };
    let ms = timeout.as_nanos().div_ceil(1_000_000);
    u32::try_from(ms).unwrap_or(INFINITE).min(INFINITE - 1)
}
