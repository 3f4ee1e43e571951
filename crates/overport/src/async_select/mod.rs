//! What happens on sockets, told by messages.
//!
//! [`select`] ties a socket to a [`MessageQueue`]: whenever one of the selected
//! [`NetworkEvents`] happens on the socket, a [`Message`] that names the socket and the event
//! is posted to the queue. One thread, the handler, takes messages and answers them; any
//! thread posts messages of the program, which come between the sockets' in the order in
//! which they were posted.
//!
//! # When a message is posted
//!
//! The rules are those of [`event_select`](crate::event_select#when-an-event-is-recorded),
//! *posted* in place of *recorded*: an event is posted once, and again only after the call
//! that answers it, `accept` for `ACCEPT`, a receive for `READ`, a send that failed with
//! `WouldBlock` for `WRITE`. The call looks whether there is cause already, so the program
//! need not drain a socket at a message: one call for each will do. While a message for an
//! event of a socket waits in the queue, no second one is posted; so a queue holds at most
//! six for a socket, whatever the peers do.
//!
//! Selecting makes the socket non-blocking, and a socket that is accepted has the selection
//! of its listener. Selecting again replaces what was selected, removes what is still queued
//! and posts anew what holds at that moment. [`NetworkEvents::NONE`] ends the selection, and
//! so does selecting the socket for an event object, closing or dropping it: messages that
//! are queued then are removed.
//!
//! # Whose thread
//!
//! [`MessageQueue::next`] waits on the handler's own thread. A loop that waits for other
//! things too, a graphical one for instance, watches the queue's descriptor or handle (see
//! [`os`](crate::os)): while it is readable or signalled, it calls
//! [`try_next`](MessageQueue::try_next) until nothing comes. And a loop that takes events only through its own proxy gets them as a [`MessageSink`], see
//! [`select_for_sink`].
//!
//! The handler is the thread to accept on: where another thread accepts, a message may name
//! a socket before the program has put it where the handler finds it.
//!
//! # Limits
//!
//! A queue has one handler, so what it does for one socket keeps all others waiting. More
//! threads take more queues, each with sockets of its own.
//!
//! # On Linux
//!
//! The queue's epoll instance watches its sockets, edge-triggered, and the thread that takes
//! messages handles what comes; no other thread is involved but for sinks. Each answering
//! call costs one poll(2) more. An accept that failed, for want of a descriptor for instance, is
//! followed by `ACCEPT` a tenth of a second later if the connection still waits.
//!
//! # On Windows
//!
//! It is Winsock's own (`WSAAsyncSelect`): what happens is posted to a message-only window of
//! the library, made when the first socket is selected, whose thread puts it into the queue. So
//! a message of a socket takes its place in the queue a moment after its cause, and one that the
//! program posts meanwhile comes before it. What differs for the single events is listed for
//! [`event_select`](crate::event_select#on-windows).
//!
//! # Example
//!
//! An echo server that stops when it is told to:
//!
//! ```
//! use std::collections::HashMap;
//! use std::io::{Read, Write};
//! use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! use overport::async_select::{self, Message, MessageQueue};
//! use overport::{NetworkEvent, NetworkEvents, Socket};
//!
//! enum Command { Stop }
//!
//! let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
//! let address = listener.local_addr()?;
//! let mut queue = MessageQueue::new()?;
//! let poster = queue.poster();
//! let client = std::thread::spawn(move || {
//!     let mut stream = TcpStream::connect(address)?;
//!     stream.write_all(b"hello")?;
//!     let mut answer = [0; 5];
//!     stream.read_exact(&mut answer)?;
//!     let _ = poster.post(Command::Stop);
//!     std::io::Result::Ok(answer)
//! });
//!
//! let events = NetworkEvents::ACCEPT | NetworkEvents::READ | NetworkEvents::CLOSE;
//! async_select::select(&listener, &queue, events)?;
//! let mut clients = HashMap::new();
//! let mut buffer = [0; 64];
//! while let Some(message) = queue.next(None)? {
//!     match message {
//!         Message::Program(Command::Stop) => break,
//!         Message::Socket(message) => match message.event {
//!             NetworkEvent::Accept => {
//!                 let (socket, _) = listener.accept()?;
//!                 clients.insert(socket.id(), socket);
//!             }
//!             NetworkEvent::Read => {
//!                 let socket = &clients[&message.socket];
//!                 let length = socket.receive(&mut buffer)?;
//!                 socket.send(&buffer[..length])?;
//!             }
//!             NetworkEvent::Close => drop(clients.remove(&message.socket)),
//!             _ => {}
//!         },
//!     }
//! }
//! assert_eq!(&client.join().unwrap()?, b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```

mod message;
mod queue;
mod sink;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::SendError;
use std::time::{Duration, Instant};

pub use message::{Message, SocketMessage};
pub use sink::MessageSink;

use crate::network_events::NetworkEvents;
use crate::selection::{self, Notice, Outbox, Registration, Target};
use crate::socket::Socket;
use queue::Queue;
use sink::SinkOutbox;

/// Has the selected events of the socket posted to the queue. What is so already is posted at
/// once. It replaces what was selected on the socket before; [`NetworkEvents::NONE`] ends it.
/// The socket is non-blocking from then on.
///
/// # Errors
/// `WSAENOTSOCK` (EBADF) for a closed socket; no window or thread for the first selection; what
/// `WSAAsyncSelect` or epoll_ctl(2) fails with. Then nothing is selected.
#[doc(alias = "WSAAsyncSelect")]
pub fn select<M: Send + 'static>(
    socket: &Socket,
    queue: &MessageQueue<M>,
    events: NetworkEvents,
) -> io::Result<()> {
    selection::select(socket, Target::Outbox(queue.queue.clone()), events)
}

/// Like [`select`], with the messages delivered to a sink.
///
/// ```
/// use std::net::{Ipv4Addr, SocketAddr, TcpStream};
/// use std::sync::{Arc, mpsc};
/// use overport::async_select::{self, SocketMessage};
/// use overport::{NetworkEvent, NetworkEvents, Socket};
///
/// let listener = Socket::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
/// let (sender, receiver) = mpsc::channel();
/// let sink = move |message: SocketMessage| drop(sender.send(message));
/// async_select::select_for_sink(&listener, Arc::new(sink), NetworkEvents::ACCEPT)?;
/// let _client = TcpStream::connect(listener.local_addr()?)?;
/// let message = receiver.recv().expect("the sink lives as long as the listener");
/// assert_eq!((message.socket, message.event), (listener.id(), NetworkEvent::Accept));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of [`select`]; no handles or descriptors, or no thread, for the one that delivers.
#[doc(alias = "WSAAsyncSelect")]
pub fn select_for_sink(
    socket: &Socket,
    sink: Arc<dyn MessageSink>,
    events: NetworkEvents,
) -> io::Result<()> {
    let outbox = Arc::new(SinkOutbox::new(sink)?);
    selection::select(socket, Target::Outbox(outbox), events)
}

/// The queue of the messages that one handler answers; see the [module's page](self).
///
/// Dropping it drops the messages in it; the sockets that are selected for it stay open and
/// non-blocking, and nothing is told of them.
pub struct MessageQueue<M> {
    queue: Arc<Queue<Item<M>>>,
    /// How many messages have been taken since the sockets were last asked for theirs.
    since_collected: u32,
}

enum Item<M> {
    Notice(Notice),
    Program(M),
}

impl<M: Send + 'static> MessageQueue<M> {
    /// An empty queue (`CreateEventW`; epoll_create1(2), eventfd(2)).
    ///
    /// # Errors
    /// No handles or descriptors left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            queue: Arc::new(Queue::new()?),
            since_collected: 0,
        })
    }

    /// Takes the next message, and waits for it. `None` comes back at the timeout; a timeout
    /// of `None` waits without end (`WaitForMultipleObjectsEx`; poll(2)).
    ///
    /// # Errors
    /// What these calls and epoll_wait(2) fail with.
    #[doc(alias = "GetMessage")]
    pub fn next(&mut self, timeout: Option<Duration>) -> io::Result<Option<Message<M>>> {
        // A timeout that no clock can reach is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if let Some(message) = self.try_next()? {
                return Ok(Some(message));
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(None);
            }
            self.queue.bell().wait(deadline)?;
        }
    }

    /// Takes the next message if there is one; never waits.
    ///
    /// # Errors
    /// What epoll_wait(2) fails with; on Windows none.
    #[doc(alias = "PeekMessage")]
    pub fn try_next(&mut self) -> io::Result<Option<Message<M>>> {
        if self.since_collected < COLLECT_EVERY {
            if let Some(message) = self.take_queued() {
                return Ok(Some(message));
            }
        }
        self.since_collected = 0;
        self.queue.bell().collect()?;
        Ok(self.take_queued())
    }

    /// Posts a message of the program behind those that are queued.
    #[doc(alias = "PostMessage")]
    pub fn post(&self, message: M) {
        // Only dropping the queue closes it.
        let _ = self.queue.push(Item::Program(message));
    }

    /// A handle to post with from elsewhere, also from other threads.
    #[must_use]
    pub fn poster(&self) -> Poster<M> {
        Poster {
            queue: self.queue.clone(),
        }
    }

    fn take_queued(&mut self) -> Option<Message<M>> {
        loop {
            match self.queue.pop()? {
                Item::Program(message) => {
                    self.since_collected += 1;
                    return Some(Message::Program(message));
                }
                Item::Notice(notice) => {
                    if let Some(delivery) = notice.deliver() {
                        self.since_collected += 1;
                        return Some(Message::Socket(delivery.into()));
                    }
                }
            }
        }
    }
}

impl<M> Drop for MessageQueue<M> {
    fn drop(&mut self) {
        // What is left is the program's, and is dropped with no lock held.
        drop(self.queue.close());
    }
}

impl<M> Debug for MessageQueue<M> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MessageQueue")
            .finish_non_exhaustive()
    }
}

/// Posts the program's messages to a [`MessageQueue`] from any thread. Clones post to the
/// same queue; none of them keeps it alive.
pub struct Poster<M> {
    queue: Arc<Queue<Item<M>>>,
}

impl<M> Poster<M> {
    /// Posts a message behind those that are queued.
    ///
    /// # Errors
    /// The message comes back where the queue has been dropped.
    #[doc(alias = "PostMessage")]
    pub fn post(&self, message: M) -> Result<(), SendError<M>> {
        match self.queue.push(Item::Program(message)) {
            Err(Item::Program(message)) => Err(SendError(message)),
            _ => Ok(()),
        }
    }
}

impl<M> Clone for Poster<M> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<M> Debug for Poster<M> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Poster").finish_non_exhaustive()
    }
}

impl<M: Send> Outbox for Queue<Item<M>> {
    fn post(&self, notice: Notice) {
        // A queue that was dropped has no handler to tell.
        let _ = self.push(Item::Notice(notice));
    }

    fn remove(&self, registration: &Registration) {
        self.remove(|item| matches!(item, Item::Notice(notice) if notice.is_of(registration)));
    }
}

/// After how many messages the sockets are asked for theirs though others wait, so that a
/// handler which posts to itself hears of them.
const COLLECT_EVERY: u32 = 64;
