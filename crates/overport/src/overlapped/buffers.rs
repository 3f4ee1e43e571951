//! The buffers of one operation: as the program lends them, and with their type forgotten.

use std::any::Any;

use crate::buffer::Buffer;

/// The buffers of one operation, one or several: an array or a vector of [`Buffer`]s.
///
/// A send gathers what they hold, in their order. A receive scatters into their spare room,
/// each filled before the next. Where the kinds differ, [`Either`](crate::buffer::Either)
/// makes one of two.
#[doc(alias = "WSABUF")]
pub trait Buffers: Lend {}

impl<B: Buffer, const N: usize> Buffers for [B; N] {}

impl<B: Buffer> Buffers for Vec<B> {}

/// A buffer of any type; it comes back as what it was.
pub(super) type Lent = Box<dyn AnyBuffer>;

pub trait AnyBuffer: Buffer {
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<B: Buffer> AnyBuffer for B {
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Out of reach, so that how operations keep their buffers is nobody else's affair.
pub trait Lend: Send + Sized + 'static {
    fn lend(self) -> Vec<Lent>;

    fn take_back(lent: Vec<Lent>) -> Self;
}

impl<B: Buffer, const N: usize> Lend for [B; N] {
    fn lend(self) -> Vec<Lent> {
        self.into_iter().map(lend).collect()
    }

    fn take_back(lent: Vec<Lent>) -> Self {
        let mut lent = lent.into_iter();
        std::array::from_fn(|_| take_back(lent.next().expect("as many come back as were lent")))
    }
}

impl<B: Buffer> Lend for Vec<B> {
    fn lend(self) -> Vec<Lent> {
        self.into_iter().map(lend).collect()
    }

    fn take_back(lent: Vec<Lent>) -> Self {
        lent.into_iter().map(take_back).collect()
    }
}

fn lend<B: Buffer>(buffer: B) -> Lent {
    Box::new(buffer)
}

fn take_back<B: Buffer>(lent: Lent) -> B {
    let buffer: Result<Box<B>, _> = lent.into_any().downcast();
    *buffer.expect("a buffer comes back as what was lent")
}
