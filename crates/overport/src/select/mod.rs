//! The select model: ask a set of sockets which of them are ready.
//!
//! A program puts its sockets into up to three sets, calls [`select()`], and finds in each
//! set the sockets that can be called without waiting. One thread serves many clients this
//! way, and does nothing while there is nothing to do. What it asks for is a state and not
//! an event: a socket whose data is left unread is ready again at the next call.
//!
//! | set | holds a socket when |
//! |---|---|
//! | read | a connection can be accepted, data can be received, or the stream has ended or was reset |
//! | write | there is room to send, or a connect under way has succeeded |
//! | exception | out-of-band data is there (unless OOBINLINE puts it into the stream), or a connect under way has failed |
//!
//! # Guarantees
//!
//! - The sets come back with only the ready sockets, in the order in which they were added,
//!   and the number of them over all sets is returned: 0 when the timeout passed.
//! - Blocking and non-blocking sockets may be in one set, a socket in several sets.
//! - A stream socket that was neither connected nor made a listener is never ready, nor is
//!   one whose connect goes on; a failed connect is in the exception set only, until the
//!   next is tried; a reset peer makes a socket readable and writable; a datagram socket is
//!   writable also before it is bound.
//! - [`Socket::close`] in another thread, or dropping the socket there, wakes the call,
//!   which fails; so does a closed socket in a set. The sets are untouched then.
//! - Sockets of any descriptor number can be waited for.
//!
//! # Limits
//!
//! A set holds 64 sockets unless it was made for more, and every call looks at every socket
//! in it, ready or not, so that the cost of a call grows with the number of clients. When
//! several threads wait for one socket all of them wake; the one that is late should find
//! it in non-blocking mode. Room to send is room for a part: a blocking send of more waits
//! for its client, and with it the server; a non-blocking one and the write set don't.
//!
//! # On Linux
//!
//! What is below is poll(2), and an epoll instance for sockets that poll(2) takes for ready
//! and this model does not: a descriptor and three system calls for a call of [`select()`] that
//! waits for one of them.
//!
//! # On Windows
//!
//! What is below is Winsock's `select` with sets of the size needed, and with a socket of the
//! calling thread among those to be read, by which [`Socket::close`] wakes it.
//!
//! # Example
//!
//! One set holds the sockets to ask about, a copy of it goes into the call. (A server goes
//! on without end where this one stops when its client has left.)
//!
//! ```
//! use std::io::{self, Read, Write};
//! use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! use overport::{Socket, select::{FdSet, select}};
//!
//! fn serve(listener: &Socket) -> io::Result<()> {
//!     let mut clients: Vec<Socket> = Vec::new();
//!     let mut sockets = FdSet::new();
//!     sockets.add(listener)?;
//!     let mut ready = FdSet::new();
//!     loop {
//!         ready.clone_from(&sockets);
//!         select(Some(&mut ready), None, None, None)?;
//!         clients.retain(|client| {
//!             let stays = !ready.contains(client) || echo(client).unwrap_or(false);
//!             if !stays {
//!                 sockets.remove(client);
//!             }
//!             stays
//!         });
//!         if ready.contains(listener) {
//!             let (client, _peer) = listener.accept()?;
//!             // A client that finds the set full is dropped, and sees its connection end.
//!             if sockets.add(&client).is_ok() {
//!                 clients.push(client);
//!             }
//!         }
//!         if clients.is_empty() {
//!             return Ok(());
//!         }
//!     }
//! }
//!
//! fn echo(client: &Socket) -> io::Result<bool> {
//!     let mut buffer = [0; 4096];
//!     let length = client.receive(&mut buffer)?;
//!     client.send(&buffer[..length])?;
//!     Ok(length > 0)
//! }
//!
//! let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! let address = listener.local_addr()?;
//! std::thread::scope(|scope| {
//!     let server = scope.spawn(|| serve(&listener));
//!     let mut client = TcpStream::connect(address)?;
//!     client.write_all(b"hello")?;
//!     let mut answer = [0; 5];
//!     client.read_exact(&mut answer)?;
//!     assert_eq!(&answer, b"hello");
//!     drop(client);
//!     server.join().expect("the server does not panic")
//! })?;
//! # Ok::<(), io::Error>(())
//! ```
//!
//! [`FdSet::iter`] gives the ready sockets by their [`SocketId`](crate::socket::SocketId),
//! for a server that keeps its clients in a map.
//!
//! [`Socket::close`]: crate::Socket::close

mod asked;
mod fd_set;
mod members;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::cell::RefCell;
use std::io;
use std::time::{Duration, Instant};

use asked::Asked;
pub use fd_set::{FdSet, Iter, MAX_SOCKETS};
use system::Wait;

/// Waits until a socket of the sets is ready, and leaves only the ready ones in them
/// (poll(2), `select`); see the [module's page](self) for what ready means.
///
/// With no timeout it waits without end; with a timeout of zero it looks once; with another
/// it waits for that long at least. Returns how many sockets are ready over all sets, a
/// socket in two sets counted twice; 0 when the timeout passed.
///
/// # Errors
/// `InvalidInput` (`WSAEINVAL`) when no set holds a socket; `WSAENOTSOCK` (EBADF) when a
/// socket in a set is closed, or is closed during the call; no descriptors left, where the call
/// needs one of its own.
/// The sets are untouched then.
pub fn select(
    read: Option<&mut FdSet>,
    write: Option<&mut FdSet>,
    except: Option<&mut FdSet>,
    timeout: Option<Duration>,
) -> io::Result<usize> {
    let deadline = match timeout {
        // A deadline that no clock can hold is none.
        Some(timeout) => Instant::now().checked_add(timeout),
        None => None,
    };
    let sets = [
        (read.as_deref(), Asked::READ),
        (write.as_deref(), Asked::WRITE),
        (except.as_deref(), Asked::EXCEPT),
    ];
    if sets.iter().all(|(set, _)| set.is_none_or(FdSet::is_empty)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // The memory of the last call on this thread. No code of the user's runs in between.
    let mut wait = WAIT.try_with(RefCell::take).unwrap_or_default();
    let result = wait.run(sets, deadline).map(|()| {
        let sets = [
            (read, Asked::READ),
            (write, Asked::WRITE),
            (except, Asked::EXCEPT),
        ];
        let mut total = 0;
        for (set, asked) in sets {
            if let Some(set) = set {
                set.retain(|socket| wait.members.is_ready(socket, asked));
                total += set.len();
            }
        }
        total
    });
    wait.members.clear();
    // It fails on a thread that is about to end; then the memory goes now.
    let _ = WAIT.try_with(|kept| kept.replace(wait));
    result
}

thread_local! {
    static WAIT: RefCell<Wait> = RefCell::default();
}
