//! Rings of provided buffers: memory from which the kernel picks when data is there.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::mem;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;
use rustix::io::Errno;

use super::ring::Ring;
use super::setup::named;

const REGISTER: &str = "io_uring_register of a buffer ring";

/// The most entries that a ring of buffers has.
const LIMIT: u16 = 1 << 15;

/// A ring of provided buffers, and the group by which receives name it. It stays registered
/// until the [`Ring`] is gone; dropping this only takes away the way to give.
#[derive(Debug)]
pub(crate) struct BufferRing {
    group: u16,
    entries: Arc<Entries>,
    /// Where the next buffer goes.
    tail: Mutex<u16>,
}

impl BufferRing {
    /// What [`Ring::receive_multishot`] takes.
    pub(crate) fn group(&self) -> u16 {
        self.group
    }

    /// How many buffers it holds.
    pub(crate) fn entries(&self) -> u16 {
        self.entries.count
    }

    /// Who keeps the memory that the kernel reads.
    #[cfg(test)]
    pub(super) fn keepers(&self) -> usize {
        Arc::strong_count(&self.entries)
    }

    /// Gives the kernel a buffer to receive into, behind those that it has. An event with its
    /// id takes it back.
    ///
    /// # Safety
    ///
    /// The memory is valid for writes of `length` bytes, and nobody else touches it, until an
    /// event with this id has come, or until the ring of buffers is unregistered, or the
    /// [`Ring`] is gone, and no receive of the group is without its last event (see
    /// [`Ring::cancel_all_and_drain`]). No more than [`BufferRing::entries`] buffers are with
    /// the kernel at a time.
    #[expect(unsafe_code, reason = "the kernel writes to the memory")]
    pub(crate) unsafe fn give(&self, id: u16, address: *mut u8, length: u32) {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let mask = self.entries.count - 1;
        // SAFETY: the place is within the ring by the mask. The kernel reads it only once the
        // tail is past it, and it has read what was there before: no more buffers are with it
        // than there are places. Writers exclude each other by the lock. The setters leave the
        // field alone that is the tail in the first entry.
        let entry = unsafe { &mut *self.entries.address.as_ptr().add((*tail & mask).into()) };
        entry.set_addr(address.expose_provenance() as u64);
        entry.set_len(length);
        entry.set_bid(id);
        *tail = tail.wrapping_add(1);
        self.entries.tail().store(*tail, Ordering::Release);
    }
}

impl Ring {
    /// Registers a ring for so many buffers, a power of two up to 32,768; it is empty. A
    /// pinned ring's are registered by its owner, or before it has one.
    pub(crate) fn register_buffers(&self, entries: u16) -> io::Result<BufferRing> {
        if !entries.is_power_of_two() || entries > LIMIT {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut groups = self.groups();
        let group = u16::try_from(groups.len()).map_err(|_| Errno::NOSPC)?;
        let entries = Arc::new(Entries::new(entries));
        let registered = entries.register(self.system(), group);
        registered.map_err(|error| named(REGISTER, &error))?;
        groups.push(Arc::clone(&entries));
        Ok(BufferRing {
            group,
            entries,
            tail: Mutex::new(0),
        })
    }
}

/// Shows that a ring of buffers can be registered.
pub(super) fn try_registration(ring: &IoUring) -> io::Result<()> {
    let entries = Entries::new(1);
    let registered = entries.register(ring, 0);
    registered.map_err(|error| named(REGISTER, &error))?;
    let unregistered = ring.submitter().unregister_buf_ring(0);
    unregistered.map_err(|error| {
        mem::forget(entries);
        named(REGISTER, &error)
    })
}

/// The memory of a ring of buffers, which the kernel reads.
#[derive(Debug)]
pub(super) struct Entries {
    address: NonNull<BufRingEntry>,
    count: u16,
}

// SAFETY: the memory is this value's alone among the values of this process. The tail is
// accessed atomically, and the rest by `BufferRing::give` only, under a lock.
#[expect(unsafe_code, reason = "see above")]
unsafe impl Send for Entries {}
// SAFETY: as for `Send`.
#[expect(unsafe_code, reason = "see above")]
unsafe impl Sync for Entries {}

impl Entries {
    #[expect(unsafe_code, reason = "memory of a layout of its own")]
    fn new(count: u16) -> Self {
        let layout = Self::layout(count);
        // SAFETY: the layout is not empty: a page at least.
        let address = unsafe { alloc_zeroed(layout) }.cast();
        let Some(address) = NonNull::new(address) else {
            handle_alloc_error(layout)
        };
        Self { address, count }
    }

    /// Whole pages, which nothing else shares: the kernel pins them.
    fn layout(count: u16) -> Layout {
        let page = rustix::param::page_size();
        let size = usize::from(count) * size_of::<BufRingEntry>();
        Layout::from_size_align(size.next_multiple_of(page), page)
            .expect("a page is a power of two, and 512 KiB are no overflow")
    }

    #[expect(unsafe_code, reason = "the kernel reads the memory from now on")]
    fn register(&self, ring: &IoUring, group: u16) -> io::Result<()> {
        let address = self.address.as_ptr().expose_provenance() as u64;
        let submitter = ring.submitter();
        // SAFETY: the memory is there for as long as the kernel reads it: `Ring` keeps it
        // until it is unregistered or the ring is closed, and leaks it if operations were left
        // then. A trial takes the registration back, or leaks it.
        unsafe { submitter.register_buf_ring_with_flags(address, self.count, group, 0) }
    }

    #[expect(unsafe_code, reason = "a field of the first entry")]
    fn tail(&self) -> &AtomicU16 {
        // SAFETY: the tail is a part of the first entry, aligned, and accessed as an atomic
        // only; the memory lives as long as `self`.
        unsafe { &*BufRingEntry::tail(self.address.as_ptr()).cast::<AtomicU16>() }
    }
}

impl Drop for Entries {
    #[expect(unsafe_code, reason = "memory of a layout of its own")]
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, and nobody reads it any more (see
        // `register`).
        unsafe { dealloc(self.address.as_ptr().cast(), Self::layout(self.count)) }
    }
}
