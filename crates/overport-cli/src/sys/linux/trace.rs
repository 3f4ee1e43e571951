//! ptrace(2): counts the system calls of running processes.
//!
//! The system offers: a thread is attached to while it runs (PTRACE_SEIZE), threads and
//! processes that it starts are attached with it, and it stops at each end of each system call
//! (PTRACE_SYSCALL). One thread does it all, the tracer, since only it may ask anything of a
//! thread that it is attached to, and only its waits see the stops.
//!
//! Strategy: the stops of a thread are at a call's begin and end by turns, so every other one
//! counts. A thread is let go before it ends (PTRACE_O_TRACEEXIT), and where SIGKILL left no time
//! for that, its end is looked at without being taken: the exit code is for who started it. The
//! tracer sleeps until there is a stop; to tell it to end, one of the threads is sent a SIGSTOP,
//! which can't be blocked, and which the tracer takes away.
//!
//! Cost: two stops a call, each with a switch to the tracer and back, so a server is slower as
//! long as it is traced. A call that waits when its thread is attached to or let go may fail with
//! EINTR, as it may at any signal.
//!
//! The gap: what an io_uring does is not a system call. A process that is traced already can't be.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::process;
use super::ptrace::{self, Change, Stop};

/// How long the tracer may take to see that it is to end, before another thread is sent the
/// signal.
const ACKNOWLEDGE: Duration = Duration::from_millis(200);

/// The system calls of a process group, being counted. Dropping it lets the processes go.
#[derive(Debug)]
pub(crate) struct Tracer {
    shared: Arc<Shared>,
    /// Disconnected when the tracer has let all of them go.
    tracing: Receiver<()>,
    /// None when it was joined.
    thread: Option<JoinHandle<io::Result<u64>>>,
}

impl Tracer {
    /// Attaches to every thread of the group; what they call from now on counts, and what those
    /// do that they start. They run on. Fails with `PermissionDenied` where the system forbids it.
    pub(crate) fn attach(group: i32) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (attached, begun) = channel();
        let (alive, tracing) = channel::<()>();
        let thread = thread::Builder::new().name("tracer".into()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                let _alive = alive;
                Trace::new(&shared, attached).run(group)
            }
        })?;
        let mut tracer = Self {
            shared,
            tracing,
            thread: Some(thread),
        };
        match begun.recv() {
            Ok(()) => Ok(tracer),
            Err(_) => match tracer.join() {
                Ok(_) => Err(io::Error::other("all processes have ended")),
                Err(error) => Err(error),
            },
        }
    }

    /// Lets the processes go, which run on, and tells how many system calls they have begun.
    pub(crate) fn detach(mut self) -> io::Result<u64> {
        self.let_go();
        self.join()
    }

    fn let_go(&self) {
        self.shared.ending.store(true, Ordering::Release);
        let threads: Vec<i32> = self.shared.tasks().keys().copied().collect();
        let mut asked = Vec::new();
        for thread in threads.into_iter().filter_map(Pid::from_raw) {
            // It reaches any thread of the same process.
            let _ = kill_process(thread, Signal::STOP);
            asked.push(thread);
            if self.tracing.recv_timeout(ACKNOWLEDGE) == Err(RecvTimeoutError::Disconnected) {
                break;
            }
        }
        // Every signal but the one that was taken away stops a process.
        if asked.len() > 1 || !self.shared.taken.load(Ordering::Acquire) {
            for thread in asked {
                let _ = kill_process(thread, Signal::CONT);
            }
        }
    }

    fn join(&mut self) -> io::Result<u64> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(count)) => count,
            _ => Err(io::Error::other("the tracer panicked")),
        }
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.let_go();
            // Nobody wants the count.
            let _ = self.join();
        }
    }
}

fn own_thread() -> i32 {
    rustix::thread::gettid().as_raw_pid()
}

/// What the tracer and who uses it know of each other.
#[derive(Debug, Default)]
struct Shared {
    /// The threads that are attached to.
    tasks: Mutex<HashMap<i32, Task>>,
    /// The tracer is to let them go when it sees a SIGSTOP.
    ending: AtomicBool,
    /// It has seen one.
    taken: AtomicBool,
}

impl Shared {
    fn tasks(&self) -> MutexGuard<'_, HashMap<i32, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tracer. It can't leave its thread.
#[derive(Debug)]
struct Trace<'shared> {
    shared: &'shared Shared,
    calls: u64,
    /// Told once when all have stopped a first time, from where on they are counted.
    attached: Option<Sender<()>>,
    letting_go: bool,
}

/// A thread that is attached to.
#[derive(Clone, Copy, Debug, Default)]
struct Task {
    /// It has not stopped yet.
    awaited: bool,
    /// Its next stop for a call is at the end of one.
    in_call: bool,
}

impl<'shared> Trace<'shared> {
    fn new(shared: &'shared Shared, attached: Sender<()>) -> Self {
        Self {
            shared,
            calls: 0,
            attached: Some(attached),
            letting_go: false,
        }
    }

    fn run(mut self, group: i32) -> io::Result<u64> {
        while self.attach_new(group)? {}
        while !self.shared.tasks().is_empty() {
            self.tell_when_attached();
            match ptrace::next_change() {
                Ok(Change::Stopped { thread }) => {
                    // It may have been killed meanwhile.
                    if let Some(stop) = ptrace::take_stop(thread)? {
                        self.stopped(thread, stop);
                    }
                }
                // Its exit code is for who started it: this process.
                Ok(Change::Ended { thread }) if thread == group => break,
                Ok(Change::Ended { thread }) => {
                    ptrace::take_end(thread)?;
                    self.shared.tasks().remove(&thread);
                }
                Err(Errno::INTR) => {}
                Err(Errno::CHILD) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.calls)
    }

    fn tell_when_attached(&mut self) {
        if self.attached.is_none() || self.shared.tasks().values().any(|task| task.awaited) {
            return;
        }
        if let Some(attached) = self.attached.take() {
            // It is waited for as long as the tracer has not ended.
            let _ = attached.send(());
        }
    }

    /// Attaches to the threads of the group that are not; whether there were any. New threads of
    /// those that are attached to come by themselves, but not those that others started
    /// meanwhile.
    fn attach_new(&mut self, group: i32) -> io::Result<bool> {
        let mut some = false;
        for pid in process::members(group)? {
            for task in process::tasks(pid).unwrap_or_default() {
                let known = self.shared.tasks().contains_key(&task);
                some |= !known && self.attach(pid, task)?;
            }
        }
        Ok(some)
    }

    fn attach(&mut self, pid: i32, task: i32) -> io::Result<bool> {
        let attached = ptrace::seize(task).and_then(|()| ptrace::interrupt(task));
        match attached {
            Ok(()) => {}
            Err(_) if process::has_ended(pid, task) => return Ok(false),
            // One that is attached to has started it meanwhile, so it comes by itself.
            Err(_) if process::tracer(pid, task).is_ok_and(|tracer| tracer == own_thread()) => {}
            Err(error) => return Err(error),
        }
        let state = Task {
            awaited: true,
            in_call: false,
        };
        self.shared.tasks().insert(task, state);
        Ok(true)
    }

    fn stopped(&mut self, thread: i32, stop: Stop) {
        self.count(thread, stop);
        let signal = match stop {
            Stop::Signal(signal)
                if signal == Signal::STOP.as_raw()
                    && self.shared.ending.load(Ordering::Acquire) =>
            {
                self.begin_to_let_go();
                0
            }
            Stop::Signal(signal) => signal,
            _ => 0,
        };
        // These fail only where the thread has been killed.
        let _ = if self.letting_go || stop == Stop::Exit {
            self.shared.tasks().remove(&thread);
            ptrace::detach(thread, signal)
        } else if stop == Stop::Group {
            ptrace::listen(thread)
        } else {
            ptrace::resume(thread, signal)
        };
    }

    fn count(&mut self, thread: i32, stop: Stop) {
        let mut tasks = self.shared.tasks();
        let task = tasks.entry(thread).or_default();
        task.awaited = false;
        match stop {
            Stop::Call => {
                task.in_call = !task.in_call;
                self.calls += u64::from(task.in_call);
            }
            // It may have been in that call when it was attached to.
            Stop::Clone => task.in_call = true,
            _ => {}
        }
    }

    /// A thread can be let go only when it has stopped. One that can't be interrupted is gone.
    fn begin_to_let_go(&mut self) {
        self.letting_go = true;
        self.shared.taken.store(true, Ordering::Release);
        self.shared
            .tasks()
            .retain(|&thread, _| ptrace::interrupt(thread).is_ok());
    }
}
