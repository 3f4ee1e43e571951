//! The buffers of an operation, as the system is told of them.

use std::ptr::NonNull;

use windows_sys::Win32::Foundation::{NTSTATUS, STATUS_BUFFER_OVERFLOW};
use windows_sys::Win32::Networking::WinSock::WSABUF;

use super::Record;
use crate::buffer::Buffer;

impl<T> Record<T> {
    pub(super) fn segment_room<B: Buffer>(
        &mut self,
        limit: usize,
        buffers: impl FnOnce(&mut T) -> &mut [B],
    ) {
        let Self { segments, tail, .. } = self;
        segments.clear();
        // Most operations have no more.
        segments.reserve_exact(1);
        let rooms = buffers(tail).iter_mut().map(Buffer::spare);
        let rooms = rooms.filter(|room| !room.is_empty()).take(limit);
        add_segments(
            segments,
            rooms.map(|room| (room.as_mut_ptr().cast(), room.len())),
        );
    }

    pub(super) fn segment_filled<B: Buffer>(
        &mut self,
        skip: usize,
        limit: usize,
        buffers: impl FnOnce(&mut T) -> &[B],
    ) {
        let Self { segments, tail, .. } = self;
        segments.clear();
        // Most operations have no more.
        segments.reserve_exact(1);
        let mut skip = skip;
        let rest = buffers(tail).iter().map(|buffer| {
            let bytes = buffer.filled();
            let begin = skip.min(bytes.len());
            skip -= begin;
            &bytes[begin..]
        });
        let rest = rest.filter(|bytes| !bytes.is_empty()).take(limit);
        add_segments(
            segments,
            rest.map(|bytes| (bytes.as_ptr().cast_mut(), bytes.len())),
        );
    }
}

impl<T> Record<T> {
    /// Counts what a receive has brought to what the buffers hold that it was begun with. Done
    /// once: other buffers, and these the next time, are left alone.
    pub(crate) fn fill<B: Buffer>(&mut self, buffers: impl FnOnce(&mut T) -> &mut [B]) {
        let overlapped = self.overlapped.get_mut();
        let mut left = match overlapped.Internal as NTSTATUS {
            // A datagram was longer than the buffers, which are full then (WSAEMSGSIZE).
            STATUS_BUFFER_OVERFLOW => usize::MAX,
            _ => overlapped.InternalHigh,
        };
        let mut segments = self.segments.drain(..);
        let mut segment = segments.next();
        for buffer in buffers(&mut self.tail) {
            let room = buffer.spare();
            let Some(next) = &segment else { break };
            let is_it = room.as_mut_ptr().cast() == next.buf && room.len() >= next.len as usize;
            if room.is_empty() || !is_it {
                continue;
            }
            let length = left.min(next.len as usize);
            // SAFETY: the system has filled the segments in their order, with so many bytes in
            // all, and this one lies at the beginning of the room.
            unsafe { buffer.advance(length) };
            left -= length;
            segment = segments.next();
        }
    }
}

/// Adds the segments, or one without bytes if there is none. An operation counts its bytes in 32
/// bits, so what is beyond is left out.
fn add_segments(segments: &mut Vec<WSABUF>, parts: impl Iterator<Item = (*mut u8, usize)>) {
    let mut left = u32::MAX;
    for (pointer, length) in parts {
        let length = u32::try_from(length).map_or(left, |length| length.min(left));
        left -= length;
        segments.push(WSABUF {
            len: length,
            buf: pointer,
        });
    }
    if segments.is_empty() {
        segments.push(WSABUF {
            len: 0,
            buf: NonNull::dangling().as_ptr(),
        });
    }
}
