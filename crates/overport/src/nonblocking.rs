//! The non-blocking model: calls that never wait, made again and again.
//!
//! In non-blocking mode ([`Socket::set_nonblocking`]) a call that can't proceed fails with
//! [`WouldBlock`](io::ErrorKind::WouldBlock) (`WSAEWOULDBLOCK`) at once and changes nothing;
//! the program does something else and calls again. One thread serves many clients this way,
//! without being told which of them has something to do: it asks each of them in turn.
//!
//! # Guarantees
//!
//! - No call on the socket waits: [`accept`](Socket::accept), [`receive`](Socket::receive)
//!   and [`receive_from`](Socket::receive_from) fail while there is nothing to take,
//!   [`send`](Socket::send) takes what there is room for and fails while there is none.
//! - [`connect`](Socket::connect) begins the handshake and fails with `WouldBlock`; until it
//!   has ended, sending and receiving fail with `NotConnected`. [`is_connected`] tells how
//!   it ended, as do [`select`](mod@crate::select)'s sets.
//! - An accepted socket has the mode of its listener.
//! - The mode can be switched at any time. A call that waits already waits on.
//!
//! # Limits
//!
//! Polling costs a processor: it asks idle sockets, too, and asks as fast as it can, whether
//! or not anything happens. A pause between two rounds saves processor time and costs
//! latency. [`select`](mod@crate::select) and the models after it were made to do away with
//! that; they use the same calls on the same non-blocking sockets.
//!
//! # Example
//!
//! An echo server that serves all its clients in turn, and ends with the last one.
//!
//! ```
//! use std::io::{self, Read, Write};
//! use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! use overport::{Socket, nonblocking::attempt};
//!
//! struct Client {
//!     socket: Socket,
//!     buffer: [u8; 4096],
//!     /// What was received and not yet sent back.
//!     unsent: std::ops::Range<usize>,
//! }
//!
//! impl Client {
//!     /// Does what can be done now; `false` at the end of the stream.
//!     fn proceed(&mut self) -> io::Result<bool> {
//!         if self.unsent.is_empty() {
//!             let Some(length) = attempt(|| self.socket.receive(&mut self.buffer))? else {
//!                 return Ok(true);
//!             };
//!             self.unsent = 0..length;
//!         }
//!         let unsent = &self.buffer[self.unsent.clone()];
//!         if unsent.is_empty() {
//!             return Ok(false);
//!         }
//!         self.unsent.start += attempt(|| self.socket.send(unsent))?.unwrap_or(0);
//!         Ok(true)
//!     }
//! }
//!
//! fn serve(listener: &Socket) -> io::Result<()> {
//!     listener.set_nonblocking(true)?;
//!     let mut clients: Vec<Client> = Vec::new();
//!     let mut had_clients = false;
//!     while !(had_clients && clients.is_empty()) {
//!         if let Some((socket, _peer)) = attempt(|| listener.accept())? {
//!             clients.push(Client { socket, buffer: [0; 4096], unsent: 0..0 });
//!             had_clients = true;
//!         }
//!         clients.retain_mut(|client| client.proceed().unwrap_or(false));
//!         std::thread::yield_now();
//!     }
//!     Ok(())
//! }
//!
//! let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! let mut client = TcpStream::connect(listener.local_addr()?)?;
//! let server = std::thread::spawn(move || serve(&listener));
//! client.write_all(b"hello")?;
//! let mut answer = [0; 5];
//! client.read_exact(&mut answer)?;
//! assert_eq!(&answer, b"hello");
//! drop(client);
//! server.join().expect("the server does not panic")?;
//! # Ok::<(), io::Error>(())
//! ```

use std::io;

use rustix::io::Errno;

use crate::error::from_errno;
use crate::socket::{Kind, Phase, Socket};
use crate::sys::codes;

/// Makes a call, and gives `None` where it would have had to wait.
///
/// # Errors
/// Those of the call, except `WouldBlock`.
///
/// ```
/// use overport::{nonblocking::attempt, socket::{Family, Kind, Socket}};
///
/// let socket = Socket::new(Family::Ipv4, Kind::Datagram)?;
/// socket.bind("127.0.0.1:0".parse().expect("an address"))?;
/// socket.set_nonblocking(true)?;
/// assert_eq!(attempt(|| socket.receive(&mut [0; 16]))?, None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "WSAEWOULDBLOCK")]
pub fn attempt<T>(call: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
    match call() {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the connect that was begun on `socket` has succeeded; `false` while it goes on.
/// It never waits, and may be asked again with the same answer.
///
/// # Errors
/// The error that the connect failed with, until the next one begins (`ConnectionAborted`
/// if the error was taken by [`Socket::take_error`]); `NotConnected` where none was begun or
/// the socket is a listener; `Unsupported` for a datagram socket; `WSAENOTSOCK` (EBADF)
/// after a close.
pub fn is_connected(socket: &Socket) -> io::Result<bool> {
    let inner = socket.inner();
    inner.check_open()?;
    if inner.kind() == Kind::Datagram {
        return Err(codes::unsupported());
    }
    match inner.phase() {
        Phase::Connected => Ok(true),
        Phase::Connecting => Ok(false),
        Phase::Failed => Err(inner
            .connect_error()
            .unwrap_or_else(|| from_errno(Errno::CONNABORTED))),
        Phase::Unconnected | Phase::Listening => Err(from_errno(Errno::NOTCONN)),
    }
}
