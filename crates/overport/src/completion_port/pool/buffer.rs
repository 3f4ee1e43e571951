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
/// on whichever thread. What came while nobody received and the pool was short is in memory of
/// its own, no longer than that.
#[derive(Default)]
pub struct PoolBuffer(Memory);

#[derive(Default)]
#[expect(clippy::box_collection, reason = "buffers are moved about, and small")]
enum Memory {
    #[default]
    None,
    /// The buffer `id` of the shelf, of which the first `length` bytes are filled.
    Shelf {
        shelf: Arc<Shelf>,
        id: u16,
        length: u32,
    },
    #[cfg_attr(
        windows,
        expect(dead_code, reason = "what nobody receives stays in the socket there")
    )]
    Own(Box<Vec<u8>>),
}

impl PoolBuffer {
    /// The buffer `id` with so many bytes in it, which the caller has taken from the shelf, or
    /// from the kernel, which had it from there.
    pub(super) fn taken(shelf: Arc<Shelf>, id: u16, length: u32) -> Self {
        Self(Memory::Shelf {
            length: length.min(shelf.size()),
            shelf,
            id,
        })
    }

    /// The same bytes in memory of their own; the pool has its buffer back.
    #[cfg(target_os = "linux")]
    pub(in crate::completion_port) fn into_own(self) -> Self {
        Self(Memory::Own(Box::new(self.to_vec())))
    }

    /// How many bytes it can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        match &self.0 {
            Memory::None => 0,
            Memory::Shelf { shelf, .. } => shelf.size() as usize,
            Memory::Own(bytes) => bytes.capacity(),
        }
    }

    /// Holds nothing from now on.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Holds no more than the first `length` bytes from now on.
    pub fn truncate(&mut self, most: usize) {
        match &mut self.0 {
            Memory::None => {}
            Memory::Shelf { length, .. } => {
                *length = u32::try_from(most).map_or(*length, |most| most.min(*length));
            }
            Memory::Own(bytes) => bytes.truncate(most),
        }
    }

    /// Forgets its first `length` bytes.
    #[cfg(target_os = "linux")]
    pub(in crate::completion_port) fn consume(&mut self, length: usize) {
        let left = self.len().saturating_sub(length);
        self.copy_within(length.., 0);
        self.truncate(left);
    }
}

#[expect(unsafe_code, reason = "memory that the shelf keeps")]
impl Deref for PoolBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Memory::None => &[],
            // SAFETY: the memory of `id` is this buffer's alone until it is dropped, was zeroed,
            // and is as long as `length` at least; the shelf keeps it.
            Memory::Shelf { shelf, id, length } => unsafe {
                slice::from_raw_parts(shelf.memory_of(*id), *length as usize)
            },
            Memory::Own(bytes) => bytes,
        }
    }
}

#[expect(unsafe_code, reason = "memory that the shelf keeps")]
impl DerefMut for PoolBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Memory::None => &mut [],
            // SAFETY: as above, and `self` is borrowed for as long.
            Memory::Shelf { shelf, id, length } => unsafe {
                slice::from_raw_parts_mut(shelf.memory_of(*id), *length as usize)
            },
            Memory::Own(bytes) => bytes,
        }
    }
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: the memory is the shelf's, or a vector's on the heap, and stays where it is; it is this
// buffer's alone until it is dropped, and `length` divides what is filled from what is spare.
unsafe impl Buffer for PoolBuffer {
    fn filled(&self) -> &[u8] {
        self
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        match &mut self.0 {
            Memory::None => &mut [],
            Memory::Shelf { shelf, id, length } => {
                let filled = *length as usize;
                // SAFETY: what lies behind the filled part belongs to this buffer too.
                unsafe {
                    let start = shelf.memory_of(*id).add(filled);
                    slice::from_raw_parts_mut(start.cast(), shelf.size() as usize - filled)
                }
            }
            Memory::Own(bytes) => bytes.spare_capacity_mut(),
        }
    }

    unsafe fn advance(&mut self, added: usize) {
        match &mut self.0 {
            Memory::None => {}
            Memory::Shelf { length, .. } => {
                *length += u32::try_from(added).expect("no longer than the spare room");
            }
            // SAFETY: the caller's promise is passed on.
            Memory::Own(bytes) => unsafe { bytes.advance(added) },
        }
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
        if let Memory::Shelf { shelf, id, .. } = &self.0 {
            shelf.give_back(*id);
        }
    }
}

impl fmt::Debug for PoolBuffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PoolBuffer")
            .field("length", &self.len())
            .field("capacity", &self.capacity())
            .finish()
    }
}
