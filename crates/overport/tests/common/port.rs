//! What the tests of the completion port share.
//!
//! Each test runs once for every back-end that is available, on ports that [`ports`] makes;
//! a new back-end is added there and nowhere else.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[cfg_attr(target_os = "linux", path = "port/linux.rs")]
#[cfg_attr(windows, path = "port/windows.rs")]
mod system;

use std::env;
use std::hint;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use overport::buffer::Buffer;
use overport::completion_port::{
    Backend, Builder, Completion, CompletionPort, Completions, Datagram, Listener, Stream,
};

#[allow(unused_imports, reason = "each test uses a part of it")]
pub(crate) use system::{
    IDLE_BYTES, LONG_SENDS_WAIT, ThreadId, descriptors_max, thread_id, wait_unseen,
    wait_until_asleep,
};
#[cfg(target_os = "linux")]
#[allow(unused_imports, reason = "each test uses a part of it")]
pub(crate) use system::{state, switches};

/// A buffer that carries something along, whose drop tells of the buffer's.
pub(crate) struct Tagged<T> {
    pub(crate) bytes: Vec<u8>,
    pub(crate) tag: T,
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: all is left to the vector, which keeps the conditions.
unsafe impl<T: Send + 'static> Buffer for Tagged<T> {
    fn filled(&self) -> &[u8] {
        self.bytes.filled()
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.bytes.spare()
    }

    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.bytes.advance(length) }
    }
}

/// Tells that a test ends without having shown what it is for.
pub(crate) fn skip(reason: &str) {
    let thread = thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not by a macro, whose output the harness keeps of tests that pass.
    let _ = writeln!(io::stderr(), "skipped {test}: {reason}");
}

/// Whether ports release no more threads than the concurrency value says; tells so if not.
pub(crate) fn keeps_the_concurrency_value() -> bool {
    let keeps = system::keeps_the_concurrency_value();
    if !keeps {
        skip("the system's ports release threads beyond the concurrency value");
    }
    keeps
}

/// How long a test waits for what must happen before it fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The back-ends that are available here, or the one that OVERPORT_BACKEND asks for.
pub(crate) fn backends() -> Vec<Backend> {
    let forced = env::var("OVERPORT_BACKEND").ok();
    match forced.filter(|name| !name.is_empty()) {
        Some(name) => vec![name.parse().unwrap()],
        None => [Backend::IoUring, Backend::Epoll, Backend::Iocp]
            .into_iter()
            .filter(|&backend| {
                let port = Builder::new().backend(backend).build();
                port.is_ok_and(|port: CompletionPort| port.backend() == backend)
            })
            .collect(),
    }
}

/// A new port over each back-end.
pub(crate) fn ports<K, B, P>(concurrency: usize) -> Vec<CompletionPort<K, B, P>>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    let new = |backend| {
        let builder = Builder::new().concurrency(concurrency).backend(backend);
        let port = builder.build().unwrap();
        assert_eq!(port.backend(), backend);
        port
    };
    backends().into_iter().map(new).collect()
}

/// A new port for one thread over each back-end.
pub(crate) fn pinned_ports<K, B, P>() -> Vec<CompletionPort<K, B, P>>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    let new = |backend| Builder::new().pinned().backend(backend).build().unwrap();
    backends().into_iter().map(new).collect()
}

/// Closes the port at the end of a test, also of one that fails, so that its threads end.
pub(crate) struct CloseAtEnd<'p, K, B, P>(pub(crate) &'p CompletionPort<K, B, P>)
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static;

impl<K, B, P> Drop for CloseAtEnd<'_, K, B, P>
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The next completion, which must come.
#[track_caller]
pub(crate) fn next<K, B: Buffer, P>(
    completions: &mut Completions<'_, K, B, P>,
) -> Completion<K, B, P> {
    completions
        .next(Some(DEADLINE))
        .unwrap()
        .expect("a completion comes")
}

/// Fails if a completion is there.
#[track_caller]
pub(crate) fn nothing<K, B: Buffer, P>(completions: &mut Completions<'_, K, B, P>) {
    if let Some(completion) = completions.next(Some(Duration::ZERO)).unwrap() {
        panic!("nothing is to come, but {completion:?} did");
    }
}

/// The parts of a completion, which must be of the kind that is asked for.
macro_rules! parts {
    ($($(#[$attribute:meta])* $name:ident: $variant:ident { $($field:ident: $of:ty),* };)*) => {$(
        $(#[$attribute])*
        #[track_caller]
        pub(crate) fn $name<K, B, P>(completion: Completion<K, B, P>) -> ($($of),*) {
            match completion {
                Completion::$variant { $($field),* } => ($($field),*),
                other => panic!(concat!("not a ", stringify!($variant), ": {:?}"), other),
            }
        }
    )*};
}

parts! {
    accepted: Accept {
        listener: Listener<K, B, P>, result: io::Result<(TcpStream, SocketAddr)>
    };
    connected: Connect { stream: Stream<K, B, P>, result: io::Result<()> };
    disconnected: Disconnect { stream: Stream<K, B, P>, result: io::Result<()> };
    received: Receive { stream: Stream<K, B, P>, buffer: B, result: io::Result<usize> };
    received_vectored: ReceiveVectored {
        stream: Stream<K, B, P>, buffers: Vec<B>, result: io::Result<usize>
    };
    sent: Send { stream: Stream<K, B, P>, buffer: B, result: io::Result<usize> };
    sent_vectored: SendVectored {
        stream: Stream<K, B, P>, buffers: Vec<B>, result: io::Result<usize>
    };
    received_from: ReceiveFrom {
        datagram: Datagram<K, B, P>, buffer: B, result: io::Result<(usize, SocketAddr)>
    };
    sent_to: SendTo { datagram: Datagram<K, B, P>, buffer: B, result: io::Result<usize> };
    received_from_vectored: ReceiveFromVectored {
        datagram: Datagram<K, B, P>, buffers: Vec<B>, result: io::Result<(usize, SocketAddr)>
    };
    sent_to_vectored: SendToVectored {
        datagram: Datagram<K, B, P>, buffers: Vec<B>, result: io::Result<usize>
    };
}

/// The packet of a post.
#[track_caller]
pub(crate) fn posted<K, B, P>(completion: Completion<K, B, P>) -> P {
    match completion {
        Completion::Post(packet) => packet,
        other => panic!("not a post: {other:?}"),
    }
}

/// The loopback address with a port that the system picks.
pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// A listener, and its address.
pub(crate) fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Both ends of a connection. Calls on the first fail rather than wait without end.
pub(crate) fn pair() -> (TcpStream, TcpStream) {
    let (listener, address) = listener();
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client.set_write_timeout(Some(DEADLINE)).unwrap();
    (client, listener.accept().unwrap().0)
}

/// A peer, and the stream of the port that is connected to it.
pub(crate) fn associated<K, B, P>(
    port: &CompletionPort<K, B, P>,
    key: K,
) -> (TcpStream, Stream<K, B, P>)
where
    K: Send + Sync + 'static,
    B: Buffer,
    P: Send + 'static,
{
    let (peer, socket) = pair();
    (peer, port.associate(socket, key).unwrap())
}

/// Waits for the end of what the other side sends, which is to be all that comes. A read of
/// its own would have to be begun anew where the end of an io_uring interrupts it.
#[track_caller]
pub(crate) fn ends(socket: &mut TcpStream) {
    assert_eq!(socket.read_to_end(&mut Vec::new()).unwrap(), 0);
}

/// As [`pair`], but the second takes no more than some ten thousand bytes for the first, as
/// long as that does not read.
pub(crate) fn narrow_pair() -> (TcpStream, TcpStream) {
    const BUFFERS: usize = 16 * 1024;
    let (listener, address) = listener();
    let client = unconnected();
    client.set_recv_buffer_size(BUFFERS).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client.connect(&address.into()).unwrap();
    let socket = socket2::Socket::from(listener.accept().unwrap().0);
    socket.set_send_buffer_size(BUFFERS).unwrap();
    (client.into(), socket.into())
}

/// Ends a connection by a reset.
pub(crate) fn reset(socket: TcpStream) {
    let socket = socket2::Socket::from(socket);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    drop(socket);
}

/// An address where nobody listens, and the socket that keeps it so.
pub(crate) fn refusing() -> (socket2::Socket, SocketAddr) {
    let socket = unconnected();
    socket.bind(&loopback().into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// An address where a connect neither succeeds nor fails for a second at least, and what
/// keeps it so: a listener whose queue is full.
pub(crate) fn stalling() -> ((socket2::Socket, TcpStream), SocketAddr) {
    let listener = unconnected();
    listener.bind(&loopback().into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let first = TcpStream::connect(address).unwrap();
    ((listener, first), address)
}

/// A listener whose queue holds more connections than any test leaves in it, and its address.
pub(crate) fn patient_listener() -> (TcpListener, SocketAddr) {
    let listener = unconnected();
    listener.bind(&loopback().into()).unwrap();
    listener.listen(4096).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    (listener.into(), address)
}

/// A stream socket, neither bound nor connected.
pub(crate) fn unconnected() -> socket2::Socket {
    socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap()
}

/// Bytes that tell where they belong.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

/// Sends until the peer takes no more; how much it took.
pub(crate) fn fill<K, B, P>(stream: &Stream<K, B, P>) -> usize {
    let filled = stream.options(|socket| {
        let mut total = 0;
        let bytes = pattern(65536);
        let flags = i32::try_from(system::SEND_AT_ONCE.bits()).unwrap();
        loop {
            match socket.send_with_flags(&bytes[total % 251..], flags) {
                Ok(length) => total += length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(total),
                Err(error) => return Err(error),
            }
        }
    });
    filled.unwrap()
}

/// Computes until the flag is set, without ever waiting in the kernel.
#[track_caller]
pub(crate) fn compute_until(flag: &AtomicBool) {
    let start = Instant::now();
    while !flag.load(Ordering::SeqCst) {
        assert!(start.elapsed() < DEADLINE, "the flag is not set");
        hint::spin_loop();
    }
}

/// Starts a thread that handles the next packet, after which it sets the flag; its name.
pub(crate) fn handles_one<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    port: &'env CompletionPort<u32, Vec<u8>, u32>,
    handled: &'env AtomicBool,
) -> ThreadId {
    let (id_sender, id) = mpsc::channel();
    scope.spawn(move || {
        let mut completions = port.completions();
        id_sender.send(thread_id()).unwrap();
        if completions.next(Some(DEADLINE)).unwrap().is_some() {
            handled.store(true, Ordering::SeqCst);
        }
    });
    id.recv_timeout(DEADLINE).unwrap()
}

/// Starts a thread that handles the next packet, which is to be `packet`; its name, and what
/// tells that it has.
pub(crate) fn handles<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    port: &'env CompletionPort<u32, Vec<u8>, u32>,
    packet: u32,
) -> (ThreadId, mpsc::Receiver<()>) {
    let (id_sender, id) = mpsc::channel();
    let (sender, handled) = mpsc::channel();
    scope.spawn(move || {
        let mut completions = port.completions();
        id_sender.send(thread_id()).unwrap();
        assert_eq!(posted(next(&mut completions)), packet);
        sender.send(()).unwrap();
    });
    (id.recv_timeout(DEADLINE).unwrap(), handled)
}

/// Runs `f` on a thread that has a packet, while another one waits, which handles the next
/// packet and then sets the flag.
pub(crate) fn beside_one_that_waits(
    port: &CompletionPort<u32, Vec<u8>, u32>,
    handled: &AtomicBool,
    f: impl FnOnce(),
) {
    thread::scope(|scope| {
        let _close = CloseAtEnd(port);
        let mut completions = port.completions();
        port.post(0);
        next(&mut completions);
        wait_until_asleep(handles_one(scope, port, handled));
        f();
    });
}

/// Returns when the condition holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "{what}");
        thread::yield_now();
    }
}

/// What an echo server does with a completion. Each stream needs one buffer.
pub(crate) fn echo<K, P>(completion: Completion<K, Vec<u8>, P>) {
    match completion {
        Completion::Receive {
            stream,
            buffer,
            result: Ok(1..),
        } => {
            stream.send(buffer);
        }
        Completion::Send {
            stream,
            mut buffer,
            result: Ok(_),
        } => {
            buffer.clear();
            stream.receive(buffer);
        }
        _ => {}
    }
}
