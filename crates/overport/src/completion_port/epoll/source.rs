//! A socket at the port: its operations in both directions, and the calls that perform them.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use socket2::Socket;

use super::Engine;
use super::attempt::Attempt;
use super::direction::{Direction, Reset};
use super::edge::Edges;
use super::registry::Token;
use super::running;
use crate::buffer::Buffer;
use crate::completion_port::Completion;
use crate::completion_port::operation::{Operation, OperationId, Operations, Request};
use crate::error::from_errno;
use crate::socket::internet_address;

/// How long a listener rests after a connection could not be taken, for want of descriptors
/// most likely; the kernel gives no edge when there are some again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(in crate::completion_port) struct Source<K, B, P> {
    engine: Arc<Engine<K, B, P>>,
    token: Token,
    /// Dropped before the socket is closed, so that a peer which sees the end finds the
    /// program done with the key.
    key: K,
    edges: Arc<Edges>,
    operations: AtomicU64,
    reset: Reset,
    reading: Mutex<Half<K, B, P>>,
    writing: Mutex<Half<K, B, P>>,
}

/// One direction, and the socket for as long as it is open. All calls are made under the
/// lock of their direction, so that closing, which takes both, never pulls a descriptor
/// away from under one.
struct Half<K, B, P> {
    socket: Result<Arc<Socket>, Closed>,
    direction: Direction<K, B, P>,
}

/// Why there is no socket any more.
#[derive(Clone, Copy)]
enum Closed {
    Socket,
    Port,
}

/// What became of an operation that was begun.
enum Begun<K, B, P> {
    /// It waits for an edge, or its turn.
    Pending,
    /// It may be done by whoever claims the socket from the queue.
    Ready,
    Completed(Completion<K, B, P>),
    /// The port is closed: nobody will ask for it.
    Nowhere(Operation<K, B, P>),
}

impl<K, B, P> Source<K, B, P> {
    pub(super) fn new(
        engine: Arc<Engine<K, B, P>>,
        token: Token,
        edges: Arc<Edges>,
        socket: Arc<Socket>,
        key: K,
    ) -> Self {
        let half = |ready| {
            Mutex::new(Half {
                socket: Ok(Arc::clone(&socket)),
                direction: Direction::new(ready),
            })
        };
        Self {
            engine,
            token,
            key,
            edges,
            operations: AtomicU64::new(0),
            reset: Reset::default(),
            // The first edge tells what there is to read; that there is room to write is
            // likelier than not.
            reading: half(false),
            writing: half(true),
        }
    }

    pub(in crate::completion_port) fn key(&self) -> &K {
        &self.key
    }

    /// The socket, while it is open.
    pub(in crate::completion_port) fn socket(&self) -> io::Result<Arc<Socket>> {
        match &lock(&self.reading).socket {
            Ok(socket) => Ok(Arc::clone(socket)),
            Err(_) => Err(from_errno(Errno::BADF)),
        }
    }

    pub(in crate::completion_port) fn local_addr(&self) -> io::Result<SocketAddr> {
        internet_address(&self.socket()?.local_addr()?)
    }

    pub(in crate::completion_port) fn peer_addr(&self) -> io::Result<SocketAddr> {
        internet_address(&self.socket()?.peer_addr()?)
    }

    /// Takes one operation, or all, out of those under way; they complete as cancelled.
    pub(in crate::completion_port) fn cancel(&self, id: Option<OperationId>) -> usize {
        let mut cancelled = Operations::new();
        for half in [&self.reading, &self.writing] {
            let mut half = lock(half);
            match id {
                Some(id) => cancelled.extend(half.direction.take(id)),
                None => cancelled.extend(half.direction.take_all()),
            }
        }
        let count = cancelled.len();
        self.fail(cancelled, |_| Errno::CANCELED);
        count
    }

    /// Closes the socket; what is under way completes as aborted.
    pub(in crate::completion_port) fn close(&self) {
        let aborted = self.end(Closed::Socket);
        self.fail(aborted, |request| match request {
            Request::Accept { .. } => Errno::CANCELED,
            _ => Errno::CONNABORTED,
        });
    }

    /// Closes the socket; nobody will ask any more for what is under way.
    pub(super) fn abandon(&self) -> Operations<K, B, P> {
        self.end(Closed::Port)
    }

    /// Takes the socket away from both directions, and all operations.
    fn end(&self, why: Closed) -> Operations<K, B, P> {
        let mut reading = lock(&self.reading);
        let mut writing = lock(&self.writing);
        let socket = std::mem::replace(&mut reading.socket, Err(why));
        let same_socket = std::mem::replace(&mut writing.socket, Err(why));
        let mut operations = reading.direction.take_all();
        operations.append(&mut writing.direction.take_all());
        drop(reading);
        drop(writing);
        if let Ok(socket) = socket {
            self.engine.registry().unregister(self.token, &*socket);
        }
        drop(same_socket);
        operations
    }

    fn fail(&self, operations: Operations<K, B, P>, errno: impl Fn(&Request<B>) -> Errno) {
        for operation in operations {
            let error = from_errno(errno(&operation.request));
            self.engine.push(operation.complete(Err(error)));
        }
    }

    /// Sets the timer that a direction asks for.
    fn set_timer(&self, half: &mut Half<K, B, P>, now: Instant) {
        if let Some(at) = half.direction.timer_to_set(now) {
            self.engine.registry().expire_at(self.token, at);
        }
    }
}

impl<K, B: Buffer, P> Source<K, B, P> {
    /// Begins an operation, whose completion goes to the port's queue in any case.
    pub(in crate::completion_port) fn submit(
        self: Arc<Self>,
        request: Request<B>,
        deadline: Option<Instant>,
    ) -> OperationId {
        let id = self.next_id();
        if let Some(completion) = self.start(id, request, deadline, false) {
            self.engine.push(completion);
        }
        id
    }

    /// Begins an operation, and returns its completion if it is done at once and the
    /// thread's budget allows.
    pub(in crate::completion_port) fn submit_now(
        self: Arc<Self>,
        request: Request<B>,
        deadline: Option<Instant>,
    ) -> Option<Completion<K, B, P>> {
        let id = self.next_id();
        let now = running::may_complete_at_once();
        let completion = self.start(id, request, deadline, now)?;
        if now {
            running::completed_at_once();
            return Some(completion);
        }
        self.engine.push(completion);
        None
    }

    fn next_id(&self) -> OperationId {
        OperationId(self.operations.fetch_add(1, Ordering::Relaxed))
    }

    fn start(
        self: &Arc<Self>,
        id: OperationId,
        request: Request<B>,
        deadline: Option<Instant>,
        now: bool,
    ) -> Option<Completion<K, B, P>> {
        let operation = Operation {
            id,
            request,
            source: Arc::clone(self),
            deadline,
        };
        match self.begin(operation, now) {
            Begun::Completed(completion) => return Some(completion),
            Begun::Pending => {}
            Begun::Ready => self.enqueue(),
            Begun::Nowhere(operation) => drop(operation),
        }
        None
    }

    /// Does what can be done now, unless operations are under way that come first.
    pub(in crate::completion_port) fn attempt(
        self: Arc<Self>,
        request: Request<B>,
    ) -> Completion<K, B, P> {
        let source = Arc::clone(&self);
        let mut operation = Operation {
            id: OperationId(self.operations.fetch_add(1, Ordering::Relaxed)),
            request,
            source: self,
            deadline: None,
        };
        let mut half = lock(if operation.request.is_reading() {
            &source.reading
        } else {
            &source.writing
        });
        let Half { socket, direction } = &mut *half;
        let Ok(socket) = socket else {
            return operation.complete(Err(from_errno(Errno::BADF)));
        };
        if operation.request.lacks_buffers() {
            return operation.complete(Err(from_errno(Errno::INVAL)));
        }
        if !direction.operations.is_empty() {
            return operation.complete(Err(io::ErrorKind::WouldBlock.into()));
        }
        let result = match operation.request.attempt(socket) {
            Attempt::Done(result) => result,
            Attempt::DoneShort => Ok(()),
            Attempt::Pending if operation.request.sent() > 0 => Ok(()),
            Attempt::Pending => Err(io::ErrorKind::WouldBlock.into()),
        };
        let result = source.reset.apply(&operation.request, result);
        operation.complete(result)
    }

    /// A send is tried at once, so that it is on its way while the program goes on; a receive
    /// is left to the thread that claims it, unless its answer is wanted at once.
    fn begin(&self, operation: Operation<K, B, P>, now: bool) -> Begun<K, B, P> {
        let reads = operation.request.is_reading();
        let mut half = lock(if reads { &self.reading } else { &self.writing });
        match half.socket {
            Ok(_) => {}
            Err(Closed::Socket) => {
                drop(half);
                return Begun::Completed(operation.complete(Err(from_errno(Errno::BADF))));
            }
            Err(Closed::Port) => return Begun::Nowhere(operation),
        }
        if operation.request.lacks_buffers() {
            drop(half);
            return Begun::Completed(operation.complete(Err(from_errno(Errno::INVAL))));
        }
        half.direction.note(if reads {
            self.edges.take_reading()
        } else {
            self.edges.take_writing()
        });
        let first = half.direction.operations.is_empty();
        let has_deadline = operation.deadline.is_some();
        half.direction.operations.push_back(operation);
        if first && (now || !reads) {
            if let Some(completion) = self.step(&mut half) {
                return Begun::Completed(completion);
            }
        }
        if has_deadline {
            self.set_timer(&mut half, Instant::now());
        }
        if reads && half.direction.can_step() {
            Begun::Ready
        } else {
            Begun::Pending
        }
    }

    /// Performs what can be performed, until one operation is done. The caller has claimed
    /// the socket from the queue.
    pub(super) fn perform(self: Arc<Self>) -> Option<Completion<K, B, P>> {
        self.edges.dequeue();
        let (completion, more) = self.perform_writing();
        if completion.is_some() {
            // What there is to read has its own turn.
            self.enqueue();
            return completion;
        }
        let (completion, more_to_read) = self.perform_reading();
        if more || more_to_read {
            self.enqueue();
        }
        completion
    }

    fn perform_writing(&self) -> (Option<Completion<K, B, P>>, bool) {
        let mut half = lock(&self.writing);
        half.direction.note(self.edges.take_writing());
        self.perform_half(half)
    }

    fn perform_reading(&self) -> (Option<Completion<K, B, P>>, bool) {
        let mut half = lock(&self.reading);
        half.direction.note(self.edges.take_reading());
        self.perform_half(half)
    }

    /// One operation of a direction, done or expired, and whether there is more to do.
    fn perform_half(
        &self,
        mut half: MutexGuard<'_, Half<K, B, P>>,
    ) -> (Option<Completion<K, B, P>>, bool) {
        if let Some(completion) = self.step(&mut half) {
            let direction = &half.direction;
            let more = direction.can_step() || direction.can_expire(Instant::now);
            return (Some(completion), more);
        }
        if !half.direction.has_timer() {
            return (None, false);
        }
        let now = Instant::now();
        if let Some(expired) = half.direction.take_expired(now) {
            drop(half);
            return (
                Some(expired.complete(Err(io::ErrorKind::TimedOut.into()))),
                true,
            );
        }
        self.set_timer(&mut half, now);
        (None, false)
    }

    fn step(&self, half: &mut Half<K, B, P>) -> Option<Completion<K, B, P>> {
        let Half { socket, direction } = half;
        let socket = socket.as_ref().ok()?;
        let completion =
            direction.step(&self.reset, |operation| operation.request.attempt(socket))?;
        let failed_accept = matches!(&completion, Completion::Accept { result: Err(_), .. });
        if failed_accept {
            direction.rest();
            self.engine.registry().retry_after(self.token, ACCEPT_PAUSE);
        }
        Some(completion)
    }

    fn enqueue(self: &Arc<Self>) {
        if self.edges.enqueue() {
            self.engine.push_ready(Arc::downgrade(self));
        }
    }
}

impl<K, B, P> Drop for Source<K, B, P> {
    fn drop(&mut self) {
        // The socket itself is closed after this, as the fields are dropped.
        if let Ok(socket) = &lock(&self.reading).socket {
            self.engine.registry().unregister(self.token, &**socket);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
