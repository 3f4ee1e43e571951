//! Completion routines of the system's, and what stands for them where it has none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::flight::{Flight, fail};
use super::socket::Socket;
use crate::operation_id::OperationId;
use crate::overlapped::call::Call;
use crate::overlapped::routine::Arrivals;
use crate::sys::event::{self, Waited};
use crate::sys::overlapped::{Notify, Told};
use crate::sys::pool_wait::PoolWait;

impl Socket {
    /// Starts an operation of this thread; when it has ended, that arrives at its place.
    pub(in crate::overlapped) fn start_routine(
        &self,
        call: Call,
        arrivals: Arc<Arrivals>,
        place: usize,
    ) -> OperationId {
        match call {
            Call::Accept | Call::Connect(_) => self.start_in_pool(call, arrivals, place),
            _ => self.start_alertable(call, arrivals, place),
        }
    }

    /// Starts an operation that has a completion routine.
    fn start_alertable(&self, call: Call, arrivals: Arc<Arrivals>, place: usize) -> OperationId {
        let flight = self.start(call, Notify::routine::<Due>());
        let id = flight.id();
        let due = Due {
            flight,
            arrivals,
            place,
        };
        match due.flight.address() {
            Some(address) => {
                AWAITED.with_borrow_mut(|awaited| awaited.insert(address, due));
            }
            None => due.arrive(),
        }
        id
    }

    /// Starts an operation that has none: a thread of the pool waits for it.
    fn start_in_pool(&self, call: Call, arrivals: Arc<Arrivals>, place: usize) -> OperationId {
        let wait = match PoolWait::new() {
            Ok(wait) => wait,
            Err(error) => {
                arrivals.put(place, fail(call, error));
                return self.inner().next_id();
            }
        };
        let flight = self.start(call, Notify::Event(wait.event()));
        let id = flight.id();
        let due = Due {
            flight,
            arrivals,
            place,
        };
        match due.flight.address() {
            Some(_) => wait.begin(move || due.arrive()),
            None => due.arrive(),
        }
        id
    }
}

/// Waits for the operations of this thread that were cancelled because it ends: the system
/// would write to their records without telling of it. What is not cancelled in a second is
/// left to the system for good.
pub(in crate::overlapped) fn settle() {
    let deadline = Instant::now() + Duration::from_secs(1);
    while AWAITED.with_borrow(|awaited| !awaited.is_empty()) {
        let waited = event::wait(&[], false, true, Some(deadline));
        if !matches!(waited, Ok(Waited::Alerted)) {
            return;
        }
    }
}

/// What is to be done when an operation has ended.
struct Due {
    flight: Arc<Flight>,
    arrivals: Arc<Arrivals>,
    place: usize,
}

impl Due {
    fn arrive(self) {
        if let Some(ended) = self.flight.take() {
            self.arrivals.put(self.place, ended);
        }
    }
}

thread_local! {
    /// The operations of this thread with completion routines, by the addresses of their
    /// records. Never dropped, so that it is there for what ends while the thread does.
    static AWAITED: RefCell<ManuallyDrop<BTreeMap<usize, Due>>> =
        const { RefCell::new(ManuallyDrop::new(BTreeMap::new())) };
}

impl Told for Due {
    /// The thread waits alertably, so that it has nothing of this module borrowed or locked.
    fn told(address: usize) {
        let due = AWAITED.with_borrow_mut(|awaited| awaited.remove(&address));
        if let Some(due) = due {
            due.arrive();
        }
    }
}
