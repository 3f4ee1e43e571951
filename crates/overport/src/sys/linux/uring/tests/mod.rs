//! What is relied on of io_uring, each fact by itself.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::*;
use crate::sys::thread::ThreadId;
use crate::sys::wake::Wake;

mod close;
mod memory;
mod modes;
mod queues;
mod receive;
mod threads;

/// How long anything may take before a test fails.
const DEADLINE: Duration = Duration::from_secs(10);

/// A ring, or none where io_uring is forbidden, which is said.
fn ring(mode: Mode) -> Option<Ring> {
    match Ring::new(mode) {
        Ok(ring) => Some(ring),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

/// A ring of this thread's.
fn pinned() -> Option<Ring> {
    let ring = ring(Mode::Pinned)?;
    ring.enable_here().expect("the first thread gets it");
    Some(ring)
}

/// Waits for so many events, and no more.
#[track_caller]
fn events(ring: &Ring, count: usize) -> Vec<Event> {
    let start = Instant::now();
    let mut events = Vec::new();
    while events.len() < count {
        assert!(start.elapsed() < DEADLINE, "no more than {events:?}");
        ring.wait(Some(DEADLINE)).expect("a wait");
        ring.drain(|event| events.push(event));
    }
    assert_eq!(events.len(), count, "{events:?}");
    events
}

#[track_caller]
fn event(ring: &Ring) -> Event {
    events(ring, 1)[0]
}

/// Lets everything that is due be delivered, and asserts that it is nothing.
#[track_caller]
fn no_event(ring: &Ring) {
    ring.wait(Some(Duration::ZERO)).expect("a wait");
    ring.drain(|event| panic!("{event:?} was not expected"));
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("its address");
    let client = TcpStream::connect(address).expect("a connection");
    let (server, _) = listener.accept().expect("its other end");
    (client, server)
}

fn set_wake() -> Wake {
    let wake = Wake::new().expect("an eventfd");
    wake.set();
    wake
}

/// The memory of a few buffers, given to a ring.
struct Pool {
    ring: BufferRing,
    memory: &'static mut [[u8; Pool::SIZE]],
}

impl Pool {
    const SIZE: usize = 8;

    /// So many buffers, and all of them with the kernel.
    fn new(ring: &Ring, count: u16) -> Self {
        let mut pool = Self {
            ring: ring.register_buffers(count).expect("a buffer ring"),
            memory: vec![[0; Self::SIZE]; count.into()].leak(),
        };
        for id in 0..count {
            pool.give(id);
        }
        pool
    }

    #[expect(unsafe_code, reason = "the memory is there for ever")]
    fn give(&mut self, id: u16) {
        let buffer = &mut self.memory[usize::from(id)];
        // SAFETY: the memory is leaked, and looked at only between an event and the next
        // giving.
        unsafe { self.ring.give(id, buffer.as_mut_ptr(), Self::SIZE as u32) }
    }

    /// What a receive has brought.
    #[track_caller]
    fn chunk(&self, event: &Event) -> &[u8] {
        let id = event.buffer.expect("a chunk comes in a buffer");
        let length = event.result.expect("a chunk");
        &self.memory[usize::from(id)][..length as usize]
    }
}

/// Ends what the ring still has, so that the memory of the test may go.
#[track_caller]
fn end(ring: &Ring) {
    assert!(ring.cancel_all_and_drain(Instant::now() + DEADLINE, |_| {}));
    assert_eq!(ring.unfinished(), 0);
}

/// Returns when the thread sleeps in the kernel.
#[track_caller]
fn wait_until_asleep(thread: ThreadId) {
    let start = Instant::now();
    while !thread.is_blocked() {
        assert!(start.elapsed() < DEADLINE, "the thread does not sleep");
        std::thread::yield_now();
    }
}

#[test]
fn a_poll_completes_at_once_if_ready() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = set_wake();
        ring.poll(wake.as_fd(), PollInterest::READABLE, 7);
        assert!(ring.has_queued());
        ring.wait(None).expect("a wait");
        let mut events = Vec::new();
        ring.drain(|event| events.push(event));
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].token, events[0].more), (7, false));
        assert!(events[0].readiness().readable);
        assert_eq!(ring.unfinished(), 0);
    }
}
