//! Memory of the caller's.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

use crate::buffer::Buffer;

/// A piece of memory that an operation sends or fills, as a `WSABUF` tells of one. On its own
/// it promises nothing; see the [conditions](super#memory) of the functions that take it.
///
/// The pointer of an empty one may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "WSABUF")]
pub struct Segment {
    /// Where it begins. A send only reads, so a pointer to constant bytes may be cast.
    pub pointer: *mut u8,
    /// How many bytes it has, at most `isize::MAX`.
    pub length: usize,
}

impl Segment {
    /// The `length` bytes from `pointer` on.
    #[must_use]
    pub const fn new(pointer: *mut u8, length: usize) -> Self {
        Self { pointer, length }
    }
}

/// A segment that is with an operation: all of it filled, to be sent, or all of it room.
#[derive(Debug)]
pub(super) struct Lent {
    pointer: NonNull<u8>,
    length: usize,
    filled: usize,
}

#[expect(unsafe_code, reason = "lent by an unsafe function")]
// SAFETY: the memory is no thread's own, and the lender has promised that whichever thread
// performs the operation may use it.
unsafe impl Send for Lent {}

#[expect(unsafe_code, reason = "the lender promises what a buffer must")]
// SAFETY: the memory is apart from this value, so it stays where it is when that moves; the
// lender promises that it is there and left alone until the operation has ended, after which
// this value is gone or is not asked for it. The filled part is before the spare one.
unsafe impl Buffer for Lent {
    fn filled(&self) -> &[u8] {
        // SAFETY: these bytes were lent to be read, and are initialised.
        unsafe { slice::from_raw_parts(self.pointer.as_ptr(), self.filled) }
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: what is behind the filled part was lent to be written.
        unsafe {
            let spare = self.pointer.add(self.filled).cast().as_ptr();
            slice::from_raw_parts_mut(spare, self.length - self.filled)
        }
    }

    unsafe fn advance(&mut self, length: usize) {
        self.filled += length;
    }
}

#[expect(unsafe_code, reason = "the memory is the caller's")]
impl Lent {
    /// # Safety
    /// The [conditions](super#memory) of a receive hold until the operation has ended.
    pub(super) unsafe fn to_fill(segment: Segment) -> Self {
        Self::new(segment, 0)
    }

    /// # Safety
    /// The [conditions](super#memory) of a send hold until the operation has ended, and the
    /// bytes are initialised.
    pub(super) unsafe fn to_send(segment: Segment) -> Self {
        Self::new(segment, segment.length)
    }

    fn new(Segment { pointer, length }: Segment, filled: usize) -> Self {
        match NonNull::new(pointer) {
            Some(pointer) => Self {
                pointer,
                length,
                filled,
            },
            None => Self {
                pointer: NonNull::dangling(),
                length: 0,
                filled: 0,
            },
        }
    }
}
