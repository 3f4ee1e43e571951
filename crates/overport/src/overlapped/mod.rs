//! Overlapped operations: the call returns at once, the operation goes on by itself, and the
//! program is told of its end, by an event or by a completion routine.
//!
//! A [`Stream`], [`Listener`] or [`Datagram`] makes [`Request`]s; how one is started says how
//! the program learns of its end:
//!
//! | started by | the end is told by | Winsock |
//! |---|---|---|
//! | [`signal`](Request::signal) | an [event](crate::event::EventObject), and [`Operation::result`] | `hEvent`, `WSAGetOverlappedResult` |
//! | [`then`](Request::then) | a routine that this thread runs in an alertable wait | `lpCompletionRoutine`, `SleepEx` |
//! | [`wait`](Request::wait) | the call's return | no `WSAOVERLAPPED`: a synchronous call |
//!
//! The buffers go in with the operation and come back with what came of it, whatever that
//! is. There may be several: a send gathers them in their order, a receive scatters into
//! their spare room, each filled before the next.
//!
//! # By event
//!
//! The event is reset when the operation starts and set when it has ended, so there is one
//! event for each operation under way. A wait takes 64 of them, which is the limit of this
//! form: a program with more operations has more threads, or looks at them in groups.
//!
//! ```
//! use std::net::{TcpListener, TcpStream};
//! use overport::event::{EventObject, wait_all};
//! use overport::overlapped::Stream;
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let client = Stream::try_from(TcpStream::connect(listener.local_addr()?)?)?;
//! let server = Stream::try_from(listener.accept()?.0)?;
//!
//! let [sent, received] = [EventObject::manual_reset()?, EventObject::manual_reset()?];
//! let parts = [Vec::with_capacity(4), Vec::with_capacity(64)];
//! let receive = server.receive(parts).signal(&received);
//! let send = client.send([b"head".to_vec(), b"body".to_vec()]).signal(&sent);
//! // Both go on while this thread does what it likes.
//! wait_all(&[&sent, &received], None)?;
//! let (result, _) = send.result().expect("its event is set");
//! assert_eq!(result?, 8);
//! let (result, [head, body]) = receive.result().expect("its event is set");
//! assert_eq!(result?, 8);
//! assert_eq!((&head[..], &body[..]), (&b"head"[..], &b"body"[..]));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # By completion routine
//!
//! The routine runs on the thread that started the operation, and only while that thread
//! waits alertably: in [`sleep`], [`wait_any`] or [`wait_all`] of this module, never in a
//! plain wait or in any other call. So it needs no locks, need not be `Send`, and may start
//! the next operation. The limit of this form is the same thing: who starts an operation
//! must be there for its end.
//!
//! ```
//! use std::cell::Cell;
//! use std::net::{TcpListener, TcpStream};
//! use std::rc::Rc;
//! use overport::overlapped::{self, Stream};
//!
//! /// Echoes until the peer's stream ends.
//! fn echo(stream: Stream, buffer: Vec<u8>, ended: Rc<Cell<bool>>) {
//!     let receiver = stream.clone();
//!     receiver.receive([buffer]).then(move |(result, [buffer])| match result {
//!         Ok(1..) => {
//!             let sender = stream.clone();
//!             sender.send([buffer]).then(move |(_, [mut buffer])| {
//!                 buffer.clear();
//!                 echo(stream, buffer, ended);
//!             });
//!         }
//!         _ => ended.set(true),
//!     });
//! }
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let client = Stream::try_from(TcpStream::connect(listener.local_addr()?)?)?;
//! let ended = Rc::new(Cell::new(false));
//! echo(listener.accept()?.0.try_into()?, Vec::with_capacity(64), Rc::clone(&ended));
//!
//! let echoed = Rc::new(Cell::new(Vec::new()));
//! let answer = Rc::clone(&echoed);
//! client.send([b"hello".to_vec()]).then(drop);
//! client.receive([Vec::with_capacity(64)]).then(move |(_, [buffer])| answer.set(buffer));
//! client.disconnect().then(drop);
//! while !ended.get() {
//!     overlapped::sleep(None)?;
//! }
//! assert_eq!(echoed.take(), b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Guarantees
//!
//! - Operations of one direction of a socket are performed in the order in which they were
//!   started: several receives fill one after the other, several sends are not mixed.
//! - They make progress while the thread that started them computes.
//! - They follow neither the socket's mode nor its timeouts, which are for
//!   [`wait`](Request::wait).
//! - Starting never fails: an error is a result, and comes by the event or the routine too.
//! - A cancelled operation ends as cancelled and took nothing. Closing the socket ends what is
//!   under way with `ConnectionAborted`.
//! - A thread's exit cancels the operations that it started with routines. Those with events
//!   go on, but for Windows, which cancels them too.
//!
//! # On Linux
//!
//! The operations of all sockets of the process are performed by one thread of the library,
//! at a [completion port](crate::completion_port) of its own, that is started with the first
//! socket of this module and stays. A send is tried by the thread that starts it. So each
//! operation costs a switch to that thread and some allocations, and what all of them move is
//! bound by one processor: use the completion port where that counts. To the kernel the
//! sockets are non-blocking.
//!
//! # On Windows
//!
//! An operation is the call of Winsock that it is named after, with an `OVERLAPPED` that has
//! the event or goes with a completion routine of the system's; a routine of the program's
//! runs when the alertable wait has returned from all of those. AcceptEx and ConnectEx have no
//! completion routine, so a thread of the system's pool stands in for it, and `disconnect` is
//! `shutdown`. What differs:
//!
//! - The exit of a thread cancels what it has started with events as well, also where the
//!   [`Operation`] was dropped: let a thread outlive what it has started.
//! - A send ends when Winsock has its bytes, and Winsock takes any number of them at once while
//!   there is room for one. One send has less than 4 GiB (`InvalidInput`).
//! - Sends and receives that are started while the socket connects fail with `NotConnected`,
//!   and [`shutdown`](Handle::shutdown) leaves alone what is under way.
//! - Nobody is told of the end of an operation that was dropped. A timer looks for it, after a
//!   millisecond at first and every second in the end; then the buffers are dropped, and the
//!   socket is closed if it has no handle left.
//! - [`Operation::wait`] waits for the event. Where another takes or resets that, it sees the
//!   end a tenth of a second later.
//! - The mode of a socket of the standard library can't be asked for and counts as blocking.
//!   To the system the sockets are non-blocking.

mod buffers;
mod call;
mod event;
mod request;
mod routine;
mod socket;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod system;

pub use crate::operation_id::OperationId;
pub use buffers::Buffers;
pub use event::Operation;
pub use request::Request;
pub use routine::{Woken, sleep, wait_all, wait_any};
pub use socket::{Datagram, Handle, Listener, Stream};
