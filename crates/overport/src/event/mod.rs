//! Event objects: flags that threads set, reset and wait for.
//!
//! An [`EventObject`] is set or not. [`wait_any`] and [`wait_all`] wait for some of up to
//! [`MAX_EVENTS`] of them. A *manual-reset* event stays set, for everybody who waits, until
//! it is [`reset`](EventObject::reset); an *auto-reset* event is taken by exactly one waiter,
//! whose wait resets it. [`event_select`](crate::event_select) sets events when something
//! happens on a socket, [`overlapped`](crate::overlapped) when an operation completes.
//!
//! | Winsock | here |
//! |---|---|
//! | `WSACreateEvent` | [`EventObject::manual_reset`] |
//! | `WSASetEvent`, `WSAResetEvent` | [`set`](EventObject::set), [`reset`](EventObject::reset) |
//! | `WSAWaitForMultipleEvents` | [`wait_any`], [`wait_all`]; the `_up_to` forms for more events |
//! | `WSACloseEvent` | dropping the last clone |
//!
//! # On Linux
//!
//! An event is an epoll instance with an eventfd in it, two descriptors. A wait is one
//! poll(2) over the events, so its cost grows with their number. The sockets that are
//! selected to an event are in its epoll instance too: the thread that waits handles what
//! happened on them, and no other thread is involved.
//!
//! A set that is undone before a waiting thread has run may pass that thread by; Windows
//! releases it.
//!
//! ```
//! use std::time::Duration;
//! use overport::event::{EventObject, wait_any};
//!
//! let work = EventObject::auto_reset()?;
//! let stop = EventObject::manual_reset()?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| work.set());
//!     assert_eq!(wait_any(&[&stop, &work], None)?, Some(1));
//!     // The wait has reset it.
//!     assert_eq!(wait_any(&[&stop, &work], Some(Duration::ZERO))?, None);
//!     Ok::<(), std::io::Error>(())
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod wait;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use wait::{Mode, Outcome, check_count, wait};
pub use wait::{wait_all, wait_all_up_to, wait_any, wait_any_up_to};

use crate::driver::Driver;

/// How many events one wait takes unless it is told otherwise.
#[doc(alias = "WSA_MAXIMUM_WAIT_EVENTS")]
#[doc(alias = "MAXIMUM_WAIT_OBJECTS")]
pub const MAX_EVENTS: usize = 64;

/// An event object; see the [module's page](self). Clones share it.
#[derive(Clone, Debug)]
#[doc(alias = "WSAEVENT")]
#[doc(alias = "WSACloseEvent")]
pub struct EventObject {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    driver: Driver,
    auto_reset: bool,
    /// Whether the event is set; the driver's wake-up is set with it, under this lock.
    is_set: Mutex<bool>,
}

impl EventObject {
    /// An event that stays set until it is reset; not set yet (epoll_create1(2), eventfd(2)).
    ///
    /// # Errors
    /// No descriptors left.
    #[doc(alias = "WSACreateEvent")]
    #[doc(alias = "CreateEvent")]
    pub fn manual_reset() -> io::Result<Self> {
        Self::new(false)
    }

    /// An event that the wait which takes it resets; not set yet.
    ///
    /// # Errors
    /// No descriptors left.
    #[doc(alias = "CreateEvent")]
    pub fn auto_reset() -> io::Result<Self> {
        Self::new(true)
    }

    fn new(auto_reset: bool) -> io::Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner {
                driver: Driver::new()?,
                auto_reset,
                is_set: Mutex::new(false),
            }),
        })
    }

    /// Sets the event and wakes who waits for it. Setting it again changes nothing.
    #[doc(alias = "WSASetEvent")]
    #[doc(alias = "SetEvent")]
    pub fn set(&self) {
        let mut is_set = self.lock();
        if !*is_set {
            *is_set = true;
            self.inner.driver.wake().set();
        }
    }

    /// Resets the event.
    #[doc(alias = "WSAResetEvent")]
    #[doc(alias = "ResetEvent")]
    pub fn reset(&self) {
        self.reset_under(&mut self.lock());
    }

    /// Whether the event is set at this moment; takes nothing and never waits.
    ///
    /// # Errors
    /// What epoll_wait(2) fails with.
    pub fn is_set(&self) -> io::Result<bool> {
        self.drive()?;
        Ok(*self.lock())
    }

    /// Waits for this event alone; whether it was set before `timeout` was over. `None`
    /// waits without end.
    ///
    /// # Errors
    /// What poll(2) fails with.
    #[doc(alias = "WaitForSingleObject")]
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<bool> {
        Ok(wait_any(&[self], timeout)?.is_some())
    }

    /// Whether both are clones of one event.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Where the sockets are watched that are selected to this event.
    pub(crate) fn driver(&self) -> &Driver {
        &self.inner.driver
    }

    /// Handles what has happened on the sockets that are selected to this event.
    pub(crate) fn drive(&self) -> io::Result<()> {
        self.inner.driver.drive()
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.inner
            .is_set
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reset_under(&self, is_set: &mut bool) {
        if *is_set {
            *is_set = false;
            self.inner.driver.wake().clear();
        }
    }

    /// Takes the event for a wait that it ends.
    fn claim_under(&self, is_set: &mut bool) {
        if self.inner.auto_reset {
            self.reset_under(is_set);
        }
    }

    /// The order in which the locks of several events are taken.
    fn lock_rank(&self) -> usize {
        Arc::as_ptr(&self.inner) as usize
    }
}
