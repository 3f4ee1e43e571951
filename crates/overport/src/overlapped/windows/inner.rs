//! A socket, and what is under way on it.

use std::collections::HashMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::flight::Flight;
use super::sweep;
use crate::error::closed;
use crate::operation_id::OperationId;
use crate::overlapped::call::Call;
use crate::sys::overlapped::{Notify, complete_connect};

/// What the handles of a socket and its operations share.
pub(super) struct Inner {
    state: Mutex<State>,
    /// The mode of calls without an overlapped; to the system the socket is non-blocking.
    nonblocking: AtomicBool,
}

struct State {
    /// Until it is closed. A call takes a share, so that the handle is not closed under it.
    socket: Option<Arc<socket2::Socket>>,
    /// Whether the program has closed it.
    is_closed: bool,
    /// Whether no handle is left.
    is_abandoned: bool,
    /// What has been started, and not asked after since it has ended.
    flights: HashMap<OperationId, Arc<Flight>>,
    next_id: u64,
    /// Whether the system is to be told yet that a connect has succeeded.
    is_connect_open: bool,
}

impl Inner {
    pub(super) fn new(socket: socket2::Socket, nonblocking: bool) -> Self {
        Self {
            state: Mutex::new(State {
                socket: Some(Arc::new(socket)),
                is_closed: false,
                is_abandoned: false,
                flights: HashMap::new(),
                next_id: 0,
                is_connect_open: false,
            }),
            nonblocking: AtomicBool::new(nonblocking),
        }
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) {
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
    }

    /// The socket, while it is open.
    pub(super) fn open(&self) -> Option<Arc<socket2::Socket>> {
        self.lock().socket.clone()
    }

    /// Whether the program has closed the socket.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Starts an operation. Under the lock, so that operations of several threads begin one
    /// after the other, and a close finds each.
    pub(super) fn start(self: &Arc<Self>, call: Call, notify: Notify<'_>) -> Arc<Flight> {
        let mut state = self.lock();
        let id = state.next_id();
        match call {
            Call::Connect(_) => state.is_connect_open = true,
            Call::Disconnect => state.complete_connect(),
            _ => {}
        }
        let socket = state.socket.as_deref().ok_or_else(closed);
        let flight = Arc::new(Flight::start(id, self, socket, call, notify));
        state.flights.insert(id, Arc::clone(&flight));
        flight
    }

    /// Tells the system of a connect that has succeeded, if one has; only then the connection
    /// has addresses and can be shut down.
    pub(super) fn complete_connect(&self) {
        self.lock().complete_connect();
    }

    /// The name of an operation that is not started.
    pub(super) fn next_id(&self) -> OperationId {
        self.lock().next_id()
    }

    pub(super) fn has_pending_send(&self) -> bool {
        let state = self.lock();
        state
            .flights
            .values()
            .any(|flight| flight.is_pending_send())
    }

    /// One operation with the socket to cancel it on.
    pub(super) fn cancel(&self, id: OperationId) -> bool {
        let state = self.lock();
        let socket = state.socket.as_deref();
        let flight = state.flights.get(&id);
        socket
            .zip(flight)
            .is_some_and(|(socket, flight)| flight.cancel(socket))
    }

    /// How many operations were under way.
    pub(super) fn cancel_all(&self) -> usize {
        let state = self.lock();
        let Some(socket) = state.socket.as_deref() else {
            return 0;
        };
        let cancelled = state
            .flights
            .values()
            .filter(|flight| flight.cancel(socket));
        cancelled.count()
    }

    /// Ends what is under way, and closes the socket once no call uses it.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let Some(socket) = state.socket.take() else {
            return;
        };
        for flight in state.flights.values() {
            flight.cancel(&socket);
        }
        drop(state);
        drop(socket);
    }

    /// The last handle is gone: the socket is closed when nothing is under way.
    pub(super) fn abandon(self: &Arc<Self>) {
        self.lock().is_abandoned = true;
        if self.clear() {
            sweep::add(Arc::clone(self));
        }
    }

    /// The result of an operation has been taken.
    pub(super) fn has_ended(&self, id: OperationId) {
        let mut state = self.lock();
        let flight = state.flights.remove(&id);
        let socket = state.close_if_unused();
        drop(state);
        drop((flight, socket));
    }

    /// Drops what nobody asks for of operations that have ended, and closes the socket if
    /// nobody needs it; whether there is more to do later.
    pub(super) fn clear(&self) -> bool {
        let state = self.lock();
        let flights = state.flights.values();
        let ended: Vec<_> = flights
            .filter(|flight| flight.is_to_be_cleared())
            .cloned()
            .collect();
        drop(state);
        for flight in ended {
            // Buffers are the program's, and may panic when they are dropped; so may what they
            // panic with.
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(flight.take())));
            dropped.unwrap_or_else(mem::forget);
        }
        let mut state = self.lock();
        let socket = state.close_if_unused();
        let is_left = state.flights.values().any(|flight| flight.is_left());
        let is_to_close = state.is_abandoned && state.socket.is_some();
        drop(state);
        drop(socket);
        is_left || is_to_close
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_id(&mut self) -> OperationId {
        let id = OperationId(self.next_id);
        self.next_id += 1;
        id
    }

    fn complete_connect(&mut self) {
        if let Some(socket) = self.socket.as_deref().filter(|_| self.is_connect_open) {
            // It fails while the connect goes on.
            let is_complete = complete_connect(socket).is_ok();
            self.is_connect_open = !is_complete;
        }
    }

    /// The socket, if it is to be closed because no handle is left and nothing under way.
    fn close_if_unused(&mut self) -> Option<Arc<socket2::Socket>> {
        let is_used = !self.is_abandoned || self.flights.values().any(|flight| flight.is_pending());
        if is_used { None } else { self.socket.take() }
    }
}
