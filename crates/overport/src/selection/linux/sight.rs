//! What holds on a socket at a moment, in the terms of the event models.

use std::io;

use rustix::io::{Errno, ioctl_fionread};
use rustix::net::{self, RecvFlags};

use crate::network_events::{NetworkEvent, NetworkEvents};
use crate::socket::{Inner, Kind, Phase};
use crate::sys::poll::{Readiness, level};

/// What holds, and the errno that goes with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sight {
    pub(super) holding: NetworkEvents,
    connect_errno: Option<i32>,
    close_errno: Option<i32>,
}

impl Sight {
    /// Looks at the socket, for nothing but what is awaited.
    pub(super) fn of(socket: &Inner, awaited: NetworkEvents) -> io::Result<Self> {
        let phase = socket.phase();
        let now = level(socket)?;
        let mut sight = Self {
            holding: holding(socket.kind(), phase, now) & awaited,
            ..Self::default()
        };
        let ending = now.read_closed || now.hung_up || now.error;
        if socket.kind() == Kind::Stream {
            if sight.holding.contains(NetworkEvent::Read) && ending && !has_data(socket, now) {
                sight.clear(NetworkEvents::READ);
            }
            if sight.holding.contains(NetworkEvent::OutOfBand) && has_inline_urgent(socket) {
                sight.clear(NetworkEvents::OUT_OF_BAND);
            }
        }
        if sight.holding.contains(NetworkEvent::Close) {
            sight.close_errno = loss_of(socket, now);
        }
        if sight.holding.contains(NetworkEvent::Connect) && phase == Phase::Failed {
            // Where the program took the error itself, it knows more than it is told here.
            sight.connect_errno = socket
                .connect_error()
                .and_then(|error| error.raw_os_error())
                .or(Some(Errno::CONNREFUSED.raw_os_error()));
        }
        Ok(sight)
    }

    pub(super) fn errno(&self, event: NetworkEvent) -> Option<i32> {
        match event {
            NetworkEvent::Connect => self.connect_errno,
            NetworkEvent::Close => self.close_errno,
            _ => None,
        }
    }

    fn clear(&mut self, events: NetworkEvents) {
        self.holding = self.holding.without(events);
    }
}

/// What the phase and the readiness say, except that the end of a stream still counts as
/// data here.
fn holding(kind: Kind, phase: Phase, now: Readiness) -> NetworkEvents {
    let events: &[(NetworkEvent, bool)] = match (kind, phase) {
        // The error that a datagram met on its way is received like one.
        (Kind::Datagram, _) => &[
            (NetworkEvent::Read, now.readable || now.error),
            (NetworkEvent::Write, now.writable),
        ],
        (Kind::Stream, Phase::Listening) => &[(NetworkEvent::Accept, now.readable)],
        (Kind::Stream, Phase::Connected) => {
            let gone = now.error || now.hung_up;
            &[
                (NetworkEvent::Connect, true),
                (NetworkEvent::Read, now.readable),
                (NetworkEvent::Write, now.writable && !gone),
                (NetworkEvent::OutOfBand, now.priority),
                (NetworkEvent::Close, now.read_closed || gone),
            ]
        }
        (Kind::Stream, Phase::Failed) => &[(NetworkEvent::Connect, true)],
        (Kind::Stream, Phase::Unconnected | Phase::Connecting) => &[],
    };
    let held = events.iter().filter(|(_, holds)| *holds);
    held.map(|&(event, _)| event).collect()
}

/// Whether there is more to receive than the end of the stream. FIONREAD does not count what is
/// behind an urgent byte, and a look at the data itself (MSG_PEEK) would take the error that
/// ended it.
fn has_data(socket: &Inner, now: Readiness) -> bool {
    if ioctl_fionread(socket).is_ok_and(|length| length > 0) {
        return true;
    }
    let peek = || net::recv(socket, &mut [0; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    !now.error && peek().is_ok_and(|(length, _)| length > 0)
}

/// The errno that the connection was lost by.
fn loss_of(socket: &Inner, now: Readiness) -> Option<i32> {
    // What the kernel tells once goes where every later transfer finds it.
    let told = if now.error {
        socket.take_error()
    } else {
        Ok(None)
    };
    let loss = socket.loss().or(told.ok().flatten())?;
    loss.raw_os_error()
}

/// Whether urgent data is part of the stream, and no out-of-band receive finds it.
fn has_inline_urgent(socket: &Inner) -> bool {
    socket.options().out_of_band_inline().unwrap_or(false)
}
