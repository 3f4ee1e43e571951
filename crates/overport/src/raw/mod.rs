//! The completion port for callers that keep their buffers and name their operations.
//!
//! The ports, their threads and their guarantees are those of [`completion_port`]; read its
//! page first. What differs is who owns what. There a buffer goes into an operation and comes
//! back, so that nothing can be done wrong. Here the memory stays the caller's, who promises to
//! leave it alone, and an operation is named by an address of the caller's, as an `OVERLAPPED`
//! names one: what programs in C do, and what an interface for them needs.
//!
//! - *A [`Port`]* hands out [`Packet`]s: the number of bytes, the key of the socket (or of the
//!   post), the address that the operation was submitted with.
//! - *A [`Handle`]* is a socket at a port. Submitting never fails and never waits; what goes
//!   wrong is a packet. So each operation yields exactly one packet, unless the port is closed
//!   first.
//! - *A [`Segment`]* is a piece of the caller's memory. Only the functions that lend one to
//!   an operation are `unsafe`; their conditions are [below](#memory).
//! - *An address* is a number here: nothing is ever looked for behind it. Operations that are
//!   under way on one socket at the same time should have different ones. If they don't,
//!   [`Handle::cancel`] takes any of them, and their packets can't be told apart.
//! - *A thread* has its place at one port: the one that it asked last.
//!
//! # Memory
//!
//! From the call of [`receive`](Handle::receive), [`send`](Handle::send) or
//! [`send_to`](Handle::send_to) until the end of the operation, for each of its segments:
//!
//! - the memory is there, at the same place, valid for what is done with it;
//! - of a receive nobody else reads or writes it, another operation included; of a send nobody
//!   writes it, so that several sends may share it.
//!
//! The operation has ended when one of these has returned, and the memory is not touched from
//! then on:
//!
//! - the call of [`next`](Port::next) or [`next_many`](Port::next_many), by any thread, that
//!   brings its packet;
//! - the port's [`close`](Port::close), or the drop of its last clone, which closes it. A packet
//!   that no thread had claimed by then does not come;
//! - its submission, where the port is closed already.
//!
//! On Windows the close of the port does not wait for longer than a second; memory that the system
//! still has then (which none of its network protocols keeps) stays lent for good.
//!
//! Neither [`cancel`](Handle::cancel) nor a socket's [`close`](Handle::close) ends an
//! operation: they hasten its packet. The array of the segments itself is read during the call
//! only.
//!
//! # Descriptors
//!
//! A [`socket2::Socket`] is handed over to the port by value, or shared with it in an
//! [`Arc`](std::sync::Arc).
//!
//! - Handed over, it is closed by [`Handle::close`], or with its last handle when nothing is
//!   under way.
//! - Shared, it is closed with its last share. [`Handle::close`] ends what is under way at the
//!   port, which then has no share any more. Until then, and after it, whoever has one may call
//!   what they like on the descriptor, from any thread: its number can't be given out again
//!   under such a call. That is what a `closesocket` needs that has to end the plain calls of
//!   other threads, too. On Windows it has been with its port for good.
//!
//! The open file is in non-blocking mode from the association on, and must stay so: an accept
//! would wait otherwise, and its thread with it.
//!
//! # Example
//!
//! ```
//! use std::io::Write;
//! use std::net::{TcpListener, TcpStream};
//! use overport::raw::{Port, Segment};
//! use socket2::Socket;
//!
//! let port = Port::new(1)?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let mut peer = TcpStream::connect(listener.local_addr()?)?;
//! let handle = port.associate(Socket::from(listener.accept()?.0), 7)?;
//!
//! let mut buffer = [0; 64];
//! let segment = Segment::new(&raw mut buffer[0], buffer.len());
//! let overlapped = 0x1000;
//! // SAFETY: the buffer lives until the packet is there, and is not touched before.
//! unsafe { handle.receive(&[segment], overlapped) };
//! peer.write_all(b"hello")?;
//!
//! let packet = port.next(None)?.expect("there is no timeout, and the port is open");
//! assert_eq!((packet.key, packet.overlapped, packet.result?), (7, overlapped, 5));
//! assert_eq!(&buffer[..5], b"hello");
//! # std::io::Result::Ok(())
//! ```
//!
//! [`completion_port`]: crate::completion_port

mod handle;
mod packet;
mod port;
mod segment;

pub use handle::Handle;
pub use packet::{Kind, Packet};
pub use port::Port;
pub use segment::Segment;
