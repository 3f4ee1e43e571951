//! What can happen on a socket, as the event models name it.

use std::fmt::{self, Debug, Formatter};
use std::ops::{BitAnd, BitOr, BitOrAssign};

/// One thing that can happen on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NetworkEvent {
    /// Data can be received; the end of the stream is none.
    #[doc(alias = "FD_READ")]
    Read,
    /// There is room to send.
    #[doc(alias = "FD_WRITE")]
    Write,
    /// A byte out of band can be received.
    #[doc(alias = "FD_OOB")]
    OutOfBand,
    /// A connection can be accepted.
    #[doc(alias = "FD_ACCEPT")]
    Accept,
    /// A connect has ended; its error says how.
    #[doc(alias = "FD_CONNECT")]
    Connect,
    /// The peer has stopped sending, or, with an error, the connection is gone. Data may be
    /// unread.
    #[doc(alias = "FD_CLOSE")]
    Close,
}

impl NetworkEvent {
    /// All of them, in the order in which those are reported that happen together.
    pub(crate) const ORDER: [Self; 6] = [
        Self::Accept,
        Self::Connect,
        Self::OutOfBand,
        Self::Read,
        Self::Write,
        Self::Close,
    ];
}

/// A set of [`NetworkEvent`]s.
///
/// ```
/// use overport::{NetworkEvent, NetworkEvents};
/// let mask = NetworkEvents::READ | NetworkEvents::CLOSE;
/// assert!(mask.contains(NetworkEvent::Close));
/// assert!(!mask.contains(NetworkEvents::READ | NetworkEvents::WRITE));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NetworkEvents(u8);

impl NetworkEvents {
    /// No event; selecting it ends a selection.
    pub const NONE: Self = Self(0);
    /// See [`NetworkEvent::Read`].
    #[doc(alias = "FD_READ")]
    pub const READ: Self = Self::of(NetworkEvent::Read);
    /// See [`NetworkEvent::Write`].
    #[doc(alias = "FD_WRITE")]
    pub const WRITE: Self = Self::of(NetworkEvent::Write);
    /// See [`NetworkEvent::OutOfBand`].
    #[doc(alias = "FD_OOB")]
    pub const OUT_OF_BAND: Self = Self::of(NetworkEvent::OutOfBand);
    /// See [`NetworkEvent::Accept`].
    #[doc(alias = "FD_ACCEPT")]
    pub const ACCEPT: Self = Self::of(NetworkEvent::Accept);
    /// See [`NetworkEvent::Connect`].
    #[doc(alias = "FD_CONNECT")]
    pub const CONNECT: Self = Self::of(NetworkEvent::Connect);
    /// See [`NetworkEvent::Close`].
    #[doc(alias = "FD_CLOSE")]
    pub const CLOSE: Self = Self::of(NetworkEvent::Close);
    /// Every event.
    #[doc(alias = "FD_ALL_EVENTS")]
    pub const ALL: Self = Self(0b11_1111);

    const fn of(event: NetworkEvent) -> Self {
        Self(1 << event as u8)
    }

    /// The events of this set that are not in the other.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether no event is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the event, or every event of the other set, is in this set.
    #[must_use]
    pub fn contains(self, events: impl Into<Self>) -> bool {
        let events = events.into();
        self & events == events
    }

    /// The events of the set, in the order in which they are reported: what opens a
    /// connection first, what ends it last.
    pub fn iter(self) -> impl Iterator<Item = NetworkEvent> {
        NetworkEvent::ORDER
            .into_iter()
            .filter(move |&event| self.contains(event))
    }
}

impl From<NetworkEvent> for NetworkEvents {
    fn from(event: NetworkEvent) -> Self {
        Self::of(event)
    }
}

impl BitOr for NetworkEvents {
    type Output = Self;

    /// The events of either set.
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for NetworkEvents {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl BitAnd for NetworkEvents {
    type Output = Self;

    /// The events of both sets.
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl FromIterator<NetworkEvent> for NetworkEvents {
    fn from_iter<I: IntoIterator<Item = NetworkEvent>>(events: I) -> Self {
        events
            .into_iter()
            .fold(Self::NONE, |set, event| set | event.into())
    }
}

impl Debug for NetworkEvents {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}
