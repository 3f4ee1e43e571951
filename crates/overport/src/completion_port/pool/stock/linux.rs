//! Where the buffers of a pool are that nobody has: here, or with the kernel, which picks one when
//! it has something to receive.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::PoolBuffer;
use super::shelf::{Fed, Shelf};
use super::storage::Storage;
use crate::completion_port::engine::Token;
use crate::sys::uring::BufferRing;

pub(super) enum Stock {
    /// The latest to come back is the next to go, while it is in the cache.
    Here(Vec<u16>),
    /// The kernel picks them from this ring.
    Lent(BufferRing),
}

impl Stock {
    pub(super) fn new(count: u16) -> Self {
        Self::Here((0..count).rev().collect())
    }

    pub(super) fn take(&mut self) -> Option<u16> {
        match self {
            Self::Here(free) => free.pop(),
            Self::Lent(_) => None,
        }
    }

    /// Takes back the buffer `id`, which the caller had.
    #[expect(unsafe_code, reason = "memory that is lent to the kernel")]
    pub(super) fn give_back(&mut self, id: u16, storage: &Storage) {
        match self {
            Self::Here(free) => free.push(id),
            // SAFETY: the caller had it, and so nobody else has; the memory is there as long as
            // the shelf, which the registry keeps until the kernel has done with it.
            Self::Lent(ring) => unsafe {
                ring.give(id, storage.address(id), storage.size());
            },
        }
    }
}

impl Shelf {
    /// Buffers that the kernel picks from the ring, which has room for them and is empty. The
    /// shelf must not go before the kernel has done with them.
    #[expect(unsafe_code, reason = "memory that is lent to the kernel")]
    pub(in crate::completion_port) fn lend(
        count: u16,
        size: u32,
        fed: Arc<Fed>,
        ring: BufferRing,
    ) -> io::Result<Self> {
        let storage = Storage::new(count, size)?;
        if count > ring.entries() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        for id in 0..count {
            // SAFETY: the memory is there as long as the shelf, and nobody else has it.
            unsafe { ring.give(id, storage.address(id), size) };
        }
        Ok(Self::with(storage, Stock::Lent(ring), fed))
    }

    /// The group of the ring that the kernel picks the buffers from.
    pub(in crate::completion_port) fn group(&self) -> Option<u16> {
        match &self.lock().free {
            Stock::Here(_) => None,
            Stock::Lent(ring) => Some(ring.group()),
        }
    }

    /// The buffer `id`, into which the kernel has received so much.
    pub(in crate::completion_port) fn picked(self: &Arc<Self>, id: u16, length: u32) -> PoolBuffer {
        self.in_use.fetch_add(1, Ordering::Relaxed);
        PoolBuffer::taken(Arc::clone(self), id, length)
    }

    /// Whether the kernel may find a buffer. If not, the socket is [fed](Fed) when one comes
    /// back.
    pub(in crate::completion_port) fn has_free_for(&self, token: Token) -> bool {
        let mut state = self.lock();
        if self.has_free() {
            return true;
        }
        state.waiting.push_back(token);
        false
    }

    /// Whether more than half of the buffers are out.
    pub(in crate::completion_port) fn is_short(&self) -> bool {
        self.in_use() > usize::from(self.count()) / 2
    }
}
