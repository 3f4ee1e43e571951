//! The completion port: operations are begun anywhere, and their completions are handled by
//! the threads that wait at one port.
//!
//! A socket is associated with a port once ([`CompletionPort::associate`],
//! [`listen`](CompletionPort::listen), [`datagram`](CompletionPort::datagram)). An operation on it, begun by any thread,
//! takes the socket's handle and a buffer with it; both come back with the [`Completion`],
//! which is claimed by whichever thread asks the port next. So nobody keeps a table of
//! sockets, and the life of each is visible: when no handle is left and nothing is under
//! way, it closes.
//!
//! ```
//! use std::net::{TcpListener, TcpStream};
//! use std::io::{self, Read, Write};
//! use overport::completion_port::{Completion, CompletionPort};
//!
//! fn serve(port: &CompletionPort) -> io::Result<()> {
//!     let mut completions = port.completions(); // this thread's place at the port
//!     while let Some(completion) = completions.next(None)? {
//!         match completion {
//!             Completion::Accept { listener, result } => {
//!                 listener.accept();
//!                 let stream = result.and_then(|(socket, _peer)| port.associate(socket, ()));
//!                 if let Ok(stream) = stream {
//!                     stream.receive(Vec::with_capacity(4096));
//!                 }
//!             }
//!             Completion::Receive { stream, buffer, result: Ok(1..) } => {
//!                 stream.send(buffer);
//!             }
//!             Completion::Send { stream, mut buffer, result: Ok(_) } => {
//!                 buffer.clear();
//!                 stream.receive(buffer);
//!             }
//!             // The end, or a reset: the last handle goes, and the socket closes.
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//!
//! let port = CompletionPort::new(0)?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! port.listen(listener, ())?.accept();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| serve(&port));
//!     scope.spawn(|| serve(&port));
//!
//!     let mut client = TcpStream::connect(address)?;
//!     client.write_all(b"hello")?;
//!     let mut echo = [0; 5];
//!     client.read_exact(&mut echo)?;
//!     assert_eq!(&echo, b"hello");
//!     port.close();
//!     io::Result::Ok(())
//! })?;
//! # io::Result::Ok(())
//! ```
//!
//! # Guarantees
//!
//! - *Submitting never fails and never waits.* What goes wrong is a completion too, and so
//!   each operation has exactly one, with its handle and its buffers, whatever the result.
//!   (`send_now` and its like return the completion at once where that is possible, and queue
//!   none then.)
//! - *Order.* Packets come out in the order in which they were queued: one socket's in the
//!   order of its operations, one thread's posts in the order of its posts. Several receives
//!   of one stream fill in their order; a send completes when all its bytes are with the
//!   system, and sends don't mix.
//! - *Threads.* Of those that wait the latest is released first, while its stack is warm in
//!   the cache; one that asks while packets are queued goes on without a switch.
//! - *The concurrency value.* So many threads run at a time, one per processor by default.
//!   When one blocks, another takes its place: at once if it says so
//!   ([`CompletionPort::blocking`]), within a few milliseconds if it is found to.
//! - *One packet at a time.* A thread that asks for one packet takes one; what it has not
//!   taken any other thread can handle, also while this one waits for that.
//! - *A thread's exit cancels nothing.*
//! - *Time.* An operation may have a deadline ([`Stream::by`]), a post may have a time
//!   ([`CompletionPort::post_at`]).
//! - *The end.* [`Stream::cancel`] is a request, and the completion comes in any case;
//!   [`Stream::close`] completes what is under way as aborted; [`CompletionPort::close`]
//!   ends all waits and drops what is under way.
//!
//! Dropping or forgetting any of the values is safe. Keys, buffers and packets are dropped
//! outside the port's locks, so their `Drop` may use the port.
//!
//! # Limits
//!
//! - A buffer is the operation's own until its completion; borrowed memory can't be lent, but
//!   through the [raw layer](crate::raw).
//!
//! # On Linux
//!
//! - A receive takes its data when a thread asks the port for a packet, and a long send goes on
//!   at such moments: if all threads compute, neither moves. Over io_uring a receive into a
//!   [pool's](BufferPool) buffer does.
//! - Over io_uring a thread that sleeps where no signal reaches it, as in fsync(2), holds up what it
//!   has asked the kernel for, whether it [says](CompletionPort::blocking) so or not; and calls with
//!   a time limit that it makes may end with EINTR. Over epoll there is no such gap.
//! - A child of fork(2) must not use the port.
//!
//! # On Windows
//!
//! The port is the system's (CreateIoCompletionPort), which releases the threads, sees which of
//! them block, and performs the operations while the program goes on.
//!
//! - A receive takes its data when that comes, whoever claims the packet and when. A send is taken
//!   whole where there is any room.
//! - A thread that [says](CompletionPort::blocking) that it blocks, and computes, counts on.
//! - While as many handlers compute as may run, a closed port ends the waits of the other threads
//!   only when one of these waits, asks or ends.
//! - A socket never leaves its port, not even when it is closed there while a share of it is
//!   open elsewhere: associating it again fails with `AlreadyExists`. Over epoll the same port fails so.
//! - A stream whose connect was cancelled, or ran out of time, may not be connected again: a new one may.
//! - A port that is closed waits for what the system has under way, for a second at most, and
//!   leaks what that keeps for longer.

mod attempt;
mod backend;
mod builder;
mod completion;
mod completions;
mod datagram;
mod deadline;
#[cfg_attr(windows, path = "windows/mod.rs")]
mod engine;
mod handle;
mod listener;
mod operation;
mod place;
mod pool;
mod port;
mod running;
mod source;
mod stream;
mod timers;

pub use backend::Backend;
pub use builder::Builder;
pub use completion::Completion;
pub use completions::Completions;
pub use datagram::Datagram;
pub use listener::Listener;
pub use operation::OperationId;
pub(crate) use operation::Request;
pub(crate) use place::Place;
pub use pool::{BufferPool, PoolBuffer};
pub use port::CompletionPort;
pub use stream::Stream;
