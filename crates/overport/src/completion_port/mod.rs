//! The completion port.

mod completion;
mod epoll;
mod handle;
mod operation;
mod port;

pub use completion::Completion;
pub use handle::{Datagram, Handle, Listener, Stream};
pub use operation::OperationId;
pub use port::{Backend, CompletionPort, Completions};
