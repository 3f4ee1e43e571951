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
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use slab::Slab;

use crate::sys::epoll::{Epoll, Events};
use crate::sys::timer::Timer;
use crate::sys::wake::Wake;

/// Who is told of the edges of one descriptor.
pub(crate) trait Watched: Debug + Send + Sync {
    /// Something about the descriptor has changed, or may have: edges are hints. Runs on
    /// the thread that drives, and must not drive.
    fn edge(&self);

    /// The time is over that was asked for by [`Driver::defer`]; the same holds as for an
    /// edge.
    fn retry(&self);
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
    /// There from when a listener is watched; later there may be no descriptor for it.
    timer: OnceLock<Timer>,
    /// Who waits for the timer.
    deferred: Mutex<Vec<u64>>,
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
            timer: OnceLock::new(),
            deferred: Mutex::default(),
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

    /// Makes sure that `defer` can be called later, when there may be no descriptor left.
    pub(crate) fn prepare_to_defer(&self) -> io::Result<()> {
        if self.timer.get().is_some() {
            return Ok(());
        }
        let timer = Timer::new()?;
        self.epoll.add_level(&timer, TIMER)?;
        // Another thread may have been faster; then this timer goes, and its watch with it.
        let _ = self.timer.set(timer);
        Ok(())
    }

    /// Has [`Watched::retry`] called, by who drives then, in a tenth of a second.
    pub(crate) fn defer(&self, token: u64) -> io::Result<()> {
        let Some(timer) = self.timer.get() else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let mut deferred = self.deferred.lock().unwrap_or_else(PoisonError::into_inner);
        if deferred.is_empty() {
            timer.set(DELAY)?;
        }
        if !deferred.contains(&token) {
            deferred.push(token);
        }
        Ok(())
    }

    /// Takes the edges that wait, and tells those who watch. Edges that come meanwhile may
    /// be left; the descriptor is readable then.
    pub(crate) fn drive(&self) -> io::Result<()> {
        let count = self.count.load(Ordering::Relaxed);
        // A timer that ran out is to be seen to even if whom it was for is gone.
        if count == 0 && self.timer.get().is_none() {
            return Ok(());
        }
        let mut edges = self.edges.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..=count / Events::LIMIT {
            self.epoll.wait(&mut edges, Some(Duration::ZERO))?;
            for (token, _) in edges.iter() {
                if token == TIMER {
                    self.retry()?;
                } else if let Some(watched) = self.watched(token) {
                    watched.edge();
                }
            }
            if !edges.is_full() {
                break;
            }
        }
        Ok(())
    }

    fn retry(&self) -> io::Result<()> {
        let mut deferred = self.deferred.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = std::mem::take(&mut *deferred);
        if let Some(timer) = self.timer.get() {
            timer.set(Duration::ZERO)?;
        }
        drop(deferred);
        for watched in tokens.into_iter().filter_map(|token| self.watched(token)) {
            watched.retry();
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

/// The timer's.
const TIMER: u64 = u64::MAX - 1;

/// How long a listener rests for which there was no descriptor left.
const DELAY: Duration = Duration::from_millis(100);

fn index(token: u64) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll::{Interest, level, wait};

    /// Counts what it is told.
    #[derive(Debug, Default)]
    struct Told {
        edges: AtomicUsize,
        retries: AtomicUsize,
    }

    impl Told {
        fn counts(&self) -> (usize, usize) {
            let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
            (count(&self.edges), count(&self.retries))
        }
    }

    impl Watched for Told {
        fn edge(&self) {
            self.edges.fetch_add(1, Ordering::Relaxed);
        }

        fn retry(&self) {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn enrol(driver: &Driver, told: &Arc<Told>) -> u64 {
        let told: Weak<Told> = Arc::downgrade(told);
        driver.enrol(told)
    }

    #[test]
    fn an_edge_is_told_once_and_none_after_the_watch_has_ended() {
        let (driver, told) = (Driver::new().unwrap(), Arc::new(Told::default()));
        let source = Wake::new().unwrap();
        let token = enrol(&driver, &told);
        driver.watch(&source, token).unwrap();
        driver.drive().unwrap();
        let (before, _) = told.counts();
        source.set();
        assert!(level(&driver).unwrap().readable);
        driver.drive().unwrap();
        driver.drive().unwrap();
        assert_eq!(told.counts(), (before + 1, 0));
        driver.retire(Some(&source), token);
        source.set();
        assert!(!level(&driver).unwrap().readable);
    }

    #[test]
    fn a_rest_ends_once_also_when_it_was_for_one_that_is_gone() {
        let (driver, told) = (Driver::new().unwrap(), Arc::new(Told::default()));
        let token = enrol(&driver, &told);
        driver.prepare_to_defer().unwrap();
        for expected in [1, 1] {
            driver.defer(token).unwrap();
            driver.defer(token).unwrap();
            wait(&[Interest::readable(driver.as_fd())], None).unwrap();
            driver.drive().unwrap();
            assert_eq!(told.counts(), (0, expected));
            assert!(!level(&driver).unwrap().readable);
            driver.retire(None::<&Wake>, token);
        }
    }
}
