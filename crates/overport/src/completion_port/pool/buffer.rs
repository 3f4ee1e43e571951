//! One buffer of a pool, in the program's hands.

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::slice;
use std::sync::Arc;

use super::Shelf;
use crate::buffer::{Buffer, Either};

/// A buffer of a [`BufferPool`](super::BufferPool), or an empty one without memory
/// (`default`), which comes with a receive that has received nothing.
///
/// It dereferences to the bytes that it holds. Dropping it gives its memory back to the pool,
/// on whichever thread.
#[derive(Default)]
pub struct PoolBuffer {
    shelf: Option<Arc<Shelf>>,
    id: u16,
    length: u32,
}

impl PoolBuffer {
    /// The buffer `id` with so many bytes in it, which the caller has taken from the shelf, or
    /// from the kernel, which had it from there.
    pub(super) fn taken(shelf: Arc<Shelf>, id: u16, length: u32) -> Self {
        Self {
            length: length.min(shelf.size()),
            shelf: Some(shelf),
            id,
        }
    }

    /// How many bytes it can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shelf.as_ref().map_or(0, |shelf| shelf.size() as usize)
    }

    /// Holds nothing from now on.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Holds no more than the first `length` bytes from now on.
    pub fn truncate(&mut self, length: usize) {
        if let Ok(length) = u32::try_from(length) {
            self.length = self.length.min(length);
        }
    }

    /// Forgets its first `length` bytes.
    pub(in crate::completion_port) fn consume(&mut self, length: usize) {
        let left = self.len().saturating_sub(length);
        self.copy_within(length.., 0);
        self.truncate(left);
    }

    /// Where its memory begins, if it has any.
    fn memory(&self) -> *mut u8 {
        match &self.shelf {
            Some(shelf) => shelf.memory_of(self.id),
            None => std::ptr::NonNull::dangling().as_ptr(),
        }
    }
}

#[expect(unsafe_code, reason = "memory that the shelf keeps")]
impl Deref for PoolBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the memory of `id` is this buffer's alone until it is dropped, was zeroed,
        // and is as long as `length` at least; the shelf keeps it.
        unsafe { slice::from_raw_parts(self.memory(), self.length as usize) }
    }
}

#[expect(unsafe_code, reason = "memory that the shelf keeps")]
impl DerefMut for PoolBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `self` is borrowed for as long.
        unsafe { slice::from_raw_parts_mut(self.memory(), self.length as usize) }
    }
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: the memory is the shelf's and stays where it is; it is this buffer's alone until it
// is dropped, and `length` divides what is filled from what is spare.
unsafe impl Buffer for PoolBuffer {
    fn filled(&self) -> &[u8] {
        self
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        let spare = self.capacity() - self.length as usize;
        // SAFETY: what lies behind the filled part belongs to this buffer too.
        unsafe {
            let start = self.memory().add(self.length as usize);
            slice::from_raw_parts_mut(start.cast(), spare)
        }
    }

    unsafe fn advance(&mut self, length: usize) {
        self.length += u32::try_from(length).expect("no longer than the spare room");
    }
}

impl<R> From<PoolBuffer> for Either<PoolBuffer, R> {
    fn from(buffer: PoolBuffer) -> Self {
        Self::Left(buffer)
    }
}

impl AsRef<[u8]> for PoolBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for PoolBuffer {
    fn drop(&mut self) {
        if let Some(shelf) = self.shelf.take() {
            shelf.give_back(self.id);
        }
    }
}

impl fmt::Debug for PoolBuffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PoolBuffer")
            .field("length", &self.length)
            .field("capacity", &self.capacity())
            .finish()
    }
}
