//! Buffers that operations own while they are under way.
//!
//! A buffer goes in with the operation and comes back with its completion, whatever the
//! result. A receive fills the *spare* room of a buffer, behind what it holds; a send sends
//! what it holds. So an echo server receives into a `Vec` with capacity, sends that `Vec`,
//! clears it and receives again, without an allocation or a copy.
//!
//! A buffer without spare room makes a receive wait until data is there and take none of
//! it (a receive of zero bytes).

use std::mem::MaybeUninit;
use std::sync::Arc;

/// Memory that an operation can own.
///
/// Implemented for `Vec<u8>`, for boxes of buffers, for shared and static bytes that are only sent, for
/// [`Either`] of two buffers, and with the feature `bytes` for that crate's types.
///
/// The methods are called under locks of the library: they must not wait, use it or panic.
///
/// # Safety
///
/// The system may read and write the memory while the value is moved about, sent to
/// another thread, or forgotten. So for every value:
///
/// - the memory behind [`filled`](Self::filled) and [`spare`](Self::spare) does not move and
///   is not freed when the value moves, as long as it is neither dropped nor changed (an
///   array inside the value itself does not qualify);
/// - `filled` and `spare` do not overlap, and two calls with no change between them give
///   the same memory;
/// - nobody else writes what `filled` gives, nor reads or writes what `spare` gives, while
///   the value exists;
/// - after `advance(n)` the first `n` bytes of `spare` are the last of `filled`.
#[expect(
    unsafe_code,
    reason = "what the system does with the memory is promised here"
)]
pub unsafe trait Buffer: Send + 'static {
    /// The bytes that a send sends.
    fn filled(&self) -> &[u8];

    /// The room that a receive may fill.
    fn spare(&mut self) -> &mut [MaybeUninit<u8>];

    /// The first `length` bytes of the spare room belong to the filled ones from now on.
    ///
    /// # Safety
    /// They are initialised, and `length` is at most the spare room.
    unsafe fn advance(&mut self, length: usize);
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: a vector's memory is on the heap, its own, and stays where it is unless the vector
// is changed; the spare capacity lies behind the filled part.
unsafe impl Buffer for Vec<u8> {
    fn filled(&self) -> &[u8] {
        self
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.spare_capacity_mut()
    }

    unsafe fn advance(&mut self, length: usize) {
        let filled = self.len() + length;
        // SAFETY: the caller promises that this much is within the capacity and initialised.
        unsafe { self.set_len(filled) }
    }
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: the buffer in the box keeps the conditions, and does not even move with the box.
unsafe impl<B: Buffer + ?Sized> Buffer for Box<B> {
    fn filled(&self) -> &[u8] {
        (**self).filled()
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        (**self).spare()
    }

    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller's promise is passed on.
        unsafe { (**self).advance(length) }
    }
}

/// Bytes that can only be sent; a receive into them is one of zero bytes.
macro_rules! send_only {
    ($($(#[$attribute:meta])* $buffer:ty),* $(,)?) => {$(
        $(#[$attribute])*
        #[expect(unsafe_code, reason = "an implementation of Buffer")]
        // SAFETY: the bytes are shared or static, hence never written while the value exists,
        // and stay where they are when the value moves; there is no spare room.
        unsafe impl Buffer for $buffer {
            fn filled(&self) -> &[u8] {
                self
            }

            fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
                &mut []
            }

            unsafe fn advance(&mut self, _length: usize) {}
        }
    )*};
}

send_only!(
    Arc<[u8]>,
    Arc<Vec<u8>>,
    &'static [u8],
    #[cfg(feature = "bytes")]
    bytes::Bytes,
);

#[cfg(feature = "bytes")]
#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: as for a vector; a handle's part of the memory is its own.
unsafe impl Buffer for bytes::BytesMut {
    fn filled(&self) -> &[u8] {
        self
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.spare_capacity_mut()
    }

    unsafe fn advance(&mut self, length: usize) {
        let filled = self.len() + length;
        // SAFETY: the caller promises that this much is within the capacity and initialised.
        unsafe { self.set_len(filled) }
    }
}

/// One of two kinds of buffer, so that a port can, say, receive into vectors of its own and
/// send bytes that many connections share.
///
/// ```
/// use std::sync::Arc;
/// use overport::buffer::{Buffer, Either};
///
/// type ChatBuffer = Either<Vec<u8>, Arc<[u8]>>;
/// let line: Arc<[u8]> = Arc::from(&b"hello"[..]);
/// let to_one = ChatBuffer::Right(Arc::clone(&line));
/// let to_another = ChatBuffer::Right(line);
/// assert_eq!(to_one.filled().as_ptr(), to_another.filled().as_ptr());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Either<L, R> {
    /// A buffer of the first kind.
    Left(L),
    /// A buffer of the second kind.
    Right(R),
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: it is one buffer or the other, each of which keeps the conditions.
unsafe impl<L: Buffer, R: Buffer> Buffer for Either<L, R> {
    fn filled(&self) -> &[u8] {
        match self {
            Self::Left(buffer) => buffer.filled(),
            Self::Right(buffer) => buffer.filled(),
        }
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        match self {
            Self::Left(buffer) => buffer.spare(),
            Self::Right(buffer) => buffer.spare(),
        }
    }

    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller's promise is passed on.
        unsafe {
            match self {
                Self::Left(buffer) => buffer.advance(length),
                Self::Right(buffer) => buffer.advance(length),
            }
        }
    }
}
