//! The memory of a pool's buffers, in one piece.

use std::alloc::{self, Layout};
use std::io;
use std::ptr::NonNull;

/// Where buffers begin: a page, so that the small ones share as few as possible.
const ALIGNMENT: usize = 4096;

/// Buffers of one size, side by side, zeroed at first. Who may touch which is not known here.
pub(super) struct Storage {
    memory: NonNull<u8>,
    layout: Layout,
    size: u32,
    count: u16,
}

#[expect(unsafe_code, reason = "memory by hand")]
// SAFETY: it is an address of memory that it owns, and never looks into.
unsafe impl Send for Storage {}

#[expect(unsafe_code, reason = "memory by hand")]
// SAFETY: as above.
unsafe impl Sync for Storage {}

#[expect(unsafe_code, reason = "memory by hand")]
impl Storage {
    /// # Errors
    /// `InvalidInput` for nothing, or more than an address space; `OutOfMemory`.
    pub(super) fn new(count: u16, size: u32) -> io::Result<Self> {
        let bytes = usize::from(count).checked_mul(size as usize);
        let layout = bytes
            .filter(|&bytes| bytes > 0)
            .and_then(|bytes| Layout::from_size_align(bytes, ALIGNMENT).ok())
            .ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc::alloc_zeroed(layout) };
        Ok(Self {
            memory: NonNull::new(memory).ok_or(io::ErrorKind::OutOfMemory)?,
            layout,
            size,
            count,
        })
    }

    pub(super) fn count(&self) -> u16 {
        self.count
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// Where the buffer `id` begins.
    ///
    /// # Panics
    /// There is no such buffer.
    pub(super) fn address(&self, id: u16) -> *mut u8 {
        assert!(id < self.count, "a buffer of this pool");
        // SAFETY: the buffer lies within the allocation.
        unsafe {
            self.memory
                .as_ptr()
                .add(usize::from(id) * self.size as usize)
        }
    }
}

#[expect(unsafe_code, reason = "memory by hand")]
impl Drop for Storage {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and nobody has it any more: buffers and
        // the registry keep the shelf that this belongs to.
        unsafe { alloc::dealloc(self.memory.as_ptr(), self.layout) }
    }
}
