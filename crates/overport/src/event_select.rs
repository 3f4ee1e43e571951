//! What happens on sockets, told by event objects.
//!
//! [`select`] ties a socket to an [`EventObject`]: whenever one of the selected
//! [`NetworkEvents`] happens on the socket it is recorded, and the event object is set. A
//! thread waits for up to 64 event objects with [`wait_any`](crate::event::wait_any) and asks
//! the socket behind the one that is set, by [`take`], what has happened. Several sockets may
//! share an event object; each has a record of its own, and the one who waits then asks each,
//! see [`take`].
//!
//! # When an event is recorded
//!
//! Each event is recorded once, and again only after the call that answers it:
//!
//! | event | recorded | again |
//! |---|---|---|
//! | `ACCEPT` | a connection waits | after `accept`, when more wait |
//! | `READ` | there is data | after a receive, when data is left or comes |
//! | `OUT_OF_BAND` | there is a byte out of band | after `receive_out_of_band` |
//! | `WRITE` | the connection is there | when there is room after a send that failed with `WouldBlock` |
//! | `CONNECT` | a connect ended, with its error | after the next `connect` |
//! | `CLOSE` | the peer stopped sending; with an error, the connection is gone | never |
//!
//! The call arms the event whether or not it succeeds. An event whose call is never made is
//! not recorded again, however much more of it comes; one that has been answered is never
//! lost, in whatever order calls and events meet. The end of the stream alone gives `CLOSE`
//! and no `READ`; at `CLOSE` data may be unread, so receive until 0 comes back.
//!
//! `WRITE` is no sign that there is room now: it is told once for a new connection, and then
//! only to a sender who was refused.
//!
//! Selecting makes the socket non-blocking. A socket that is accepted has the selection of
//! its listener from the start: the same events and the same event object. Selecting again
//! replaces the events and the event object without repeating what was recorded since its
//! last answering call; selecting [`NetworkEvents::NONE`] ends it, and so does selecting the
//! socket for [`async_select`](crate::async_select), closing or dropping it. The socket
//! stays non-blocking.
//!
//! # Limits
//!
//! A wait takes 64 event objects, or as many as the `_up_to` forms are told on Linux, and costs
//! in proportion to their number. Sockets that share an event object cost nothing more, but all
//! of them have to be asked.
//!
//! # On Linux
//!
//! The event object's epoll instance watches its sockets, edge-triggered, and the thread that
//! waits for the event handles what comes; the calls that answer look at the socket once
//! (poll(2)). An accept that failed, for want of a descriptor for instance, is answered by
//! `ACCEPT` a tenth of a second later if the connection still waits, so that the program
//! does not spin on it; the event object has a third descriptor for that, a timer.
//!
//! A socket that has shut down its own receiving side counts as ended: it gets `CLOSE`.
//!
//! # On Windows
//!
//! It is Winsock's own (`WSAEventSelect`, `WSAEnumNetworkEvents`): the system records, sets the
//! event and sees the calls that answer, also those that are made by the socket's handle. An
//! accept that failed is answered by `ACCEPT` at once if the connection still waits. `CLOSE`
//! may wait until everything is received, and its error may be `ConnectionAborted` after a
//! reset that no call has seen yet. An event object stays set when the socket that has set it
//! is closed, and may be set by a new selection without anything to take.
//!
//! # Example
//!
//! An echo server for one client:
//!
//! ```
//! use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! use std::io::{Read, Write};
//! use overport::event::{EventObject, wait_any};
//! use overport::{NetworkEvent, NetworkEvents, Socket, event_select};
//!
//! let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! let address = listener.local_addr()?;
//! let client = std::thread::spawn(move || {
//!     let mut stream = TcpStream::connect(address)?;
//!     stream.write_all(b"hello")?;
//!     let mut answer = [0; 5];
//!     stream.read_exact(&mut answer).map(|()| answer)
//! });
//!
//! let event = EventObject::manual_reset()?;
//! event_select::select(&listener, &event, NetworkEvents::ACCEPT)?;
//! wait_any(&[&event], None)?;
//! assert!(event_select::take(&listener, &event)?.events().contains(NetworkEvent::Accept));
//! let (socket, _) = listener.accept()?;
//!
//! event_select::select(&socket, &event, NetworkEvents::READ | NetworkEvents::CLOSE)?;
//! let mut buffer = [0; 64];
//! 'echo: loop {
//!     wait_any(&[&event], None)?;
//!     for (event, result) in event_select::take(&socket, &event)?.iter() {
//!         match event {
//!             NetworkEvent::Read => {
//!                 let length = socket.receive(&mut buffer)?;
//!                 socket.send(&buffer[..length])?;
//!             }
//!             NetworkEvent::Close => break 'echo result?,
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(&client.join().unwrap()?, b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::io;

use crate::event::EventObject;
use crate::network_events::{NetworkEvent, NetworkEvents};
use crate::selection::{self, Errnos, Registration, Target};
use crate::socket::Socket;

/// Has the selected events of the socket recorded, and `event` set when one is. What is so
/// already is recorded at once. It replaces what was selected on the socket before;
/// [`NetworkEvents::NONE`] ends it. The socket is non-blocking from then on.
///
/// # Errors
/// `WSAENOTSOCK` (EBADF) for a closed socket; what `WSAEventSelect` or epoll_ctl(2) fails with,
/// and then nothing is selected.
#[doc(alias = "WSAEventSelect")]
pub fn select(socket: &Socket, event: &EventObject, events: NetworkEvents) -> io::Result<()> {
    selection::select(socket, Target::Event(event.clone()), events)
}

/// Takes what has been recorded for the socket since it was last taken, and resets `event`
/// in the same step, unless that is `None`. Never waits. Nothing is recorded for a socket that
/// is not selected.
///
/// An event object that several sockets share is to be reset before the first of them is
/// asked, or be one that the wait resets, and each asked with `None`: a reset with the last of
/// them would undo what was set meanwhile for the first.
///
/// # Errors
/// `WSAENOTSOCK` (EBADF) for a closed socket; what `WSAEnumNetworkEvents` or epoll_wait(2) fails
/// with.
#[doc(alias = "WSAEnumNetworkEvents")]
pub fn take<'event>(
    socket: &Socket,
    event: impl Into<Option<&'event EventObject>>,
) -> io::Result<Taken> {
    let event = event.into();
    socket.inner().check_open()?;
    let Some(registration) = Registration::of(socket) else {
        event.into_iter().for_each(EventObject::reset);
        return Ok(Taken::default());
    };
    let (events, errnos) = registration.take(socket.inner(), event)?;
    Ok(Taken { events, errnos })
}

/// What has happened on a socket, with an error or success for each event; empty when
/// nothing has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(alias = "WSANETWORKEVENTS")]
pub struct Taken {
    events: NetworkEvents,
    errnos: Errnos,
}

impl Taken {
    /// The events that have happened.
    #[must_use]
    pub fn events(&self) -> NetworkEvents {
        self.events
    }

    /// The error that came with an event; `None` if it came with none, or did not happen.
    #[must_use]
    pub fn error(&self, event: NetworkEvent) -> Option<io::Error> {
        self.errnos[event as usize].map(io::Error::from_raw_os_error)
    }

    /// The events in the order in which they are to be answered, each with its error.
    pub fn iter(&self) -> impl Iterator<Item = (NetworkEvent, io::Result<()>)> + use<> {
        let taken = *self;
        let result = move |event| taken.error(event).map_or(Ok(()), Err);
        taken.events.iter().map(move |event| (event, result(event)))
    }
}
