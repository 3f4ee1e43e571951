//! Completion routines, and the alertable waits in which they run.
//!
//! A routine stays in a table of its thread; only its place in that table and what came of
//! the operation travel. So a routine need not be `Send`.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slab::Slab;

use super::OperationId;
use super::call::{Call, Ended};
use super::system::{self, Bell, Socket};
use crate::event::{self, EventObject, MAX_EVENTS, Mode, Outcome};

/// How an alertable wait for events ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The event with this index was set; for a wait for all, they all were, and it is 0.
    #[doc(alias = "WSA_WAIT_EVENT_0")]
    Signalled(usize),
    /// So many completion routines ran, and no event was claimed.
    #[doc(alias = "WSA_WAIT_IO_COMPLETION")]
    #[doc(alias = "WAIT_IO_COMPLETION")]
    RoutinesRan(usize),
    /// The time is over.
    #[doc(alias = "WSA_WAIT_TIMEOUT")]
    TimedOut,
}

/// Waits alertably until completion routines of this thread are due, runs all that are, in
/// the order in which their operations ended, and returns how many ran; 0 once `timeout` is
/// over. `None` waits without end, zero not at all.
///
/// A routine that panics ends the call; those behind it run in the next alertable wait.
///
/// # Errors
/// No descriptors or handles left; one is needed in the thread's first alertable wait
/// (eventfd(2), `DuplicateHandle`).
#[doc(alias = "SleepEx")]
pub fn sleep(timeout: Option<Duration>) -> io::Result<usize> {
    let no_events: [EventObject; 0] = [];
    match wait(Mode::Any, &no_events, timeout)? {
        Woken::RoutinesRan(count) => Ok(count),
        Woken::Signalled(_) | Woken::TimedOut => Ok(0),
    }
}

/// Waits alertably for one of the events, as [`event::wait_any`] does, or until routines ran
/// as in [`sleep`]. If an event is set already, it is claimed and no routine runs.
///
/// # Errors
/// Those of [`event::wait_any`] and of [`sleep`].
#[doc(alias = "WSAWaitForMultipleEvents")]
pub fn wait_any(events: &[&EventObject], timeout: Option<Duration>) -> io::Result<Woken> {
    event::check_count(events.len(), MAX_EVENTS)?;
    wait(Mode::Any, events, timeout)
}

/// Waits alertably for all the events, as [`event::wait_all`] does, or until routines ran as
/// in [`sleep`]. If all are set already, they are claimed and no routine runs.
///
/// # Errors
/// Those of [`event::wait_all`] and of [`sleep`].
#[doc(alias = "WSAWaitForMultipleEvents")]
pub fn wait_all(events: &[&EventObject], timeout: Option<Duration>) -> io::Result<Woken> {
    event::check_count(events.len(), MAX_EVENTS)?;
    wait(Mode::All, events, timeout)
}

fn wait<E: Borrow<EventObject>>(
    mode: Mode,
    events: &[E],
    timeout: Option<Duration>,
) -> io::Result<Woken> {
    // A thread at its end has no routines any more.
    let arrivals = ROUTINES
        .try_with(|routines| Arc::clone(&routines.arrivals))
        .unwrap_or_default();
    Ok(match system::wait(&arrivals, mode, events, timeout)? {
        Outcome::Signalled(index) => Woken::Signalled(index),
        Outcome::Alerted => Woken::RoutinesRan(run(&arrivals)),
        Outcome::TimedOut => Woken::TimedOut,
    })
}

/// Runs what is due now, and not what becomes due meanwhile: a routine whose operation ends
/// at once, and which starts it again, would run for ever.
fn run(arrivals: &Arrivals) -> usize {
    let due = arrivals.due();
    let mut count = 0;
    while count < due {
        // One at a time: a routine may panic, and may itself wait alertably.
        let Some((place, ended)) = arrivals.take() else {
            break;
        };
        let routine = ROUTINES.with(|routines| routines.table.borrow_mut().remove(place));
        let Routine { run, operation } = routine;
        // Not kept meanwhile: the routine may let go of the last handle of the socket.
        drop(operation);
        run(ended);
        count += 1;
    }
    count
}

/// Starts an operation, and keeps its routine until it is due.
pub(super) fn start(socket: &Socket, call: Call, run: Box<dyn FnOnce(Ended)>) -> OperationId {
    let Ok((place, arrivals)) = ROUTINES.try_with(|routines| routines.insert(run)) else {
        // The thread is at its end, so this operation ends with it.
        let arrivals = Arc::<Arrivals>::default();
        arrivals.close();
        let id = socket.start_routine(call, arrivals, 0);
        socket.cancel(id);
        return id;
    };
    let id = socket.start_routine(call, arrivals, place);
    ROUTINES.with(|routines| {
        if let Some(routine) = routines.table.borrow_mut().get_mut(place) {
            routine.operation = Some((socket.clone(), id));
        }
    });
    id
}

thread_local! {
    static ROUTINES: Routines = Routines::default();
}

/// The routines of one thread.
#[derive(Default)]
struct Routines {
    table: RefCell<Slab<Routine>>,
    arrivals: Arc<Arrivals>,
}

struct Routine {
    run: Box<dyn FnOnce(Ended)>,
    /// By what the operation can be cancelled, once that is known.
    operation: Option<(Socket, OperationId)>,
}

impl Routines {
    fn insert(&self, run: Box<dyn FnOnce(Ended)>) -> (usize, Arc<Arrivals>) {
        let place = self.table.borrow_mut().insert(Routine {
            run,
            operation: None,
        });
        (place, Arc::clone(&self.arrivals))
    }
}

impl Drop for Routines {
    fn drop(&mut self) {
        for (_, routine) in self.table.get_mut() {
            if let Some((socket, operation)) = &routine.operation {
                socket.cancel(*operation);
            }
        }
        system::settle(&self.arrivals);
        drop(self.arrivals.close());
    }
}

/// What came of one thread's operations, in the order of their ends; at most one entry for
/// each operation that the thread has started.
#[derive(Default)]
pub(super) struct Arrivals {
    arrived: Mutex<Arrived>,
    /// Told whether something is due, under the lock.
    bell: Bell,
}

#[derive(Default)]
struct Arrived {
    queue: VecDeque<(usize, Ended)>,
    /// Whether the thread is gone.
    closed: bool,
}

impl Arrivals {
    /// Has the routine run that is at the place, unless the thread is gone.
    pub(super) fn put(&self, place: usize, ended: Ended) {
        let mut arrived = self.lock();
        if arrived.closed {
            // The buffers are dropped with code of the program's: not under the lock.
            drop(arrived);
            return;
        }
        arrived.queue.push_back((place, ended));
        self.bell.tell(true);
    }

    /// How many routines are due.
    pub(super) fn due(&self) -> usize {
        self.lock().queue.len()
    }

    /// The bell of the thread, which is hung up in its first alertable wait.
    pub(super) fn bell(&self) -> io::Result<&Bell> {
        let arrived = self.lock();
        self.bell.hang(!arrived.queue.is_empty())?;
        Ok(&self.bell)
    }

    fn take(&self) -> Option<(usize, Ended)> {
        let mut arrived = self.lock();
        let first = arrived.queue.pop_front();
        if arrived.queue.is_empty() {
            self.bell.tell(false);
        }
        first
    }

    fn close(&self) -> VecDeque<(usize, Ended)> {
        let mut arrived = self.lock();
        arrived.closed = true;
        std::mem::take(&mut arrived.queue)
    }

    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
