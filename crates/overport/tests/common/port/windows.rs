//! What the tests of the completion port ask of Windows.

use std::hint;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use overport::completion_port::CompletionPort;

use super::DEADLINE;

/// A thread, to be looked at by others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadId;

/// A send on a socket in non-blocking mode does not wait.
pub(super) const SEND_AT_ONCE: rustix::net::SendFlags = rustix::net::SendFlags::empty();

/// A name of the calling thread.
pub(crate) fn thread_id() -> ThreadId {
    ThreadId
}

/// Returns when the thread is likely to wait. No documented call tells whether it does, so it is
/// given some time; if that is too short a test shows less than it could.
pub(crate) fn wait_until_asleep(_thread: ThreadId) {
    thread::sleep(Duration::from_millis(30));
}

/// A process may have as many sockets as there is memory for.
pub(crate) fn descriptors_max() -> Option<usize> {
    None
}

/// Returns when the flag is set. It blocks, since Windows sees for itself who does, and takes
/// nobody's word for it.
#[track_caller]
pub(crate) fn wait_unseen(flag: &AtomicBool) {
    let start = Instant::now();
    while !flag.load(Ordering::SeqCst) {
        assert!(start.elapsed() < DEADLINE, "the flag is not set");
        thread::sleep(Duration::from_millis(1));
    }
}

/// What an idle connection takes of the port's memory without its key: most of it are the record
/// of the receive that the system has, and one that is kept for the next send.
pub(crate) const IDLE_BYTES: isize = 1152;

/// Whether a send that is larger than the socket's buffers waits until the peer reads: a send is
/// taken whole while there is any room.
pub(crate) const LONG_SENDS_WAIT: bool = false;

/// Whether the system releases no more threads than the concurrency value says: at 1, while a
/// thread with a packet computes, no other gets one.
pub(crate) fn keeps_the_concurrency_value() -> bool {
    static KEEPS: OnceLock<bool> = OnceLock::new();
    *KEEPS.get_or_init(|| {
        let port: CompletionPort<(), Vec<u8>, ()> = CompletionPort::new(1).unwrap();
        let (sender, released) = mpsc::channel();
        let mut completions = port.completions();
        port.post(());
        completions.next(None).unwrap();
        thread::scope(|scope| {
            let port = &port;
            scope.spawn(move || {
                if port.completions().next(None).unwrap().is_some() {
                    sender.send(()).unwrap();
                }
            });
            wait_until_asleep(ThreadId);
            port.post(());
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(100) {
                hint::spin_loop();
            }
            let keeps = released.try_recv().is_err();
            port.close();
            keeps
        })
    })
}
