//! The shelves from which the kernel picks buffers.

use std::sync::Arc;

use crate::completion_port::pool::Shelf;

/// The shelves of a port of which the kernel has the buffers, by the groups that it knows them by.
#[derive(Default)]
pub(super) struct Lent {
    shelves: Vec<Option<Arc<Shelf>>>,
}

impl Lent {
    /// Adds a shelf, unless it is one whose buffers the kernel does not have.
    pub(super) fn add(&mut self, shelf: &Arc<Shelf>) {
        let Some(group) = shelf.group().map(usize::from) else {
            return;
        };
        if self.shelves.len() <= group {
            self.shelves.resize(group + 1, None);
        }
        self.shelves[group] = Some(Arc::clone(shelf));
    }

    /// The shelf whose buffers are this group.
    pub(super) fn shelf(&self, group: u16) -> Option<&Arc<Shelf>> {
        self.shelves.get(usize::from(group))?.as_ref()
    }
}
