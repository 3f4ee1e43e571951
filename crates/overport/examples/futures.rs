//! Futures on the port, with nothing from an async runtime: the port is the queue of the
//! tasks that can go on. Clients are paired, and each hears what the other says. The receive
//! that lost the race is cancelled by dropping it, which loses nothing.
//!
//! `cargo run --release -p overport --example futures -- 127.0.0.1:9000`

use std::future::{Future, poll_fn};
use std::net::{TcpListener, TcpStream};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use std::{collections::VecDeque, env, io};

use overport::completion_port::{Completion as Done, CompletionPort, OperationId, Stream};
use overport::error::is_cancelled;

type Port = CompletionPort<Inbox, Vec<u8>, Arc<Task>>;
type Client = Stream<Inbox, Vec<u8>, Arc<Task>>;

/// A future until it has ended, and the port that it is posted to when it can go on.
struct Task(
    Port,
    Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.clone().post(self);
    }
}

/// What a future waits for. The handle is not in it: a socket would hold itself open.
enum Event {
    Accepted(io::Result<TcpStream>),
    Received(io::Result<Vec<u8>>),
}

/// The key of each socket: what has come for its futures, and the task that waits for it.
#[derive(Default)]
struct Inbox(Mutex<(VecDeque<Event>, Option<Waker>)>);

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Event>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, event: Event) {
        let mut inbox = self.lock();
        inbox.0.push_back(event);
        inbox.1.take().into_iter().for_each(Waker::wake);
    }

    async fn event(&self) -> Event {
        poll_fn(|context| {
            let mut inbox = self.lock();
            inbox.1 = Some(context.waker().clone());
            inbox.0.pop_front().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Cancels an operation when the future that began it is dropped.
struct Cancel<'c>(&'c Client, OperationId);

impl Drop for Cancel<'_> {
    fn drop(&mut self) {
        self.0.cancel(self.1);
    }
}

async fn receive(client: &Client, deadline: Instant) -> io::Result<Vec<u8>> {
    let begun = client
        .clone()
        .by(deadline)
        .receive(Vec::with_capacity(4096));
    let _cancel = Cancel(client, begun);
    match client.key().event().await {
        Event::Received(result) => result,
        Event::Accepted(_) => unreachable!("a client accepts nobody"),
    }
}

/// What one says the other hears, until one ends or both are silent for a minute.
async fn pair(one: Client, other: Client) -> io::Result<()> {
    loop {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut from_one = pin!(receive(&one, deadline));
        let mut from_other = pin!(receive(&other, deadline));
        let (heard, to) = poll_fn(|context| match from_one.as_mut().poll(context) {
            Poll::Ready(heard) => Poll::Ready((heard, &other)),
            Poll::Pending => from_other.as_mut().poll(context).map(|heard| (heard, &one)),
        })
        .await;
        match heard? {
            end if end.is_empty() => return Ok(()),
            heard => drop(to.clone().send(heard)),
        }
    }
}

fn spawn(port: &Port, future: impl Future<Output = ()> + Send + 'static) {
    port.post(Arc::new(Task(
        port.clone(),
        Mutex::new(Some(Box::pin(future))),
    )));
}

fn main() -> io::Result<()> {
    let port = Port::new(0)?;
    let listener = TcpListener::bind(env::args().nth(1).unwrap_or("127.0.0.1:9000".into()))?;
    println!("listening on {}", listener.local_addr()?);
    let listener = port.listen(listener, Inbox::default())?;
    let server = port.clone();
    spawn(&port, async move {
        let mut waiting = None;
        loop {
            listener.clone().accept();
            let Event::Accepted(Ok(socket)) = listener.key().event().await else {
                continue;
            };
            let Ok(client) = server.associate(socket, Inbox::default()) else {
                continue;
            };
            match waiting.take() {
                None => waiting = Some(client),
                Some(first) => spawn(&server, async {
                    println!("a pair has ended: {:?}", pair(first, client).await);
                }),
            }
        }
    });

    let mut completions = port.completions();
    while let Some(completion) = completions.next(None)? {
        match completion {
            Done::Post(task) => {
                let waker = Waker::from(Arc::clone(&task));
                let mut future = task.1.lock().unwrap_or_else(PoisonError::into_inner);
                let context = &mut Context::from_waker(&waker);
                if future
                    .as_mut()
                    .is_some_and(|it| it.as_mut().poll(context).is_ready())
                {
                    *future = None;
                }
            }
            Done::Accept { listener, result } => {
                let socket = result.map(|(socket, _peer)| socket);
                listener.key().deliver(Event::Accepted(socket));
            }
            // The future of a receive that was cancelled is gone.
            Done::Receive {
                result: Err(error), ..
            } if is_cancelled(&error) => {}
            Done::Receive {
                stream,
                buffer,
                result,
            } => {
                stream
                    .key()
                    .deliver(Event::Received(result.map(|_| buffer)));
            }
            _ => {}
        }
    }
    Ok(())
}
