//! The completion port for callers that keep their buffers and name their operations.
//!
//! The ports, their threads and their guarantees are those of [`completion_port`]; read its
//! page first. What differs is who owns what. There a buffer goes into an operation and comes back, so
//! that nothing can be done wrong. Here the memory stays the caller's, who promises to leave
//! it alone, and an operation is named by an address of the caller's, as an `OVERLAPPED` names
//! one: what a C program does, and what a C interface needs.
//!
//! - *A [`Port`]* hands out [`Packet`]s: the number of bytes, the key of the socket (or of the
//!   post), the address that the operation was submitted with.
//! - *A [`Handle`]* is a socket at a port. Submitting never fails and never waits; what goes
//!   wrong is a packet. So each operation yields exactly one packet, unless the port is closed
//!   first.
//! - *A [`Segment`]* is a piece of the caller's memory. Only the functions that lend one to
//!   the system are `unsafe`; their conditions are [below](#memory).
//! - *An address* is a number to this module, which never looks at what is there. It should be
//!   no other's of an operation under way on the same socket: [`Handle::cancel`] takes the
//!   first of that name otherwise, and packets can't be told apart.
//! - *A thread* is at one port at a time: the one that it asked last.
//!
//! # Memory
//!
//! From the call of [`receive`](Handle::receive), [`send`](Handle::send) or
//! [`send_to`](Handle::send_to) until the end of the operation, for each of its segments:
//!
//! - the memory is there, at the same place, valid for what is done with it;
//! - of a receive nobody else reads or writes it; of a send nobody writes it. So several
//!   sends may share memory, also at the same time.
//!
//! The end of the operation is the moment when one of these calls returns: the
//! [`next`](Port::next) or [`next_many`](Port::next_many) that returns its packet, in whichever
//! thread; the [`close`](Port::close) of the port, after which the packet does not come; or
//! the drop of the port's last clone, which closes it. An operation that is submitted to a closed
//! port ends with its submission. From then on its memory is not touched. Neither [`cancel`](Handle::cancel) nor
//! the [`close`](Handle::close) of a socket ends an operation: they hasten its packet.
//!
//! The array of segments itself, as well as a peer's address, is read during the call only.
//!
//! # Descriptors
//!
//! A socket is associated as a [`socket2::Socket`], handed over by value, or shared in an
//! [`Arc`](std::sync::Arc). Who hands it over has it closed by [`Handle::close`], or by the
//! drop of the last handle with nothing under way. Who shares it may go on to use the descriptor for anything but
//! closing it, at any time and from any thread, since no number can be given out again while a
//! share is held; [`Handle::close`] ends what is under way, and the descriptor closes with the
//! last share. That is what a `closesocket` needs that has to end the plain calls of other threads, too.
//! The descriptor is in non-blocking mode from the association on, and must stay so.
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
