//! The buffers that the kernel receives into: a provided-buffer ring.

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::io;
use std::slice;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;

/// The group that the ring's buffers are in.
pub const GROUP: u16 = 0;

/// Buffers, unless they are large. The kernel takes them in the order in which they came back: a
/// small ring is reused sooner and so stays in the cache, but one that has fewer than two for
/// each active connection makes receives end for want of a buffer.
const COUNT_MAX: usize = 4096;

/// Bytes that the buffers have together, unless they are fewer than 16.
const SIZE_MAX: usize = 64 << 20;

/// A page, where the kernel wants the ring to begin.
const PAGE: usize = 4096;

/// Buffers of one size, each either with the kernel or in the server's hands.
pub struct Buffers {
    ring: *mut BufRingEntry,
    storage: *mut u8,
    /// Bytes of a buffer.
    size: usize,
    /// Buffers in all, a power of two.
    count: u16,
    /// Buffers that were ever given to the kernel, modulo 2^16.
    tail: u16,
    /// Buffers that the kernel has, or had when it said so last.
    available: usize,
}

impl Buffers {
    /// Gives `ring` the buffers, of `size` bytes each.
    pub fn new(ring: &IoUring, size: usize) -> io::Result<Buffers> {
        let count = (SIZE_MAX / size).clamp(16, COUNT_MAX);
        let count = 1 << count.ilog2();
        let mut buffers = Buffers {
            ring: allocate(usize::from(count) * size_of::<BufRingEntry>()).cast(),
            storage: allocate(usize::from(count) * size),
            size,
            count,
            tail: 0,
            available: 0,
        };
        // SAFETY: the memory begins at a page, has room for so many entries, and is never freed.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(buffers.ring as u64, count, GROUP, 0)?;
        }
        for id in 0..count {
            buffers.give_back(id);
        }
        buffers.publish();
        Ok(buffers)
    }

    /// The first `length` bytes of the buffer `id`, which a completion must have named and which
    /// must not have been given back since.
    pub fn bytes(&self, id: u16, length: usize) -> &[u8] {
        assert!(id < self.count && length <= self.size);
        // SAFETY: the buffer lies within the storage, which is initialised and never freed, and
        // the kernel does not write to a buffer between its completion and its return.
        unsafe { slice::from_raw_parts(self.storage.add(usize::from(id) * self.size), length) }
    }

    /// Notes that the kernel has taken a buffer.
    pub fn taken(&mut self) {
        self.available -= 1;
    }

    /// Buffers that the kernel has, or had when it said so last.
    pub fn available(&self) -> usize {
        self.available
    }

    /// Puts the buffer `id` at the end of the ring, where the kernel finds it once it is
    /// published. Nobody may read it any more.
    pub fn give_back(&mut self, id: u16) {
        // SAFETY: the index is within the ring, and the kernel does not read an entry past the
        // published tail. There are no more
        // buffers than entries, so this one is not unread.
        let entry = unsafe { &mut *self.ring.add(usize::from(self.tail % self.count)) };
        // SAFETY: the buffer lies within the storage.
        let address = unsafe { self.storage.add(usize::from(id) * self.size) };
        entry.set_addr(address as u64);
        entry.set_len(self.size as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        self.available += 1;
    }

    /// Lets the kernel have what was given back.
    pub fn publish(&mut self) {
        // SAFETY: the ring's tail lies in its first entry, in a field that no entry uses; it is
        // aligned, and the kernel reads it as an atomic.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(self.ring).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }
}

/// Memory of zeros at a page's start. It is never freed: the kernel writes to it as long as the
/// process lives.
fn allocate(size: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size, PAGE).expect("2^30 bytes at most");
    // SAFETY: the size is not zero.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        handle_alloc_error(layout);
    }
    memory
}
