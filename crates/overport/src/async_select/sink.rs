//! Messages for loops that belong to somebody else, delivered by a thread of the library.

use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::SocketMessage;
use super::queue::Queue;
use crate::selection::{Notice, Outbox, Registration};

/// Takes the messages of sockets: a foreign event loop's proxy, a channel, a closure.
///
/// One thread of the library, started when the first socket is selected for a sink, delivers
/// to all sinks, one message at a time, in the order of the events, and with no lock held. So
/// a sink must not wait: while it does, no other sink is served. A panic in a sink loses that
/// message and nothing else.
pub trait MessageSink: Send + Sync {
    /// Takes a message. The socket may have been closed since it was sent on its way.
    fn deliver(&self, message: SocketMessage);
}

impl<F: Fn(SocketMessage) + Send + Sync> MessageSink for F {
    fn deliver(&self, message: SocketMessage) {
        self(message);
    }
}

/// The way to one sink.
pub(super) struct SinkOutbox {
    sink: Arc<dyn MessageSink>,
    pub(super) queue: Arc<Queue<Addressed>>,
}

impl SinkOutbox {
    /// Starts the delivering thread where it does not run yet.
    pub(super) fn new(sink: Arc<dyn MessageSink>) -> io::Result<Self> {
        Ok(Self {
            sink,
            queue: queue_of_sinks()?,
        })
    }
}

impl Outbox for SinkOutbox {
    fn post(&self, notice: Notice) {
        let sink = self.sink.clone();
        // The queue of the sinks is never closed.
        let _ = self.queue.push(Addressed { sink, notice });
    }

    fn remove(&self, registration: &Registration) {
        // The outbox holds the sink too, so that none is dropped here, under the lock.
        self.queue
            .remove(|addressed| addressed.notice.is_of(registration));
    }
}

impl std::fmt::Debug for SinkOutbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SinkOutbox").finish_non_exhaustive()
    }
}

pub(super) struct Addressed {
    sink: Arc<dyn MessageSink>,
    notice: Notice,
}

impl Addressed {
    /// Runs the program's code: the sink, and its drop where this was the last of it.
    fn deliver(self) {
        if let Some(delivery) = self.notice.deliver() {
            self.sink.deliver(delivery.into());
        }
    }
}

fn queue_of_sinks() -> io::Result<Arc<Queue<Addressed>>> {
    static QUEUE: Mutex<Option<Arc<Queue<Addressed>>>> = Mutex::new(None);
    let mut running = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(queue) = &*running {
        return Ok(queue.clone());
    }
    let queue = Arc::new(Queue::new()?);
    let served = queue.clone();
    thread::Builder::new()
        .name("overport-sinks".into())
        .spawn(move || serve(&served))?;
    Ok(running.insert(queue).clone())
}

fn serve(queue: &Queue<Addressed>) {
    loop {
        while let Some(addressed) = queue.pop() {
            // A panic has been reported by its hook; the other sinks go on. What was panicked
            // with may panic in its drop.
            catch_unwind(AssertUnwindSafe(|| addressed.deliver())).unwrap_or_else(mem::forget);
        }
        let collected = queue
            .bell()
            .wait(None)
            .and_then(|()| queue.bell().collect());
        if collected.is_err() {
            // The system is short of memory. The sockets are still watched.
            thread::sleep(Duration::from_millis(100));
        }
    }
}
