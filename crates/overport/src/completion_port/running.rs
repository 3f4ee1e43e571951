//! What a thread knows of the packet that it is with.

use std::cell::Cell;

/// How many operations in a row a thread may complete at once before it asks the port
/// again, so that one busy peer can't keep it from the others.
const BUDGET: u32 = 32;

thread_local! {
    static PACKET: Cell<Option<Packet>> = const { Cell::new(None) };
    static COMPLETED_AT_ONCE: Cell<u32> = const { Cell::new(0) };
}

/// The port and the seat of the packet that the thread claimed last.
#[derive(Clone, Copy)]
struct Packet {
    port: u64,
    seat: usize,
}

/// The thread has claimed a packet.
pub(super) fn claimed(port: u64, seat: usize) {
    PACKET.set(Some(Packet { port, seat }));
    COMPLETED_AT_ONCE.set(0);
}

/// The thread asks the port again, or leaves it.
pub(super) fn done(port: u64) {
    if seat_at(port).is_some() {
        PACKET.set(None);
    }
}

/// The thread's seat at the port, if its latest packet is from there.
pub(super) fn seat_at(port: u64) -> Option<usize> {
    PACKET
        .get()
        .filter(|packet| packet.port == port)
        .map(|packet| packet.seat)
}

/// Whether the thread may complete one more operation at once.
pub(super) fn may_complete_at_once() -> bool {
    COMPLETED_AT_ONCE.get() < BUDGET
}

pub(super) fn completed_at_once() {
    COMPLETED_AT_ONCE.set(COMPLETED_AT_ONCE.get() + 1);
}
