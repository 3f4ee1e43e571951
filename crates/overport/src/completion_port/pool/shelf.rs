//! Where the buffers of a pool are, and which sockets wait for one.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::buffer::PoolBuffer;
use super::stock::Stock;
use super::storage::Storage;
use crate::completion_port::engine::{Token, Wake};

/// The buffers of a pool.
pub(crate) struct Shelf {
    storage: Storage,
    fed: Arc<Fed>,
    pub(super) in_use: AtomicUsize,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) free: Stock,
    /// Sockets that found no buffer, in the order in which they get one.
    pub(super) waiting: VecDeque<Token>,
}

impl Shelf {
    /// Buffers that sockets take.
    pub(in crate::completion_port) fn new(
        count: u16,
        size: u32,
        fed: Arc<Fed>,
    ) -> io::Result<Self> {
        let storage = Storage::new(count, size)?;
        Ok(Self::with(storage, Stock::new(count), fed))
    }

    pub(super) fn with(storage: Storage, free: Stock, fed: Arc<Fed>) -> Self {
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

    pub(super) fn has_free(&self) -> bool {
        self.in_use() < usize::from(self.count())
    }

    pub(super) fn memory_of(&self, id: u16) -> *mut u8 {
        self.storage.address(id)
    }

    /// Whether it belongs to the port of which these are the fed sockets.
    pub(in crate::completion_port) fn is_of(&self, fed: &Arc<Fed>) -> bool {
        Arc::ptr_eq(&self.fed, fed)
    }

    /// An empty buffer. Without one the socket is [fed](Fed) when one comes back.
    pub(in crate::completion_port) fn take(self: &Arc<Self>, token: Token) -> Option<PoolBuffer> {
        let mut state = self.lock();
        let Some(id) = state.free.take() else {
            state.waiting.push_back(token);
            return None;
        };
        self.in_use.fetch_add(1, Ordering::Relaxed);
        drop(state);
        Some(PoolBuffer::taken(Arc::clone(self), id, 0))
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
    pub(super) fn give_back(self: &Arc<Self>, id: u16) {
        let mut state = self.lock();
        state.free.give_back(id, &self.storage);
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

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
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
