//! Completion routines of the system's, and what stands for them where it has none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::begin::fail;
use super::flight::Flight;
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
                awaited().insert(address, due);
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
pub(in crate::overlapped) fn settle(arrivals: &Arc<Arrivals>) {
    let is_own = |due: &Due| Arc::ptr_eq(&due.arrivals, arrivals);
    let deadline = Instant::now() + Duration::from_secs(1);
    while awaited().values().any(is_own) {
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

/// The operations with completion routines, by the addresses of their records. Those of all
/// threads, since a thread's own storage may be gone before the last of its operations.
static AWAITED: Mutex<BTreeMap<usize, Due>> = Mutex::new(BTreeMap::new());

fn awaited() -> MutexGuard<'static, BTreeMap<usize, Due>> {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Told for Due {
    /// The thread waits alertably, so that it holds no lock.
    fn told(address: usize) {
        let due = awaited().remove(&address);
        if let Some(due) = due {
            due.arrive();
        }
    }
}
