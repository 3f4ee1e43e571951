//! What the peers share: their options, the listener, the threads, and the handler that blocks.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process;
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// What a message that makes its handler block begins with.
const STALL_MARK: &[u8] = b"OVPSTALL";

/// The options that every peer takes
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,

    /// Bytes that one receive takes at most
    #[arg(long, value_name = "BYTES", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=1 << 26))]
    buffer_size: u32,

    /// Milliseconds that the handler of a chunk that begins with OVPSTALL blocks
    #[arg(long, value_name = "MS", default_value_t = 0)]
    stall_ms: u32,
}

/// The option of the peers that serve on several threads
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Threads {
    /// Threads that serve
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: u16,
}

impl Options {
    /// Listens, with as long a queue as the system permits, and says where.
    pub fn listener(&self) -> io::Result<TcpListener> {
        let listener = listen(self.listen, false)?;
        announce(listener.local_addr()?);
        Ok(listener)
    }

    /// The address to listen on, for a library that listens itself and leaves the announcement.
    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// Bytes that one receive takes at most.
    pub fn buffer_size(&self) -> usize {
        self.buffer_size as usize
    }

    /// How long the handler of `chunk` blocks, if it does.
    pub fn stall(&self, chunk: &[u8]) -> Option<Duration> {
        let stalls = self.stall_ms > 0 && chunk.starts_with(STALL_MARK);
        stalls.then(|| Duration::from_millis(self.stall_ms.into()))
    }

    /// The handler of `chunk`, which blocks as one does that nobody planned for.
    pub fn handle(&self, chunk: &[u8]) {
        if let Some(time) = self.stall(chunk) {
            thread::sleep(time);
        }
    }
}

/// Serves on so many threads, each with a listener of its own at the same address: the system
/// spreads the clients over them. An error of one thread ends them all: fewer would be another
/// server.
pub fn serve_on_threads(
    options: Options,
    Threads { threads }: Threads,
    serve: fn(Options, TcpListener) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if threads == 1 {
        return serve(options, options.listener()?);
    }
    let first = listen(options.listen, true)?;
    let address = first.local_addr()?;
    for _ in 1..threads {
        let listener = listen(address, true)?;
        thread::spawn(move || {
            if let Err(error) = serve(options, listener) {
                eprintln!("error: {error:#}");
                process::exit(1);
            }
        });
    }
    announce(address);
    serve(options, first)
}

/// Listens, with as long a queue as the system permits: std's is too short for many clients that
/// come at once. A `shared` address is that of several listeners of this program.
fn listen(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.bind(&address.into())?;
    socket.listen(i32::MAX)?;
    Ok(socket.into())
}

/// Says where the server listens.
pub fn announce(address: SocketAddr) {
    println!("listening on {address}");
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Args {
        #[command(flatten)]
        options: Options,
    }

    fn options(more: &[&str]) -> Options {
        Args::parse_from(["peer", "--listen", "127.0.0.1:0"].iter().chain(more)).options
    }

    #[test]
    fn a_handler_blocks_when_it_was_told_to_and_its_chunk_begins_with_the_mark() {
        let options = options(&["--stall-ms", "10"]);
        assert_eq!(
            options.stall(b"OVPSTALL and more"),
            Some(Duration::from_millis(10))
        );
        assert_eq!(options.stall(b"no OVPSTALL"), None);
        assert_eq!(options.stall(b"OVPSTAL"), None);
    }

    #[test]
    fn the_threads_listen_at_one_address() {
        let first = listen(options(&[]).address(), true).unwrap();
        let address = first.local_addr().unwrap();
        let second = listen(address, true).unwrap();
        assert_eq!(second.local_addr().unwrap(), address);
        assert!(listen(address, false).is_err());
    }

    #[test]
    fn no_handler_blocks_unasked() {
        assert_eq!(options(&[]).stall(b"OVPSTALL"), None);
    }
}
