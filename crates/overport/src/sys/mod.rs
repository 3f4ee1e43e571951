//! What the models need from a system, one file a subject, of the same name in each system's
//! folder where both have it:
//!
//! - `codes`: what it calls the errors of the data path, and what Winsock calls them.
//! - `socket`: the calls on one socket that differ.
//! - `wake`: a descriptor that one thread makes readable to wake another.
//!
//! Linux:
//!
//! - `epoll`: the readiness of many descriptors, edge by edge, waited for by one thread.
//! - `poll`: the readiness of a few descriptors, now or within a time.
//! - `timer`: a descriptor that becomes readable after a time.
//! - `uring`: operations that the system performs, and what became of them, waited for by one
//!   thread.
//! - `thread`: the system's name of a thread, whether it is blocked, and a push for those that
//!   run.
//!
//! Windows:
//!
//! - `event`: event objects, and waits for them; `pool_wait`: a call when one is set.
//! - `network_events`: what has happened on a socket, recorded for an event object.
//! - `window`: the window that the network events of sockets are posted to.
//! - `overlapped`: records that the system has while an operation is under way; `alert`: waits in
//!   which it tells of their end by routines.
//! - `port`: completion ports.
//! - `timer`: a call at a time.
//! - `select`: which sockets of up to three sets are ready, now or within a time.
//! - `event`: event objects, and waits for them, alertable or not.
//! - `alert`: a thread's alertable waits, ended from other threads.
//! - `pool_wait`: a call that a thread of the system's pool makes when an event is set.
//! - `timer`: a call that such a thread makes at a time.
//! - `overlapped`: operations that the system performs, and what became of them.
//! - `port`: a queue of their ends, and the threads that wait at it.
//! - `network_events`: what has happened on a socket, recorded for an event object.
//! - `window`: the window that the network events of sockets are posted to.
//!
//! The socket calls themselves are `socket2`'s, which is portable already.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
#[cfg_attr(
    loom,
    allow(unused_imports, reason = "loom has names of its own for its threads")
)]
pub(crate) use linux::{codes, epoll, poll, socket, thread, timer, uring, wake};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{
    alert, codes, event, network_events, overlapped, pool_wait, port, select, socket, timer, wake,
    window,
};
