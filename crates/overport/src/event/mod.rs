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
//! # On Windows
//!
//! An event is an event object of Windows, and a wait is one `WaitForMultipleObjectsEx`, so
//! the `_up_to` forms take 64 events too and fail with `Unsupported` for more. Windows has no
//! call that looks at an auto-reset event without taking it: [`is_set`](EventObject::is_set)
//! takes such an event and sets it back. The calls of this library never see it between the
//! two; a program that waits for the handle by calls of its own may.
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

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod wait;

use std::io;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use wait::{Mode, Outcome, check_count, wait};
pub use wait::{wait_all, wait_all_up_to, wait_any, wait_any_up_to};

#[cfg(windows)]
pub(crate) use system::Alertable;
use system::Event;

/// How many events one wait takes unless it is told otherwise.
#[doc(alias = "WSA_MAXIMUM_WAIT_EVENTS")]
#[doc(alias = "MAXIMUM_WAIT_OBJECTS")]
pub const MAX_EVENTS: usize = 64;

/// An event object; see the [module's page](self). Clones share it.
#[derive(Clone, Debug)]
#[doc(alias = "WSAEVENT")]
#[doc(alias = "WSACloseEvent")]
pub struct EventObject {
    inner: Arc<Event>,
}

impl EventObject {
    /// An event that stays set until it is reset; not set yet (`CreateEventW`;
    /// epoll_create1(2), eventfd(2)).
    ///
    /// # Errors
    /// No handles or descriptors left.
    #[doc(alias = "WSACreateEvent")]
    #[doc(alias = "CreateEvent")]
    pub fn manual_reset() -> io::Result<Self> {
        Self::new(false)
    }

    /// An event that the wait which takes it resets; not set yet.
    ///
    /// # Errors
    /// No handles or descriptors left.
    #[doc(alias = "CreateEvent")]
    pub fn auto_reset() -> io::Result<Self> {
        Self::new(true)
    }

    fn new(auto_reset: bool) -> io::Result<Self> {
        Ok(Self {
            inner: Arc::new(Event::new(auto_reset)?),
        })
    }

    /// Sets the event and wakes who waits for it. Setting it again changes nothing.
    #[doc(alias = "WSASetEvent")]
    #[doc(alias = "SetEvent")]
    pub fn set(&self) {
        self.inner.set();
    }

    /// Resets the event.
    #[doc(alias = "WSAResetEvent")]
    #[doc(alias = "ResetEvent")]
    pub fn reset(&self) {
        self.inner.reset();
    }

    /// Whether the event is set at this moment; takes nothing and never waits.
    ///
    /// # Errors
    /// What epoll_wait(2) fails with.
    pub fn is_set(&self) -> io::Result<bool> {
        self.inner.is_set()
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
}
