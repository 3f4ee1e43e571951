//! Small servers, right and wrong ones.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

type Behaviour = Arc<dyn Fn(TcpStream) -> io::Result<()> + Send + Sync>;

/// A server on a port of its own, until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves every client on a thread of its own.
    pub(crate) fn concurrent(
        behaviour: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let mut clients = Vec::new();
        Self::start(Arc::new(behaviour), move |behaviour, stream| {
            clients.push(Client(Some(thread::spawn(move || behaviour(stream)))));
        })
    }

    /// Serves one client after the other.
    pub(crate) fn iterative(
        behaviour: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::start(Arc::new(behaviour), |behaviour, stream| {
            // A client that breaks off is not the server's problem.
            let _ = behaviour(stream);
        })
    }

    /// How many clients it has accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    fn start(
        behaviour: Behaviour,
        mut serve: impl FnMut(Behaviour, TcpStream) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (accepted, stop) = (Arc::clone(&accepted), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    accepted.fetch_add(1, Ordering::SeqCst);
                    serve(Arc::clone(&behaviour), stream.unwrap());
                }
            }
        });
        Self {
            address,
            accepted,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // It ends the accept that the server is in.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A thread that is waited for.
struct Client(Option<JoinHandle<io::Result<()>>>);

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

/// The echo as it should be.
pub(crate) fn echo(stream: TcpStream) -> io::Result<()> {
    echo_with(stream, |_, _| {})
}

/// An echo in which `change` may change each piece; it is told how many bytes came before.
pub(crate) fn echo_with(
    mut stream: TcpStream,
    change: impl Fn(&mut Vec<u8>, usize),
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut before = 0;
    loop {
        let bytes = stream.read(&mut buffer)?;
        if bytes == 0 {
            return Ok(());
        }
        let mut piece = buffer[..bytes].to_vec();
        change(&mut piece, before);
        before += bytes;
        stream.write_all(&piece)?;
    }
}

/// An echo that does `change` to the byte at `place` of each client's stream.
pub(crate) fn flawed(
    place: usize,
    change: impl Fn(&mut Vec<u8>, usize) + Send + Sync + 'static,
) -> impl Fn(TcpStream) -> io::Result<()> + Send + Sync {
    move |stream| {
        echo_with(stream, |piece, before| {
            if (before..before + piece.len()).contains(&place) {
                change(piece, place - before);
            }
        })
    }
}

/// Reads to the end and answers nothing.
pub(crate) fn mute(mut stream: TcpStream) -> io::Result<()> {
    io::copy(&mut stream, &mut io::sink()).map(drop)
}
