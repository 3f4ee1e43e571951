//! Where the buffers of a pool are, and which sockets wait for one.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::buffer::PoolBuffer;
use super::storage::Storage;
use crate::completion_port::engine::Token;
use crate::sys::uring::BufferRing;
use crate::sys::wake::Wake;

/// The buffers of a pool.
pub(crate) struct Shelf {
    storage: Storage,
    fed: Arc<Fed>,
    in_use: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    free: Stock,
    /// Sockets that found no buffer, in the order in which they get one.
    waiting: VecDeque<Token>,
}

/// Where the buffers are that nobody has.
enum Stock {
    /// The latest to come back is the next to go, while it is in the cache.
    Here(Vec<u16>),
    /// The kernel picks them from this ring.
    Lent(BufferRing),
}

impl Shelf {
    /// Buffers that sockets take.
    pub(in crate::completion_port) fn new(
        count: u16,
        size: u32,
        fed: Arc<Fed>,
    ) -> io::Result<Self> {
        let free = Stock::Here((0..count).rev().collect());
        Ok(Self::with(Storage::new(count, size)?, free, fed))
    }

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

    fn with(storage: Storage, free: Stock, fed: Arc<Fed>) -> Self {
        Self {
            storage,
            fed,
            in_use: AtomicUsize::new(0),
            state: Mutex::new(State {
                free,
                waiting: VecDeque::new(),
            }),
        }
    }

    pub(super) fn count(&self) -> u16 {
        self.storage.count()
    }

    pub(super) fn size(&self) -> u32 {
        self.storage.size()
    }

    pub(super) fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// Whether more than half of the buffers are out.
    pub(in crate::completion_port) fn is_short(&self) -> bool {
        self.in_use() > usize::from(self.count()) / 2
    }

    fn has_free(&self) -> bool {
        self.in_use() < usize::from(self.count())
    }

    pub(super) fn memory_of(&self, id: u16) -> *mut u8 {
        self.storage.address(id)
    }

    /// Whether it belongs to the port of which these are the fed sockets.
    pub(in crate::completion_port) fn is_of(&self, fed: &Arc<Fed>) -> bool {
        Arc::ptr_eq(&self.fed, fed)
    }

    /// The group of the ring that the kernel picks the buffers from.
    pub(in crate::completion_port) fn group(&self) -> Option<u16> {
        match &self.lock().free {
            Stock::Here(_) => None,
            Stock::Lent(ring) => Some(ring.group()),
        }
    }

    /// An empty buffer. Without one the socket is [fed](Fed) when one comes back.
    pub(in crate::completion_port) fn take(self: &Arc<Self>, token: Token) -> Option<PoolBuffer> {
        let mut state = self.lock();
        let taken = match &mut state.free {
            Stock::Here(free) => free.pop(),
            Stock::Lent(_) => None,
        };
        let Some(id) = taken else {
            state.waiting.push_back(token);
            return None;
        };
        self.in_use.fetch_add(1, Ordering::Relaxed);
        drop(state);
        Some(PoolBuffer::taken(Arc::clone(self), id, 0))
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

    /// Takes a socket out of those that wait for a buffer; `false` if it is fed already.
    pub(in crate::completion_port) fn forget(&self, token: Token) -> bool {
        let mut state = self.lock();
        let before = state.waiting.len();
        state.waiting.retain(|&waiting| waiting != token);
        state.waiting.len() < before
    }

    /// Has the next of the waiting sockets fed if there is a buffer for it. To be called by
    /// whoever was fed and does not need it.
    pub(in crate::completion_port) fn feed_next(self: &Arc<Self>) {
        let mut state = self.lock();
        let next = if self.has_free() {
            state.waiting.pop_front()
        } else {
            None
        };
        drop(state);
        self.feed(next);
    }

    /// Takes back the buffer `id`, which the caller had and forgets.
    #[expect(unsafe_code, reason = "memory that is lent to the kernel")]
    pub(super) fn give_back(self: &Arc<Self>, id: u16) {
        let mut state = self.lock();
        match &mut state.free {
            Stock::Here(free) => free.push(id),
            // SAFETY: the caller had it, and so nobody else has; the memory is there as long as
            // the shelf, which the registry keeps until the kernel has done with it.
            Stock::Lent(ring) => unsafe {
                ring.give(id, self.storage.address(id), self.storage.size());
            },
        }
        self.in_use.fetch_sub(1, Ordering::Relaxed);
        let next = state.waiting.pop_front();
        drop(state);
        self.feed(next);
    }

    fn feed(self: &Arc<Self>, token: Option<Token>) {
        if let Some(token) = token {
            self.fed.push(token, Arc::clone(self));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sockets that may find a buffer, each with the shelf where it waited.
type Announced = Vec<(Token, Arc<Shelf>)>;

/// Sockets that waited for a buffer and may find one now, on their way to the thread that
/// polls.
pub(in crate::completion_port) struct Fed {
    /// None any more when the port is gone: the shelves outlive it, and keep this.
    sockets: Mutex<Option<Announced>>,
    any: AtomicBool,
    wake: Arc<Wake>,
}

impl Fed {
    /// `wake` makes the thread that polls look here.
    pub(in crate::completion_port) fn new(wake: Arc<Wake>) -> Self {
        Self {
            sockets: Mutex::new(Some(Vec::new())),
            any: AtomicBool::new(false),
            wake,
        }
    }

    /// Takes them, with the shelves where they waited.
    pub(in crate::completion_port) fn take(&self) -> Announced {
        if !self.any.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The port is gone, and its sockets.
    pub(in crate::completion_port) fn end(&self) {
        let fed = self.lock().take();
        drop(fed);
    }

    fn push(&self, token: Token, shelf: Arc<Shelf>) {
        match &mut *self.lock() {
            Some(sockets) => sockets.push((token, shelf)),
            None => return,
        }
        if !self.any.swap(true, Ordering::AcqRel) {
            self.wake.set();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Announced>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
