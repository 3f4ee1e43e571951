//! How a port is made to measure.

use std::io;
use std::num::NonZero;
use std::thread;

use super::{Backend, CompletionPort};
use crate::buffer::Buffer;

/// What a port is to be like.
///
/// ```
/// use overport::completion_port::{Backend, Builder, CompletionPort};
///
/// let plain = if cfg!(windows) { Backend::Iocp } else { Backend::Epoll };
/// let port: CompletionPort = Builder::new().concurrency(2).backend(plain).build()?;
/// assert_eq!(port.backend(), plain);
/// assert_eq!(port.backend_reason(), "asked for by the program");
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it makes no port before it is built"]
pub struct Builder {
    concurrency: usize,
    backend: Option<Backend>,
    pinned: bool,
}

impl Builder {
    /// A port with one running thread per processor, on what costs least for it here.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many threads run at a time; 0 stands for one per processor that this process may use.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// The port rests on this back-end and on no other. Otherwise that is for the environment
    /// variable `OVERPORT_BACKEND` to say (`io_uring`, `epoll` or `iocp`). Where it is not set, on
    /// Linux a [pinned](Self::pinned) port rests on io_uring if that works, and all others on epoll,
    /// which costs less where threads share a port; on Windows all rest on the system's own.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// The port is for one thread, the first that asks it for a packet, and for handlers that
    /// promise not to block: on io_uring it costs less then (IORING_SETUP_DEFER_TASKRUN), but
    /// nothing comes in while that thread is in a handler. Packets may be posted, and operations
    /// begun, by any thread. The concurrency value is 1.
    ///
    /// A thread per processor, each with a pinned port and a listener of its own (SO_REUSEPORT),
    /// is what runtimes call thread per core.
    ///
    /// Another thread that asks for a packet gets `PermissionDenied`. Once the thread has ended
    /// nobody can ask any more. When another thread closes the port, its connections end as its
    /// thread asks once more; if that does not, they end as the port is dropped, and the memory
    /// of a [pool](CompletionPort::buffer_pool) is not freed for which receives were under way.
    ///
    /// On Windows it is a port like any other, but for the one thread.
    pub fn pinned(mut self) -> Self {
        self.pinned = true;
        self
    }

    /// Makes the port (io_uring_setup(2) or epoll_create1(2), and eventfd(2);
    /// `CreateIoCompletionPort`).
    ///
    /// # Errors
    /// No descriptors left (two are needed); the back-end that was asked for does not work here,
    /// or is another system's (`Unsupported`); `InvalidInput` if `OVERPORT_BACKEND` names none.
    pub fn build<K, B, P>(&self) -> io::Result<CompletionPort<K, B, P>>
    where
        K: Send + Sync + 'static,
        B: Buffer,
        P: Send + 'static,
    {
        let concurrency = match self.concurrency {
            _ if self.pinned => 1,
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            given => given,
        };
        CompletionPort::open(concurrency, self.backend, self.pinned)
    }
}
