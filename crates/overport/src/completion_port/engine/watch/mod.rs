//! How the thread that polls waits: for edges that epoll reports, or for answers of an
//! io_uring.

mod epoll;
mod uring;

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use super::token::{Subject, Token};
use crate::completion_port::Backend;
use crate::sys::poll::Readiness;
use crate::sys::thread;
use crate::sys::uring::{BufferRing, Event};
use crate::sys::wake::Wake;
pub(super) use uring::Watch as Uring;

/// What a port waits by.
pub(super) enum Watch {
    Epoll(epoll::Watch),
    Uring(Box<uring::Watch>),
}

/// What a wait has brought for a socket.
pub(super) enum Notice {
    /// What it is ready for.
    Edge(Readiness),
    /// An answer to what was asked.
    Answer(Event),
    /// What was to end was not found, and may go on.
    Missed,
}

impl Watch {
    /// `pinned` promises that one thread only waits.
    pub(super) fn new(backend: Backend, pinned: bool, wake: &Arc<Wake>) -> io::Result<Self> {
        match backend {
            Backend::Epoll => epoll::Watch::new(wake).map(Self::Epoll),
            Backend::IoUring => {
                let watch = uring::Watch::new(pinned, wake)?;
                Ok(Self::Uring(Box::new(watch)))
            }
            Backend::Iocp => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "it is Windows' own",
            )),
        }
    }

    pub(super) fn backend(&self) -> Backend {
        match self {
            Self::Epoll(_) => Backend::Epoll,
            Self::Uring(_) => Backend::IoUring,
        }
    }

    /// What is to be asked when an operation has to wait; epoll tells by itself.
    pub(super) fn asks(&self) -> Option<&uring::Watch> {
        match self {
            Self::Epoll(_) => None,
            Self::Uring(watch) => Some(watch),
        }
    }

    /// A ring from which the kernel picks buffers, if it can.
    pub(super) fn buffers(&self, count: u16) -> io::Result<Option<BufferRing>> {
        self.asks().map(|watch| watch.buffers(count)).transpose()
    }

    /// Reports on the socket from now on.
    pub(super) fn add(&self, socket: BorrowedFd<'_>, token: Token) -> io::Result<()> {
        match self {
            Self::Epoll(watch) => watch.add(socket, token),
            Self::Uring(_) => Ok(()),
        }
    }

    /// Reports on the socket no more, or only to say that it has ended what was `asked` and not
    /// answered. Whether it may be closed; if not, it may when the last answer is there.
    pub(super) fn remove(
        &self,
        socket: BorrowedFd<'_>,
        token: Token,
        asked: impl Iterator<Item = Subject>,
    ) -> bool {
        match self {
            Self::Epoll(watch) => watch.remove(socket),
            Self::Uring(watch) => watch.forget(token, asked),
        }
    }

    /// Waits for something to report, a wake-up or the timeout. One thread at a time.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Epoll(watch) => watch.wait(timeout),
            Self::Uring(watch) => watch.wait(timeout),
        }
    }

    /// Ends the wait under way, or the next one; whether that could be done, so that the
    /// descriptor for it need not be set.
    pub(super) fn wake(&self) -> bool {
        match self {
            Self::Epoll(_) => false,
            Self::Uring(watch) => watch.wake(),
        }
    }

    /// Some thread has been computing for a while. An io_uring has work that only the thread
    /// does which had asked for it, as it enters the kernel.
    pub(super) fn push_on(&self) {
        match self {
            Self::Epoll(_) => {}
            Self::Uring(_) => thread::interrupt_running(),
        }
    }

    /// Reports what the last wait has brought.
    pub(super) fn collect(&self, report: impl FnMut(Token, Subject, Notice)) {
        match self {
            Self::Epoll(watch) => watch.collect(report),
            Self::Uring(watch) => watch.collect(report),
        }
    }
}
