//! A ring: its two queues, how they are submitted, waited for and drained.

use std::collections::VecDeque;
use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use io_uring::types::{SubmitArgs, Timespec};
use io_uring::{CompletionQueue, EnterFlags, IoUring, SubmissionQueue, cqueue, squeue};
use rustix::io::Errno;

use super::buffers::Entries;
use super::event::{Drained, Event, OWN, RESERVED};
use super::setup::{Features, Mode, named, set_up};
use crate::sys::linux::thread;

/// How many completions are copied out under the lock at a time.
const BATCH: usize = 64;

/// An io_uring. Any thread may push, submit and cancel; one thread at a time waits and drains,
/// and if more do, each completion goes to one of them.
///
/// Dropping it closes it, which does not stop the kernel: it may go on writing to buffers that
/// were given to it for an operation that is still in the ring. See
/// [`Ring::cancel_all_and_drain`].
pub(crate) struct Ring {
    /// Closed before `groups` goes, in which the kernel reads.
    ring: IoUring,
    mode: Mode,
    features: Features,
    /// What did not fit into the submission queue. The lock is that of the queue too.
    backlog: Mutex<VecDeque<squeue::Entry>>,
    /// Whether something was pushed that is not known to be with the kernel.
    queued: AtomicBool,
    /// The lock of the completion queue.
    completions: Mutex<()>,
    /// Operations that were pushed and whose last completion was not drained.
    unfinished: AtomicUsize,
    /// The thread that a pinned ring belongs to; 0 before it has one.
    owner: AtomicU64,
    /// The memory of the buffer rings; the index is the group.
    groups: Mutex<Vec<Arc<Entries>>>,
}

impl Ring {
    /// Makes a ring and shows by a trial that it works. The errors name the call: EPERM where
    /// a sandbox or `kernel.io_uring_disabled` forbids it, ENOSYS without io_uring,
    /// [`io::ErrorKind::Unsupported`] for a kernel that is too old; EINVAL for a pinned ring
    /// before Linux 6.1.
    pub(crate) fn new(mode: Mode) -> io::Result<Self> {
        let (ring, features) = set_up(mode)?;
        Ok(Self {
            ring,
            mode,
            features,
            backlog: Mutex::default(),
            queued: AtomicBool::new(false),
            completions: Mutex::default(),
            unfinished: AtomicUsize::new(0),
            owner: AtomicU64::new(0),
            groups: Mutex::default(),
        })
    }

    /// What this system can do.
    pub(crate) fn features(&self) -> Features {
        self.features
    }

    /// Makes a pinned ring this thread's. Fails with EBADFD if it has an owner already, as a
    /// shared ring does.
    pub(crate) fn enable_here(&self) -> io::Result<()> {
        let enabled = self.ring.submitter().register_enable_rings();
        enabled.map_err(|error| named("io_uring_register of the owner", &error))?;
        self.owner.store(thread::number(), Ordering::Release);
        Ok(())
    }

    /// Whether this thread may submit and wait: the owner of a pinned ring, anybody for a
    /// shared one.
    pub(crate) fn is_owner(&self) -> bool {
        match self.mode {
            Mode::Shared => true,
            Mode::Pinned => self.owner.load(Ordering::Acquire) == thread::number(),
        }
    }

    /// Whether anything can be with the kernel: a pinned ring takes nothing before it has an
    /// owner.
    pub(super) fn is_in_use(&self) -> bool {
        self.mode == Mode::Shared || self.owner.load(Ordering::Acquire) != 0
    }

    /// Whether something was pushed that is not known to be with the kernel.
    pub(crate) fn has_queued(&self) -> bool {
        self.queued.load(Ordering::Acquire)
    }

    /// How many operations are without their last event.
    pub(crate) fn unfinished(&self) -> usize {
        self.unfinished.load(Ordering::Acquire)
    }

    /// Hands what is queued to the kernel, by whichever thread it was pushed, without waiting.
    /// Costs nothing if there is nothing.
    ///
    /// `false` says that something stays queued: on a pinned ring if this thread is not the
    /// owner, and if the kernel is short of memory. The next wait submits it, so a thread that
    /// waits already has to be woken.
    pub(crate) fn submit(&self) -> io::Result<bool> {
        if !self.has_queued() {
            return Ok(true);
        }
        if !self.is_owner() {
            return Ok(false);
        }
        // A pinned ring does only then what a cancellation leaves to do: let go of the file.
        let flags = match self.mode {
            Mode::Shared => EnterFlags::empty(),
            Mode::Pinned => EnterFlags::GETEVENTS,
        };
        loop {
            let queue = self.fill_queue();
            if queue.length == 0 {
                return Ok(true);
            }
            if !self.enter(queue.length, 0, flags, None)? {
                return Ok(false);
            }
        }
    }

    /// Submits what is queued and waits for a completion, in one system call; `None` waits
    /// without end. Returns at once, without a call if it can, when completions are there.
    /// May return early without any: on a signal, and when another thread submits meanwhile.
    ///
    /// On a pinned ring it fails with EEXIST if this thread is not the owner. EBADR says, once,
    /// that the kernel had no memory to keep a completion for which the queue had no room, so
    /// that an operation will never have its last event.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        if !self.is_owner() {
            return Err(named("io_uring_enter", &Errno::EXIST.into()));
        }
        let queue = loop {
            let queue = self.fill_queue();
            if !queue.has_backlog {
                break queue;
            }
            if !self.enter(queue.length, 0, EnterFlags::empty(), None)? {
                return Ok(());
            }
        };
        let are_there = self.has_completions();
        if are_there && queue.length == 0 && !queue.has_work {
            return Ok(());
        }
        let wanted = u32::from(!are_there && timeout != Some(Duration::ZERO));
        self.enter(queue.length, wanted, EnterFlags::GETEVENTS, timeout)?;
        Ok(())
    }

    /// Ends the wait of another thread, or the next one. `false` says that this thread can't:
    /// on a pinned ring, if it is not the owner, and if the kernel is short of memory.
    ///
    /// It completes an operation in this thread. A poll of an eventfd would end the wait too,
    /// but by way of the thread that has submitted the poll, which may be computing.
    pub(crate) fn wake(&self) -> io::Result<bool> {
        if !self.is_owner() {
            return Ok(false);
        }
        self.nothing();
        self.submit()
    }

    /// Takes out the completions, in their order, until there are none, those included that
    /// the kernel keeps because the queue was full. Never waits. No lock is held while `each`
    /// runs.
    pub(crate) fn drain(&self, mut each: impl FnMut(Event)) {
        self.drain_all(|drained| match drained {
            Drained::Event(event) => each(event),
            Drained::Missed(_) => {}
        });
    }

    /// [`Ring::drain`], with what cancellations have missed.
    pub(crate) fn drain_all(&self, mut each: impl FnMut(Drained)) {
        let mut batch = [const { MaybeUninit::<cqueue::Entry>::uninit() }; BATCH];
        loop {
            let batch = self.take(&mut batch);
            if batch.is_empty() && !self.flush_overflow() {
                return;
            }
            for event in batch.iter().cloned().map(Event::from) {
                match event.token {
                    OWN => {}
                    token if token & RESERVED != 0 => each(Drained::Missed(token & !RESERVED)),
                    _ => each(Drained::Event(event)),
                }
            }
        }
    }

    /// Queues an operation of the caller's.
    pub(super) fn push(&self, entry: squeue::Entry, token: u64) {
        debug_assert_eq!(
            token & RESERVED,
            0,
            "the ring's own operations have this bit"
        );
        self.unfinished.fetch_add(1, Ordering::AcqRel);
        self.queue(entry.user_data(token));
    }

    /// Queues an operation of the ring's own, which has no event. It must not refer to memory.
    pub(super) fn push_own(&self, entry: squeue::Entry) {
        self.queue(entry.user_data(OWN));
    }

    /// Queues the cancellation of an operation, which has no event if it succeeds.
    pub(super) fn push_cancel(&self, entry: squeue::Entry, token: u64) {
        self.queue(entry.user_data(token | RESERVED));
    }

    pub(super) fn system(&self) -> &IoUring {
        &self.ring
    }

    pub(super) fn groups(&self) -> MutexGuard<'_, Vec<Arc<Entries>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, entry: squeue::Entry) {
        self.with_queue(|queue, backlog| {
            if !backlog.is_empty() || !put(queue, &entry) {
                backlog.push_back(entry);
            }
            self.queued.store(true, Ordering::Release);
        });
    }

    /// Moves what it can into the submission queue, and looks at it.
    fn fill_queue(&self) -> QueueState {
        self.with_queue(|queue, backlog| {
            while backlog.front().is_some_and(|entry| put(queue, entry)) {
                backlog.pop_front();
            }
            queue.sync();
            if queue.is_empty() {
                self.queued.store(false, Ordering::Release);
            }
            QueueState {
                length: u32::try_from(queue.len()).unwrap_or(u32::MAX),
                has_backlog: !backlog.is_empty(),
                has_work: !self.features.tells_of_work || queue.taskrun() || queue.cq_overflow(),
            }
        })
    }

    #[expect(unsafe_code, reason = "the submission queue, under its lock")]
    fn with_queue<R>(
        &self,
        f: impl FnOnce(&mut SubmissionQueue<'_>, &mut VecDeque<squeue::Entry>) -> R,
    ) -> R {
        let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the lock is the only way to the queue, and it outlives this value.
        let mut queue = unsafe { self.ring.submission_shared() };
        f(&mut queue, &mut backlog)
    }

    fn has_completions(&self) -> bool {
        self.with_completions(|completions| !CompletionQueue::is_empty(completions))
    }

    /// Copies completions out, and counts those that are the last of their operation.
    fn take<'room>(&self, room: &'room mut [MaybeUninit<cqueue::Entry>]) -> &'room [cqueue::Entry] {
        let batch = self.with_completions(|completions| completions.fill(room));
        let is_last = |entry: &&cqueue::Entry| {
            entry.user_data() & RESERVED == 0 && !cqueue::more(entry.flags())
        };
        let last = batch.iter().filter(is_last).count();
        self.unfinished.fetch_sub(last, Ordering::AcqRel);
        batch
    }

    #[expect(unsafe_code, reason = "the completion queue, under its lock")]
    fn with_completions<R>(&self, f: impl FnOnce(&mut CompletionQueue<'_>) -> R) -> R {
        let _lock = self
            .completions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the lock is the only way to the queue, and it outlives this value.
        let mut completions = unsafe { self.ring.completion_shared() };
        f(&mut completions)
    }

    /// Has the kernel move what it keeps into the empty completion queue. Whether it has.
    fn flush_overflow(&self) -> bool {
        if !self.with_queue(|queue, _| queue.cq_overflow()) || !self.is_owner() {
            return false;
        }
        // The one that waits next meets the error again.
        let entered = self.enter(0, 0, EnterFlags::GETEVENTS, None);
        entered.is_ok() && self.has_completions()
    }

    /// `false` if the kernel has to be asked again later.
    #[expect(unsafe_code, reason = "io_uring_enter")]
    fn enter(
        &self,
        submit: u32,
        wanted: u32,
        flags: EnterFlags,
        timeout: Option<Duration>,
    ) -> io::Result<bool> {
        let time = timeout.map(|timeout| Timespec::from(timeout.min(LONGEST)));
        let mut arguments = SubmitArgs::new();
        if let Some(time) = &time {
            arguments = arguments.timespec(time);
        }
        let flags = (flags | EnterFlags::EXT_ARG).bits();
        let submitter = self.ring.submitter();
        // SAFETY: the arguments are those that EXT_ARG announces, and live until the call
        // ends. What the entries refer to was promised to `push`.
        let result = unsafe { submitter.enter(submit, wanted, flags, Some(&arguments)) };
        match result {
            Ok(_) => Ok(true),
            Err(error) => match error.raw_os_error().map(Errno::from_raw_os_error) {
                Some(Errno::TIME | Errno::INTR) => Ok(true),
                Some(Errno::BUSY | Errno::AGAIN) => Ok(false),
                _ => Err(named("io_uring_enter", &error)),
            },
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if self.is_in_use() && self.unfinished() > 0 {
            // The kernel may still read where the next buffer is.
            mem::forget(mem::take(&mut *self.groups()));
        }
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring")
            .field("fd", &self.ring.as_raw_fd())
            .field("mode", &self.mode)
            .field("features", &self.features)
            .field("unfinished", &self.unfinished())
            .finish_non_exhaustive()
    }
}

/// The longest wait: the kernel adds the time to its clock, and the sum must not overflow.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// The submission queue at one moment.
struct QueueState {
    /// How many entries are in it.
    length: u32,
    /// More are kept beside it.
    has_backlog: bool,
    /// Completions wait for a system call to be put into the completion queue.
    has_work: bool,
}

#[expect(unsafe_code, reason = "an entry of the submission queue")]
fn put(queue: &mut SubmissionQueue<'_>, entry: &squeue::Entry) -> bool {
    // SAFETY: who has pushed the entry keeps what it refers to until its last event (see
    // `operations`).
    unsafe { queue.push(entry) }.is_ok()
}
