//! The blocking models: one call at a time, each of which waits until it is done.
//!
//! A new [`Socket`] is in blocking mode, and the model needs nothing else. When each call
//! returns is tabled in the [`socket`](crate::socket) module: accept when a client has
//! connected, connect when the handshake has succeeded or failed, send when all bytes are in
//! the send buffer (which is not yet at the peer), receive when at least one byte is there
//! or the stream has ended, and a datagram call with one whole datagram.
//!
//! # Iterative: one client after the other
//!
//! The server takes a client, serves it until it leaves, and takes the next. It needs no
//! memory per client and nothing can get out of order. Its limit is one client at a time: the
//! next one is connected by the system and waits, its first bytes in the receive buffer,
//! until the one before has left. A client that says nothing holds up everybody.
//!
//! ```
//! use std::io::{self, Read, Write};
//! use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! use overport::Socket;
//!
//! /// Sends back what comes until the client ends its side.
//! fn echo(client: &Socket) -> io::Result<()> {
//!     let mut buffer = [0; 4096];
//!     loop {
//!         let length = client.receive(&mut buffer)?;
//!         if length == 0 {
//!             return Ok(());
//!         }
//!         client.send(&buffer[..length])?;
//!     }
//! }
//!
//! fn serve(listener: &Socket, clients: usize) -> io::Result<()> {
//!     for _ in 0..clients {
//!         let (client, peer) = listener.accept()?;
//!         if let Err(error) = echo(&client) {
//!             eprintln!("{peer}: {error}");
//!         }
//!     }
//!     Ok(())
//! }
//!
//! let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! let address = listener.local_addr()?;
//! let server = std::thread::spawn(move || serve(&listener, 2));
//! for message in [b"one", b"two"] {
//!     let mut client = TcpStream::connect(address)?;
//!     client.write_all(message)?;
//!     let mut answer = [0; 3];
//!     client.read_exact(&mut answer)?;
//!     assert_eq!(&answer, message);
//! }
//! server.join().expect("the server does not panic")?;
//! # Ok::<(), io::Error>(())
//! ```
//!
//! # Concurrent: a thread per client
//!
//! The accepting thread gives each client a thread of its own and waits for the next client
//! at once. The code for one client stays as it is, and none holds up another. The limit is
//! the threads: each has a stack, takes part in scheduling, and is there also while its
//! client is idle.
//!
//! ```
//! use std::io::{self, Read, Write};
//! use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! use std::thread;
//! use overport::Socket;
//!
//! # fn echo(client: &Socket) -> io::Result<()> {
//! #     let mut buffer = [0; 4096];
//! #     loop {
//! #         let length = client.receive(&mut buffer)?;
//! #         if length == 0 {
//! #             return Ok(());
//! #         }
//! #         client.send(&buffer[..length])?;
//! #     }
//! # }
//! fn serve(listener: &Socket) {
//!     thread::scope(|clients| {
//!         // It ends when another thread closes the listener.
//!         while let Ok((client, peer)) = listener.accept() {
//!             clients.spawn(move || {
//!                 if let Err(error) = echo(&client) {
//!                     eprintln!("{peer}: {error}");
//!                 }
//!             });
//!         }
//!     });
//! }
//!
//! let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! let address = listener.local_addr()?;
//! thread::scope(|scope| -> io::Result<()> {
//!     scope.spawn(|| serve(&listener));
//!     let idle = TcpStream::connect(address)?;
//!     let mut client = TcpStream::connect(address)?;
//!     client.write_all(b"hello")?;
//!     let mut answer = [0; 5];
//!     client.read_exact(&mut answer)?; // although the client before says nothing
//!     assert_eq!(&answer, b"hello");
//!     drop(idle);
//!     listener.close();
//!     Ok(())
//! })?;
//! # Ok::<(), io::Error>(())
//! ```
//!
//! # Guarantees
//!
//! - [`Socket::close`] in another thread ends the call that waits, with an error. That is
//!   how a thread that waits in [`Socket::accept`] is told to stop.
//! - Signals don't end calls.
//! - A timeout can be set among the [options](crate::Socket::options) (SO_RCVTIMEO,
//!   SO_SNDTIMEO); a call that waited for so long fails with `TimedOut` (`WSAETIMEDOUT`).
//!
//! # On Windows
//!
//! Each thread that waits in a call has a second socket, by which it is woken; see
//! [`socket`](crate::socket#on-windows).
//!
//! [`Socket`]: crate::Socket
//! [`Socket::close`]: crate::Socket::close
//! [`Socket::accept`]: crate::Socket::accept
