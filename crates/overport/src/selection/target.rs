//! Where events go: to an event object, or as notices to an outbox.

use std::fmt::Debug;
use std::sync::Arc;

use super::{Registration, Source};
use crate::event::EventObject;
use crate::network_events::NetworkEvent;
use crate::socket::SocketId;

/// Where the events of a socket are reported to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// They are recorded, and the event object is set.
    Event(EventObject),
    /// They are posted.
    Outbox(Arc<dyn Outbox>),
}

/// Where notices are posted to.
pub(crate) trait Outbox: Source + Debug + Send + Sync {
    /// Adds a notice. Called with the registration locked.
    fn post(&self, notice: Notice);

    /// Removes the notices of a registration. Called with the registration locked.
    fn remove(&self, registration: &Registration);
}

/// Says that an event of a socket waits to be [delivered](Notice::deliver). An outbox holds
/// at most one for each event of a registration.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(super) registration: Arc<Registration>,
    /// The number of the selection that it is for.
    pub(super) selection: u64,
    pub(super) event: NetworkEvent,
}

impl Notice {
    pub(crate) fn is_of(&self, registration: &Registration) -> bool {
        std::ptr::eq(&*self.registration, registration)
    }

    /// What happened, unless the selection that it was for has ended.
    pub(crate) fn deliver(self) -> Option<Delivery> {
        self.registration.deliver(self.selection, self.event)
    }
}

/// The errno that came with each event, if any did.
pub(crate) type Errnos = [Option<i32>; NetworkEvent::ORDER.len()];

/// One event on its way to the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) socket: SocketId,
    pub(crate) event: NetworkEvent,
    pub(crate) errno: Option<i32>,
}
