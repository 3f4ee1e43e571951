//! Who performs the operations on Windows: the system. A socket is at no port, so that its
//! operations can have completion routines.
//!
//! An operation with an event is an overlapped call with that event, and nobody is told of its
//! end but who waits for the event: its result is fetched by whoever asks. An operation with a
//! routine has a completion routine of the system's, which runs in the alertable waits of its
//! thread and does no more than to note the end; the program's routine runs when the wait has
//! returned, where it may panic and wait again. AcceptEx and ConnectEx take no routine: a
//! thread of the system's pool waits for an event in its place.
//!
//! The price of that is paid where a program lets go of an operation that is under way: nobody
//! is told of its end, so a timer looks for it, seldom and for as long as there is one.

mod begin;
mod bell;
mod flight;
mod inner;
mod routine;
mod socket;
mod started;
mod sweep;

pub(super) use bell::{Bell, wait};
pub(super) use routine::settle;
pub(super) use socket::Socket;
pub(super) use started::Started;
