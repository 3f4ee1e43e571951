//! Where the buffers of a pool are that nobody has.

use super::storage::Storage;

/// The latest to come back is the next to go, while it is in the cache.
pub(super) struct Stock(Vec<u16>);

impl Stock {
    pub(super) fn new(count: u16) -> Self {
        Self((0..count).rev().collect())
    }

    pub(super) fn take(&mut self) -> Option<u16> {
        self.0.pop()
    }

    /// Takes back the buffer `id`, which the caller had.
    pub(super) fn give_back(&mut self, id: u16, _storage: &Storage) {
        self.0.push(id);
    }
}
