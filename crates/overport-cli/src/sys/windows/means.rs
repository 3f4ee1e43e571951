//! What carries the models on this system, in the words of `serve`.

use overport::completion_port::Backend;

pub(crate) const SELECT: &str = "select";
pub(crate) const ASYNC_SELECT: &str = "WSAAsyncSelect";
pub(crate) const EVENT_SELECT: &str = "WSAEventSelect";
pub(crate) const OVERLAPPED_EVENT: &str = "WSARecv and WSASend with events";
pub(crate) const OVERLAPPED_ROUTINE: &str = "WSARecv and WSASend with routines";

/// What a completion port can rest on, the preferred first.
pub(crate) const BACKENDS: [Backend; 1] = [Backend::Iocp];
