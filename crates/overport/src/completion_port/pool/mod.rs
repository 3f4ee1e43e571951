//! Buffers that many connections share: a receive from a pool owns no memory while it waits.

mod buffer;
mod shelf;
#[cfg_attr(target_os = "linux", path = "stock/linux.rs")]
#[cfg_attr(windows, path = "stock/windows.rs")]
mod stock;
mod storage;

use std::fmt;
use std::sync::Arc;

pub use buffer::PoolBuffer;
pub(super) use shelf::{Fed, Shelf};

/// Buffers of one size that belong to a port; clones share them.
///
/// Made by [`CompletionPort::buffer_pool`](super::CompletionPort::buffer_pool), and used by
/// [`Stream::receive_pooled`](super::Stream::receive_pooled). A connection that waits for data
/// owns no buffer, so the pool need be no larger than what is being handled at a time. When all
/// buffers are out, receives wait until one comes back.
///
/// ```
/// use std::io::{self, Write};
/// use std::net::{TcpListener, TcpStream};
/// use overport::completion_port::{Completion, CompletionPort, PoolBuffer};
///
/// let port: CompletionPort<(), PoolBuffer> = CompletionPort::new(1)?;
/// let pool = port.buffer_pool(64, 4096)?;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut peer = TcpStream::connect(listener.local_addr()?)?;
/// let stream = port.associate(listener.accept()?.0, ())?;
///
/// stream.receive_pooled(&pool);
/// assert_eq!(pool.in_use(), 0); // it waits, and has none
/// peer.write_all(b"hello")?;
/// let mut completions = port.completions();
/// if let Some(Completion::Receive { buffer, result: Ok(5), .. }) = completions.next(None)? {
///     assert_eq!(&*buffer, b"hello");
///     assert_eq!(pool.in_use(), 1); // until the buffer is dropped
/// }
/// # io::Result::Ok(())
/// ```
///
/// The memory is freed when the pool and all of its buffers are gone, and the port with it.
#[derive(Clone)]
pub struct BufferPool(Arc<Shelf>);

impl BufferPool {
    pub(super) fn new(shelf: Arc<Shelf>) -> Self {
        Self(shelf)
    }

    pub(super) fn shelf(&self) -> &Arc<Shelf> {
        &self.0
    }

    /// How many buffers there are in all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.count().into()
    }

    /// Bytes of one buffer.
    #[must_use]
    pub fn buffer_size(&self) -> usize {
        self.0.size() as usize
    }

    /// How many buffers the program has, or will get with completions that are queued.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.0.in_use()
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BufferPool")
            .field("count", &self.count())
            .field("buffer_size", &self.buffer_size())
            .field("in_use", &self.in_use())
            .finish()
    }
}
