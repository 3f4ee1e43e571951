//! What the kernel has received for a socket into buffers of a pool, until a receive takes it.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::queue::Queue;
use crate::completion_port::pool::{PoolBuffer, Shelf};
use crate::error::from_errno;

/// So many buffers wait for receives that nobody has begun; a peer that sends more than it is
/// asked for is left to its own send buffer and ours.
const BACKLOG: usize = 8;

#[derive(Default)]
pub(super) struct Inbox(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    /// What nobody has taken.
    buffers: Queue<PoolBuffer>,
    /// How the receive ended, behind what it had received: with the end of the stream, or an
    /// error.
    end: Option<Result<(), Errno>>,
    /// It ended for want of a buffer.
    starved: bool,
    /// More came at some time than was asked for and there was room for.
    is_greedy: bool,
    /// Nobody receives any more.
    shut: bool,
}

/// What a receive gets.
pub(super) enum Arrival {
    Bytes {
        buffer: PoolBuffer,
        /// Whether this was all.
        last: bool,
    },
    End(io::Result<()>),
    Nothing,
}

impl Inbox {
    /// A receive into buffers of a shelf begins. Whether it is to be for one buffer only: the
    /// kernel empties a socket before a receive that goes on can be stopped.
    pub(super) fn open(&self) -> bool {
        self.lock().is_greedy
    }

    /// The kernel has received into the shelf's buffer `id`, and a receive waits or not. Whether
    /// the kernel is to stop, since as much waits as may.
    pub(super) fn push(&self, shelf: &Arc<Shelf>, id: u16, length: u32, wanted: bool) -> bool {
        let mut contents = self.lock();
        let buffer = shelf.picked(id, length);
        let is_short = shelf.is_short();
        if length == 0 || contents.shut {
            // It came with the end, or for nobody.
            return false;
        }
        let waiting = contents.buffers.len();
        let is_wanted = wanted && waiting == 0;
        let stop = !is_wanted && (is_short || waiting >= BACKLOG);
        // What is not wanted may wait for long, and must not keep others from receiving.
        let buffer = if stop { buffer.into_own() } else { buffer };
        contents.buffers.push_back(buffer);
        contents.is_greedy |= stop;
        stop
    }

    /// The kernel receives no more. That it was cancelled, by whomever, is nobody's
    /// affair: the next receive begins it anew.
    pub(super) fn close(&self, end: Result<(), Errno>) {
        let mut contents = self.lock();
        match end {
            Err(Errno::NOBUFS) => contents.starved = true,
            // The thread that began it has exited; the second is what that looks like when the
            // kernel comes to the thread's memory first.
            Err(Errno::CANCELED | Errno::FAULT) => {}
            end => contents.end = Some(end),
        }
    }

    /// What came first.
    pub(super) fn take(&self) -> Arrival {
        let mut contents = self.lock();
        if let Some(buffer) = contents.buffers.pop_front() {
            let last = contents.buffers.front().is_none() && contents.end.is_none();
            return Arrival::Bytes { buffer, last };
        }
        match contents.end.take() {
            Some(end) => Arrival::End(end.map_err(from_errno)),
            None => Arrival::Nothing,
        }
    }

    /// Puts back what a receive had no room for.
    pub(super) fn put_back(&self, buffer: PoolBuffer) {
        self.lock().buffers.push_front(buffer);
    }

    /// Nobody receives any more: what waits goes back to its pool, as does what still comes.
    pub(super) fn shut(&self) {
        let mut contents = self.lock();
        contents.shut = true;
        drop(contents.buffers.take_all());
    }

    /// Whether the receive ended for want of a buffer; told once.
    pub(super) fn take_starved(&self) -> bool {
        mem::take(&mut self.lock().starved)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
