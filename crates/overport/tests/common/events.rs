//! Event objects and what is recorded for them.

use std::io::ErrorKind;
use std::thread;
use std::time::Instant;

use overport::event::EventObject;
use overport::event_select::{Taken, take};
use overport::{NetworkEvents, Socket};

use super::DEADLINE;

/// A manual-reset event object.
pub(crate) fn event() -> EventObject {
    EventObject::manual_reset().unwrap()
}

/// Waits for the event, takes what was recorded, and repeats it until all of the expected
/// events have come; nothing else may come with them.
#[track_caller]
pub(crate) fn await_events(
    socket: &Socket,
    event: &EventObject,
    expected: NetworkEvents,
) -> Vec<Taken> {
    let mut all = Vec::new();
    let mut came = NetworkEvents::NONE;
    while came != expected {
        let in_time = event.wait(Some(DEADLINE)).unwrap();
        assert!(in_time, "{expected:?} did not come, only {came:?}");
        let taken = take(socket, event).unwrap();
        let again = came & taken.events();
        assert!(again.is_empty(), "{again:?} came twice");
        came |= taken.events();
        assert!(expected.contains(came), "{came:?} for {expected:?}");
        all.push(taken);
    }
    all
}

/// Nothing is recorded, and the event is not set.
#[track_caller]
pub(crate) fn assert_quiet(socket: &Socket, event: &EventObject) {
    assert!(!event.is_set().unwrap(), "the event is set");
    let taken = take(socket, event).unwrap();
    assert_eq!(taken.events(), NetworkEvents::NONE);
}

/// What one call receives, at most `length` bytes.
#[track_caller]
pub(crate) fn receive(socket: &Socket, length: usize) -> Vec<u8> {
    let mut buffer = vec![0; length];
    let length = socket.receive(&mut buffer).unwrap();
    buffer.truncate(length);
    buffer
}

/// Waits until that many bytes have arrived, by a call that arms nothing.
pub(crate) fn await_bytes(socket: &Socket, length: usize) {
    let start = Instant::now();
    while rustix::io::ioctl_fionread(socket).unwrap() < length as u64 {
        assert!(start.elapsed() < DEADLINE, "the bytes do not arrive");
        thread::yield_now();
    }
}

/// Sends until there is no room left, and tells how much went.
pub(crate) fn fill(socket: &Socket) -> usize {
    let mut sent = 0;
    loop {
        match socket.send(&[7; 65536]) {
            Ok(length) => sent += length,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return sent;
            }
        }
    }
}

/// Receives that many bytes on a blocking socket.
pub(crate) fn drain(socket: &Socket, mut length: usize) {
    let mut buffer = vec![0; 1 << 20];
    while length > 0 {
        length -= socket.receive(&mut buffer).unwrap();
    }
}
