//! The socket I/O models of Winsock, native on Linux, with one API and one set of semantics.
//!
//! The completion port is the model to build a server on; the others are here to be
//! compared with it, to be learnt from, and to carry programs over that were written for
//! them. Each is a module whose page explains it:
//!
//! | module | the program asks for | the limit that belongs to the model |
//! |---|---|---|
//! | [`blocking`] | one call at a time | one client a thread |
//! | [`nonblocking`] | calls that never wait | polling costs a processor |
//! | [`select`] | the ready ones of a set | 64 sockets a set, a scan of all |
//! | [`async_select`] | messages to a queue | one queue, one thread |
//! | [`event_select`] | event objects | 64 events a wait |
//! | [`overlapped`] | operations, told of by event or routine | 64 events a wait; the issuing thread |
//! | [`completion_port`] | operations, told of at a port | none |
//!
//! [`raw`] is the completion port for callers whose buffers can't be given away, such as
//! programs in C.
//!
//! The first five work on one [`Socket`]; overlapped operations and the completion port
//! take sockets of the standard library or a [`Socket`].
#![deny(missing_docs)]
#![warn(missing_debug_implementations)]

pub mod async_select;
pub mod blocking;
pub mod buffer;
pub mod completion_port;
pub mod error;
pub mod event;
pub mod event_select;
pub mod nonblocking;
pub mod os;
pub mod overlapped;
pub mod raw;
pub mod select;
pub mod socket;

#[cfg(target_os = "linux")]
mod driver;
mod network_events;
mod operation_id;
mod selection;
#[cfg(target_os = "linux")]
mod sync;
mod sys;

pub use network_events::{NetworkEvent, NetworkEvents};
pub use socket::Socket;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
