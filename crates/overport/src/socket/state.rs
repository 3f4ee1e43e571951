//! What a socket knows beside what the kernel knows of it.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Observer;
use crate::sys::poll::level;

/// How far the connection of a stream socket has come. The kernel alone can't tell a failed
/// connect from a reset, nor a socket without a connection from one that hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Unconnected,
    Listening,
    Connecting,
    Connected,
    Failed,
}

const PHASES: [Phase; 5] = [
    Phase::Unconnected,
    Phase::Listening,
    Phase::Connecting,
    Phase::Connected,
    Phase::Failed,
];

#[derive(Debug)]
pub(super) struct State {
    phase: AtomicU8,
    nonblocking: AtomicBool,
    closed: AtomicBool,
    reset: AtomicBool,
    /// The errno of the connect that failed last; 0 for none, or one that was taken.
    connect_error: AtomicI32,
    peer: Mutex<Option<SocketAddr>>,
    /// Whether `observer` holds one, so that a call on a socket that nobody watches does not
    /// take the lock.
    observed: AtomicBool,
    observer: Mutex<Option<Arc<dyn Observer>>>,
}

impl State {
    pub(super) fn new(phase: Phase, nonblocking: bool, peer: Option<SocketAddr>) -> Self {
        Self {
            phase: AtomicU8::new(phase as u8),
            nonblocking: AtomicBool::new(nonblocking),
            closed: AtomicBool::new(false),
            reset: AtomicBool::new(false),
            connect_error: AtomicI32::new(0),
            peer: Mutex::new(peer),
            observed: AtomicBool::new(false),
            observer: Mutex::new(None),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        PHASES[usize::from(self.phase.load(Ordering::Acquire))]
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) {
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the peer has reset the connection; from then on every transfer fails so.
    pub(super) fn is_reset(&self) -> bool {
        self.reset.load(Ordering::Relaxed)
    }

    pub(super) fn set_reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    pub(super) fn peer(&self) -> Option<SocketAddr> {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin_connect(&self, peer: SocketAddr) {
        if self.phase() == Phase::Connected {
            return;
        }
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer);
        self.connect_error.store(0, Ordering::Relaxed);
        self.set_phase(Phase::Connecting);
    }

    /// Records how a connect ended that was seen to end.
    pub(super) fn end_connect(&self, result: &io::Result<()>) {
        match result {
            Ok(()) => self.set_phase(Phase::Connected),
            Err(_) if self.phase() == Phase::Connected => {}
            Err(error) => {
                self.connect_error
                    .store(error.raw_os_error().unwrap_or(0), Ordering::Relaxed);
                self.set_phase(Phase::Failed);
            }
        }
    }

    /// Asks the kernel whether the connect under way has ended. Two threads may ask at once:
    /// the lock keeps the error, which can be read only once, from being taken for success.
    pub(super) fn settle_connect(&self, socket: &socket2::Socket) {
        let _one_at_a_time = self.peer.lock().unwrap_or_else(PoisonError::into_inner);
        if self.phase() != Phase::Connecting {
            return;
        }
        match socket.take_error() {
            Ok(Some(error)) | Err(error) => self.end_connect(&Err(error)),
            Ok(None) => {
                let ended = level(socket).is_ok_and(|now| now.writable && !now.hung_up);
                if ended && socket.peer_addr().is_ok() {
                    self.end_connect(&Ok(()));
                }
            }
        }
    }

    pub(super) fn connect_error(&self) -> Option<i32> {
        Some(self.connect_error.load(Ordering::Relaxed)).filter(|&errno| errno != 0)
    }

    pub(super) fn take_connect_error(&self) -> Option<i32> {
        Some(self.connect_error.swap(0, Ordering::Relaxed)).filter(|&errno| errno != 0)
    }

    pub(super) fn observer(&self) -> Option<Arc<dyn Observer>> {
        if !self.observed.load(Ordering::Acquire) {
            return None;
        }
        self.observer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set_observer(&self, observer: Option<Arc<dyn Observer>>) {
        let mut current = self.observer.lock().unwrap_or_else(PoisonError::into_inner);
        self.observed.store(observer.is_some(), Ordering::Release);
        let before = std::mem::replace(&mut *current, observer);
        drop(current);
        if let Some(before) = before {
            before.ended();
        }
    }

    pub(super) fn forget_observer(&self) {
        if self.observed.load(Ordering::Acquire) {
            self.set_observer(None);
        }
    }
}
