//! WSAEventSelect: what has happened on a socket, recorded for an event object.

use std::io;
use std::os::windows::io::{AsRawHandle, AsRawSocket, BorrowedHandle, BorrowedSocket};
use std::ptr;

use windows_sys::Win32::Networking::WinSock::{
    FD_ACCEPT, FD_ACCEPT_BIT, FD_CLOSE, FD_CLOSE_BIT, FD_CONNECT, FD_CONNECT_BIT, FD_OOB,
    FD_OOB_BIT, FD_READ, FD_READ_BIT, FD_WRITE, FD_WRITE_BIT, POLLERR, POLLRDNORM, SOCKET,
    SOCKET_ERROR, WSAEVENT, WSAEnumNetworkEvents, WSAEventSelect, WSANETWORKEVENTS, WSAPOLLFD,
    WSAPoll,
};

use super::codes::normalised;
use crate::network_events::{NetworkEvent, NetworkEvents};

/// What was recorded of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) events: NetworkEvents,
    /// The code of the error that came with each event, if one did.
    pub(crate) codes: [Option<i32>; NetworkEvent::ORDER.len()],
}

/// Has the events recorded, and `event` set, in place of whatever was selected before. What
/// has been taken since its last re-arming call is not recorded again, and what has not been
/// taken is kept.
pub(crate) fn select(
    socket: BorrowedSocket<'_>,
    event: BorrowedHandle<'_>,
    events: NetworkEvents,
) -> io::Result<()> {
    let event = event.as_raw_handle() as WSAEVENT;
    // SAFETY: the socket and the event are open for as long as they are borrowed; the system
    // keeps the event for itself.
    check(unsafe { WSAEventSelect(raw(socket), event, mask(events)) })
}

/// Ends what was selected, by either model. What was taken may still count as taken for the next
/// selection.
pub(crate) fn end(socket: BorrowedSocket<'_>) {
    // It fails for what is no socket only.
    // SAFETY: no event is selected, and none named.
    unsafe { WSAEventSelect(raw(socket), 0 as WSAEVENT, 0) };
}

/// Takes what was recorded, and resets the event, if one is given, in the same step.
pub(crate) fn take(
    socket: BorrowedSocket<'_>,
    event: Option<BorrowedHandle<'_>>,
) -> io::Result<Record> {
    let event = event.map_or(ptr::null_mut(), |event| event.as_raw_handle()) as WSAEVENT;
    let mut taken = WSANETWORKEVENTS::default();
    // SAFETY: the socket and the event are open for as long as they are borrowed, and `taken`
    // is valid for writes.
    check(unsafe { WSAEnumNetworkEvents(raw(socket), event, &mut taken) })?;
    let mut record = Record::default();
    for (event, bit, place) in BITS {
        if taken.lNetworkEvents & bit as i32 != 0 {
            record.events |= event.into();
            let code = taken.iErrorCode[place as usize];
            record.codes[event as usize] = Some(code).filter(|&code| code != 0);
        }
    }
    Ok(record)
}

/// Whether the connection of a stream is lost. Unlike a receive it arms nothing.
pub(crate) fn is_lost(socket: BorrowedSocket<'_>) -> bool {
    let mut poll = WSAPOLLFD {
        fd: raw(socket),
        events: POLLRDNORM,
        revents: 0,
    };
    // SAFETY: `poll` is one structure, valid for reads and writes.
    let ready = unsafe { WSAPoll(&mut poll, 1, 0) };
    ready == 1 && poll.revents & POLLERR != 0
}

/// The events as Winsock has them.
pub(super) fn mask(events: NetworkEvents) -> i32 {
    let selected = BITS.iter().filter(|(event, ..)| events.contains(*event));
    selected.fold(0, |mask, &(_, bit, _)| mask | bit as i32)
}

/// The event of a bit.
pub(super) fn event_of(bit: u32) -> Option<NetworkEvent> {
    BITS.iter()
        .find(|&&(_, known, _)| known == bit)
        .map(|&(event, ..)| event)
}

pub(super) fn check(result: i32) -> io::Result<()> {
    if result == SOCKET_ERROR {
        return Err(normalised(io::Error::last_os_error()));
    }
    Ok(())
}

pub(super) fn raw(socket: BorrowedSocket<'_>) -> SOCKET {
    // The two types are one: a pointer's width.
    socket.as_raw_socket() as SOCKET
}

const BITS: [(NetworkEvent, u32, u32); 6] = [
    (NetworkEvent::Read, FD_READ, FD_READ_BIT),
    (NetworkEvent::Write, FD_WRITE, FD_WRITE_BIT),
    (NetworkEvent::OutOfBand, FD_OOB, FD_OOB_BIT),
    (NetworkEvent::Accept, FD_ACCEPT, FD_ACCEPT_BIT),
    (NetworkEvent::Connect, FD_CONNECT, FD_CONNECT_BIT),
    (NetworkEvent::Close, FD_CLOSE, FD_CLOSE_BIT),
];

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::windows::io::{AsHandle, AsSocket};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::sys::event::{Event, Waited, wait};

    #[test]
    fn each_event_has_its_bit() {
        assert_eq!(mask(NetworkEvents::NONE), 0);
        assert_eq!(mask(NetworkEvents::ALL), (1 << BITS.len()) - 1);
        for event in NetworkEvents::ALL.iter() {
            assert_eq!(event_of(mask(event.into()) as u32), Some(event));
        }
        assert_eq!(event_of(FD_READ | FD_WRITE), None);
    }

    #[test]
    fn a_record_is_taken_once_and_nothing_is_recorded_behind_the_end() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let event = Event::new(false).expect("an event");
        select(socket.as_socket(), event.as_handle(), NetworkEvents::WRITE).expect("select");
        let is_set_by = |deadline| {
            let waited = wait(&[event.as_handle()], false, false, Some(deadline));
            waited.expect("a wait") == Waited::Signalled(0)
        };
        let take = || take(socket.as_socket(), Some(event.as_handle())).expect("a record");
        assert!(is_set_by(Instant::now() + Duration::from_secs(10)));
        assert_eq!(take().events, NetworkEvents::WRITE);
        assert_eq!(take(), Record::default());
        end(socket.as_socket());
        let address = socket.local_addr().expect("its address");
        socket.send_to(b"data", address).expect("room");
        assert!(!is_set_by(Instant::now()));
        assert_eq!(take(), Record::default());
    }
}
