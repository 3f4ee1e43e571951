//! What carries the models on this system, in the words of `serve`.

use overport::completion_port::Backend;

pub(crate) const SELECT: &str = "poll";
pub(crate) const ASYNC_SELECT: &str = "epoll";
pub(crate) const EVENT_SELECT: &str = "epoll";
pub(crate) const OVERLAPPED_EVENT: &str = "an engine thread over epoll, and poll";
pub(crate) const OVERLAPPED_ROUTINE: &str = "an engine thread over epoll";

/// What a completion port can rest on, the preferred first.
pub(crate) const BACKENDS: [Backend; 2] = [Backend::IoUring, Backend::Epoll];
