//! What the integration tests share.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

pub(crate) mod events;
pub(crate) mod messages;
pub(crate) mod sets;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
pub(crate) mod system;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use overport::Socket;
use overport::socket::{Family, Kind};

use system::ThreadId;

/// How long a test waits for what must happen before it fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The loopback address with a port that the system picks.
pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// A listener on the loopback address, and its address.
pub(crate) fn listener() -> (Socket, SocketAddr) {
    let listener = Socket::listen_at(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A new stream socket, neither bound nor connected.
pub(crate) fn stream() -> Socket {
    Socket::new(Family::Ipv4, Kind::Stream).unwrap()
}

/// A stream socket that is connected to `address`.
pub(crate) fn connect(address: SocketAddr) -> Socket {
    let socket = stream();
    socket.connect(address).unwrap();
    socket
}

/// Both ends of a connection.
pub(crate) fn pair() -> (Socket, Socket) {
    let (listener, address) = listener();
    let client = connect(address);
    (client, listener.accept().unwrap().0)
}

/// A bound datagram socket.
pub(crate) fn datagram() -> Socket {
    let socket = Socket::new(Family::Ipv4, Kind::Datagram).unwrap();
    socket.bind(loopback()).unwrap();
    socket
}

/// An address where nobody listens, and the socket that keeps it so.
pub(crate) fn refusing() -> (Socket, SocketAddr) {
    let socket = stream();
    socket.bind(loopback()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// An address where a connect neither succeeds nor fails for a second at least, and what
/// keeps it so: a listener whose queue is full.
pub(crate) fn stalling() -> ((Socket, Socket), SocketAddr) {
    let listener = stream();
    listener.bind(loopback()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let first = connect(address);
    ((listener, first), address)
}

/// Ends a connection by a reset.
pub(crate) fn reset(socket: Socket) {
    socket.options().set_linger(Some(Duration::ZERO)).unwrap();
    drop(socket);
}

/// Makes a call until it succeeds or fails by anything but `WouldBlock`.
pub(crate) fn persist<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                assert!(start.elapsed() < DEADLINE, "it would block for ever");
                thread::yield_now();
            }
            result => return result,
        }
    }
}

/// Says that the calling test can't show here what it is for, and why; the test returns then.
pub(crate) fn skip(reason: &str) {
    let thread = thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not by a macro, whose output the harness keeps of tests that pass.
    let _ = writeln!(io::stderr(), "skipped {test}: {reason}");
}

/// A call in another thread.
pub(crate) struct Background<T> {
    thread: ThreadId,
    result: Receiver<T>,
}

impl<T: Send + 'static> Background<T> {
    pub(crate) fn spawn(call: impl FnOnce() -> T + Send + 'static) -> Self {
        let (send_thread, thread) = channel();
        let (send, result) = channel();
        thread::spawn(move || {
            send_thread.send(ThreadId::current()).unwrap();
            // The test may have failed and gone.
            let _ = send.send(call());
        });
        Self {
            thread: thread.recv_timeout(DEADLINE).unwrap(),
            result,
        }
    }

    /// Returns when the call waits; fails if it has ended.
    pub(crate) fn wait_until_blocked(&self) {
        self.thread.wait_until_blocked();
    }

    /// Whether the call goes on.
    pub(crate) fn is_under_way(&self) -> bool {
        self.result.try_recv().is_err()
    }

    /// What the call returned.
    pub(crate) fn result(self) -> T {
        self.result
            .recv_timeout(DEADLINE)
            .expect("the call returns")
    }
}
