//! An io_uring: each socket is asked about when an operation needs it, and what the kernel
//! can do by itself it is left to do.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::{Duration, Instant};

use super::Notice;
use crate::completion_port::engine::token::{Subject, Token};
use crate::sys::uring::{BufferRing, Drained, Mode, PollInterest, Ring};
use crate::sys::wake::Wake;

/// The token of the descriptor that ends a wait.
const WAKE: u64 = u64::MAX >> 1;

/// How long the end of a port waits for the kernel to let go of its buffers.
const LAST_WAIT: Duration = Duration::from_secs(1);

pub(in crate::completion_port::engine) struct Watch {
    ring: Ring,
    wake: Arc<Wake>,
    /// A thread waits in the kernel, or is about to.
    asleep: AtomicBool,
}

impl Watch {
    pub(super) fn new(pinned: bool, wake: &Arc<Wake>) -> io::Result<Self> {
        let mode = if pinned { Mode::Pinned } else { Mode::Shared };
        let ring = Ring::new(mode)?;
        ring.poll_multishot(wake.as_fd(), PollInterest::READABLE, WAKE);
        Ok(Self {
            ring,
            wake: Arc::clone(wake),
            asleep: AtomicBool::new(false),
        })
    }

    /// A ring from which the kernel picks buffers to receive into.
    pub(super) fn buffers(&self, count: u16) -> io::Result<BufferRing> {
        self.ring.register_buffers(count.next_power_of_two())
    }

    /// Asks whether there is something to read, or room to write, now or as soon as there is;
    /// `on_and_on` also for what comes later.
    pub(in crate::completion_port::engine) fn poll(
        &self,
        socket: BorrowedFd<'_>,
        token: Token,
        subject: Subject,
        on_and_on: bool,
    ) {
        let interest = match subject {
            Subject::Writing => PollInterest::WRITABLE,
            _ => PollInterest::READABLE,
        };
        let bits = token.to_bits(subject);
        if on_and_on {
            self.ring.poll_multishot(socket, interest, bits);
        } else {
            self.ring.poll(socket, interest, bits);
        }
        self.submit_if_asleep();
    }

    /// Has the kernel receive into a buffer of the group, `once` or from now on.
    pub(in crate::completion_port::engine) fn receive(
        &self,
        socket: BorrowedFd<'_>,
        token: Token,
        group: u16,
        once: bool,
    ) {
        let bits = token.to_bits(Subject::Received);
        if once {
            self.ring.receive(socket, group, bits);
        } else {
            self.ring.receive_multishot(socket, group, bits);
        }
        self.submit_if_asleep();
    }

    /// Ends what was asked for; the last answer still comes, or a notice that it was missed.
    pub(in crate::completion_port::engine) fn cancel(&self, token: Token, subject: Subject) {
        self.ring.cancel(token.to_bits(subject));
        self.submit_if_asleep();
    }

    /// Ends all that was asked of a socket. Whether the kernel knows, so that the socket may be
    /// closed; if not, the thread that waits is about to tell it.
    pub(super) fn forget(&self, token: Token, asked: impl Iterator<Item = Subject>) -> bool {
        let mut any = false;
        for subject in asked {
            self.ring.cancel(token.to_bits(subject));
            any = true;
        }
        !any || self.submit()
    }

    fn submit(&self) -> bool {
        // What fails here is met again by the thread that waits.
        let submitted = self.ring.submit().unwrap_or(false);
        if !submitted {
            self.wake.set();
        }
        submitted
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        if !self.ring.is_owner() {
            self.ring.enable_here()?;
        }
        self.asleep.store(true, Ordering::Relaxed);
        // Whoever queues something from here on sees that a thread sleeps, and what was queued
        // before is seen by the wait.
        fence(Ordering::SeqCst);
        let waited = self.ring.wait(timeout);
        self.asleep.store(false, Ordering::Relaxed);
        waited
    }

    /// The descriptor would do, but its poll is answered by the thread that had asked, which may
    /// compute for long.
    pub(super) fn wake(&self) -> bool {
        self.ring.wake().unwrap_or(false)
    }

    pub(super) fn collect(&self, mut report: impl FnMut(Token, Subject, Notice)) {
        self.ring.drain_all(|drained| {
            let (bits, notice) = match drained {
                Drained::Missed(bits) => (bits, Notice::Missed),
                Drained::Event(event) => (event.token, Notice::Answer(event)),
            };
            let event = match notice {
                Notice::Answer(event) if bits == WAKE => event,
                _ => {
                    let (token, subject) = Token::from_bits(bits);
                    return report(token, subject, notice);
                }
            };
            self.wake.clear();
            if !event.more {
                let readable = PollInterest::READABLE;
                self.ring.poll_multishot(self.wake.as_fd(), readable, WAKE);
            }
        });
    }

    /// What is queued is submitted by the next wait, unless a thread is in one already.
    fn submit_if_asleep(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) {
            self.submit();
        }
    }

    /// Ends everything; whether the kernel has let go of all memory.
    pub(in crate::completion_port::engine) fn end(&self) -> bool {
        self.ring
            .cancel_all_and_drain(Instant::now() + LAST_WAIT, |_| {})
    }
}
