//! io_uring(7), as the completion port needs it.
//!
//! What the system offers: operations go in at a submission queue, their ends come out at a
//! completion queue, and one system call takes the first and waits for the second. A poll or
//! a receive that is in the ring costs nothing while it waits, and a multishot receive takes
//! a buffer from a shared ring of buffers only when data is there.
//!
//! The strategy: any thread pushes, submits and cancels, one thread waits. The lock of each
//! queue is held for the copy of an entry and never in a system call, so nobody waits for a
//! thread that sleeps in the kernel. What does not fit into the submission queue is kept in a
//! list beside it, and what does not fit into the completion queue is kept by the kernel, so
//! neither loses anything.
//!
//! Its cost: an uncontended lock or two for each push, submit, wait and drain, together some
//! tens of nanoseconds where a poll and its system call take some hundreds.
//!
//! Its gap: the kernel does the work of an operation in the name of the thread that submitted
//! it. While that thread is in an uninterruptible sleep its operations do not complete; while
//! it computes they may wait for the next tick; when it has exited they fail, each with
//! ECANCELED or EFAULT once its own event comes. Linux 5.19 is the oldest that will do.

mod buffers;
mod close;
mod event;
mod operations;
mod ring;
mod setup;
#[cfg(test)]
mod tests;

pub(crate) use buffers::BufferRing;
pub(crate) use event::{Drained, Event};
pub(crate) use operations::PollInterest;
pub(crate) use ring::Ring;
pub(crate) use setup::Mode;
