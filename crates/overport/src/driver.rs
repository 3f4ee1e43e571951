//! An epoll instance that is driven by whoever waits: for an event object, for a message.
//!
//! The sockets in it are edge-triggered. A thread that finds its descriptor readable, or
//! wants to know what holds now, calls [`Driver::drive`], which takes the edges and hands
//! each to its socket's registration. So no thread of the library stands between the kernel
//! and the waiting program.

use std::fmt::Debug;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use slab::Slab;

use crate::sys::epoll::{Epoll, Events};
use crate::sys::wake::Wake;

/// Who is told of the edges of one descriptor.
pub(crate) trait Watched: Debug + Send + Sync {
    /// Something about the descriptor has changed, or may have: edges are hints. Runs on
    /// the thread that drives, and must not drive.
    fn edge(&self);
}

/// The epoll instance, and who is told of what it reports.
#[derive(Debug)]
pub(crate) struct Driver {
    epoll: Epoll,
    /// Readable for as long as what the driver's owner has to offer.
    wake: Wake,
    watched: Mutex<Slab<Weak<dyn Watched>>>,
    /// How many `watched` holds, so that driving nothing costs no system call.
    count: AtomicUsize,
    /// Held while edges are handled, so that who drives second finds the first one's edges
    /// handled.
    edges: Mutex<Events>,
}

impl Driver {
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = Epoll::new()?;
        let wake = Wake::new()?;
        epoll.add_level(&wake, WAKE)?;
        Ok(Self {
            epoll,
            wake,
            watched: Mutex::default(),
            count: AtomicUsize::new(0),
            edges: Mutex::new(Events::default()),
        })
    }

    /// What makes the driver's descriptor readable although no edge waits.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Makes room for one more to be told of edges, and gives its token.
    pub(crate) fn enrol(&self, watched: Weak<dyn Watched>) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(watched) as u64
    }

    /// Begins to watch a descriptor; an edge comes first for what it is ready for already.
    pub(crate) fn watch(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        self.epoll.add(fd, token)
    }

    /// Ends what `enrol` and `watch` began. The descriptor may be gone, and with it its watch.
    pub(crate) fn retire(&self, fd: Option<impl AsFd>, token: u64) {
        if let Some(fd) = fd {
            // It fails where the watch was never begun.
            let _ = self.epoll.remove(fd);
        }
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if all.try_remove(index(token)).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Takes the edges that wait, and tells those who watch. Edges that come meanwhile may
    /// be left; the descriptor is readable then.
    pub(crate) fn drive(&self) -> io::Result<()> {
        let count = self.count.load(Ordering::Relaxed);
        if count == 0 {
            return Ok(());
        }
        let mut edges = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..=count / Events::LIMIT {
            self.epoll.wait(&mut edges, Some(Duration::ZERO))?;
            for (token, _) in edges.iter() {
                if let Some(watched) = self.watched(token) {
                    watched.edge();
                }
            }
            if !edges.is_full() {
                break;
            }
        }
        Ok(())
    }

    /// The one with this token; a token that was given anew since the edge came brings the
    /// new one an edge it can do without.
    fn watched(&self, token: u64) -> Option<Arc<dyn Watched>> {
        let all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(index(token)).and_then(Weak::upgrade)
    }
}

impl AsFd for Driver {
    /// Readable while an edge waits or the wake-up is set.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// The wake-up's token; no index reaches it.
const WAKE: u64 = u64::MAX;

fn index(token: u64) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX)
}
