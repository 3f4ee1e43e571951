//! Threads that submit, or have a place at the port, and exit at once: none of what they began
//! ends with them.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, Scope};
use std::time::Duration;

use common::port::{
    CloseAtEnd, LONG_SENDS_WAIT, associated, connected, listener, narrow_pair, next, nothing,
    pattern, ports, reset, stalling, unconnected,
};
use overport::buffer::{Buffer, Either};
use overport::completion_port::{
    BufferPool, Completion, CompletionPort, Listener, OperationId, PoolBuffer, Stream,
};

/// The key of a stream is its number; a packet asks for the operation of its number.
type Port = CompletionPort<usize, Bytes, usize>;
type PortStream = Stream<usize, Bytes, usize>;
type Bytes = Either<PoolBuffer, Vec<u8>>;

const THREADS: usize = 10_000;

/// Fewer, since the kernel takes a millisecond or two for the exit of a thread that has waited
/// for an io_uring.
const CLAIMING_THREADS: usize = 4000;

/// How many threads come and go before the other sides act.
const BATCH: usize = 100;

/// How many threads are there at a time.
const AT_ONCE: usize = 25;

const STREAMS: usize = 5;

/// How many kinds of operations there are.
const KINDS: usize = 4;

/// The length of a send that the buffers of a narrow connection do not take.
const LONG: usize = 128 * 1024;

/// What threads come and go at: operations that pend until their other sides act, which are
/// one-byte receives, such ones into buffers of a pool, long sends and accepts in turn.
struct Traffic {
    /// Receives of one stream are begun one after the other, so that they have an order.
    receivers: Vec<(TcpStream, Mutex<PortStream>)>,
    pooled_receivers: Vec<(TcpStream, Mutex<PortStream>)>,
    pool: BufferPool,
    senders: Vec<(Sender<()>, PortStream)>,
    listener: Listener<usize, Bytes, usize>,
    address: SocketAddr,
    long: Vec<u8>,
    seen: Mutex<Seen>,
    completed: AtomicUsize,
}

/// What has become of the operations.
#[derive(Default)]
struct Seen {
    /// The bytes that came on each stream, with the receives that they came for.
    received: [Vec<(OperationId, u8)>; 2 * STREAMS],
    /// The connections that wait to be accepted.
    clients: HashSet<SocketAddr>,
}

impl Traffic {
    /// Makes the connections. What was sent is read, and compared, by threads of the scope.
    fn new<'scope>(scope: &'scope Scope<'scope, '_>, port: &Port) -> Self {
        let (socket, address) = listener();
        Self {
            receivers: (0..STREAMS).map(|key| receiver(port, key)).collect(),
            pooled_receivers: (STREAMS..2 * STREAMS)
                .map(|key| receiver(port, key))
                .collect(),
            // Fewer than the receives that wait, and of one byte each.
            pool: port.buffer_pool(8, 1).unwrap(),
            senders: (0..STREAMS).map(|key| sender(scope, port, key)).collect(),
            listener: port.listen(socket, 0).unwrap(),
            address,
            long: pattern(LONG),
            seen: Mutex::default(),
            completed: AtomicUsize::new(0),
        }
    }

    /// Begins an operation.
    fn submit(&self, number: usize) {
        let at = number / KINDS % STREAMS;
        match number % KINDS {
            0 => {
                let stream = self.receivers[at].1.lock().unwrap();
                stream.clone().receive(Bytes::Right(Vec::with_capacity(1)))
            }
            1 => {
                let stream = self.pooled_receivers[at].1.lock().unwrap();
                stream.clone().receive_pooled(&self.pool)
            }
            2 if LONG_SENDS_WAIT => {
                let bytes = Bytes::Right(self.long.clone());
                self.senders[at].1.clone().send(bytes)
            }
            _ => self.listener.clone().accept(),
        };
    }

    /// Does what lets operations complete.
    fn act(&self, numbers: Range<usize>) {
        for number in numbers {
            let at = number / KINDS % STREAMS;
            let byte = [byte(number / (KINDS * STREAMS))];
            match number % KINDS {
                0 => (&self.receivers[at].0).write_all(&byte).unwrap(),
                1 => (&self.pooled_receivers[at].0).write_all(&byte).unwrap(),
                2 if LONG_SENDS_WAIT => self.senders[at].0.send(()).unwrap(),
                _ => {
                    let client = TcpStream::connect(self.address).unwrap();
                    let mut seen = self.seen.lock().unwrap();
                    assert!(seen.clients.insert(client.local_addr().unwrap()));
                }
            }
        }
    }

    /// Counts a completion, which must be what the other side's act led to.
    fn record(&self, completion: Completion<usize, Bytes, usize>) {
        let mut seen = self.seen.lock().unwrap();
        match completion {
            Completion::Receive {
                stream,
                buffer,
                result,
            } => {
                assert_eq!(result.unwrap(), 1);
                let id = stream.operation().unwrap();
                seen.received[*stream.key()].push((id, buffer.filled()[0]));
            }
            Completion::Send { buffer, result, .. } => {
                assert_eq!(result.unwrap(), LONG, "a send is not cut short");
                assert!(buffer.filled() == self.long);
            }
            Completion::Accept { result, .. } => {
                let (connection, peer) = result.unwrap();
                reset(connection);
                assert!(seen.clients.remove(&peer), "each is accepted once");
            }
            other => panic!("{other:?}"),
        }
        self.completed.fetch_add(1, Ordering::SeqCst);
    }

    fn completed(&self) -> usize {
        self.completed.load(Ordering::SeqCst)
    }

    /// Each receive has got the byte of its turn, and no connection waits.
    fn assert_nothing_is_lost(self) {
        let seen = self.seen.into_inner().unwrap();
        assert!(seen.clients.is_empty());
        for mut received in seen.received {
            received.sort_unstable();
            for (count, (_, got)) in received.into_iter().enumerate() {
                assert_eq!(got, byte(count));
            }
        }
    }
}

/// The byte of a stream at a place.
fn byte(place: usize) -> u8 {
    u8::try_from(place % 251).unwrap()
}

fn receiver(port: &Port, key: usize) -> (TcpStream, Mutex<PortStream>) {
    let (peer, stream) = associated(port, key);
    (peer, Mutex::new(stream))
}

/// A stream whose buffers are small, and what has its peer read one long send.
fn sender<'scope>(
    scope: &'scope Scope<'scope, '_>,
    port: &Port,
    key: usize,
) -> (Sender<()>, PortStream) {
    let (mut peer, socket) = narrow_pair();
    let (to_read, reads) = mpsc::channel();
    scope.spawn(move || {
        let (expected, mut bytes) = (pattern(LONG), vec![0; LONG]);
        for () in reads {
            peer.read_exact(&mut bytes).unwrap();
            assert!(bytes == expected, "every byte of a send arrives");
        }
    });
    (to_read, port.associate(socket, key).unwrap())
}

/// Runs the visit of each number on a thread of its own.
fn visits(numbers: Range<usize>, visit: impl Fn(usize) + Sync) {
    let (mut numbers, visit) = (numbers, &visit);
    while !numbers.is_empty() {
        thread::scope(|scope| {
            for number in numbers.by_ref().take(AT_ONCE) {
                scope.spawn(move || visit(number));
            }
        });
    }
}

/// Rules: CP2, CP3, CP8, CP9, CP41
#[test]
fn threads_that_submit_and_exit_cancel_nothing_and_cut_nothing_short() {
    for port in ports(1) as Vec<Port> {
        thread::scope(|scope| {
            let traffic = Traffic::new(scope, &port);
            let _close = CloseAtEnd(&port);
            let mut completions = port.completions();
            for begin in (0..THREADS).step_by(BATCH) {
                let numbers = begin..begin + BATCH;
                visits(numbers.clone(), |number| traffic.submit(number));
                nothing(&mut completions);
                traffic.act(numbers.clone());
                while traffic.completed() < numbers.end {
                    traffic.record(next(&mut completions));
                }
            }
            nothing(&mut completions);
            traffic.assert_nothing_is_lost();
        });
    }
}

/// Rules: CP2, CP3, CP8, CP9, CP34, CP41
#[test]
fn threads_that_claim_submit_and_leave_cancel_nothing_and_cut_nothing_short() {
    for port in ports(2) as Vec<Port> {
        thread::scope(|scope| {
            let traffic = Traffic::new(scope, &port);
            let _close = CloseAtEnd(&port);
            // Each of them leaves with a packet that it has handled, and is the only one that
            // could have armed the operation that it began in doing so.
            let submit = |_| {
                let mut completions = port.completions();
                let Completion::Post(number) = next(&mut completions) else {
                    panic!("nothing else is there yet");
                };
                traffic.submit(number);
                if let Some(completion) = completions.next(Some(Duration::ZERO)).unwrap() {
                    let Completion::Post(number) = completion else {
                        panic!("{completion:?}, though its other side has not acted");
                    };
                    // Another's, who finds it in the queue again.
                    port.post(number);
                }
            };
            let claim = |_| traffic.record(next(&mut port.completions()));
            for begin in (0..CLAIMING_THREADS / 2).step_by(BATCH) {
                let numbers = begin..begin + BATCH;
                for number in numbers.clone() {
                    port.post(number);
                }
                visits(numbers.clone(), submit);
                traffic.act(numbers.clone());
                visits(numbers.clone(), claim);
                assert_eq!(traffic.completed(), numbers.end);
            }
            nothing(&mut port.completions());
            traffic.assert_nothing_is_lost();
        });
    }
}

/// The system repeats what it had dropped after a second, and so long the test takes.
/// Rules: CP6, CP41
#[test]
fn connects_go_on_after_the_exit_of_the_threads_that_began_them() {
    const CONNECTS: usize = 200;
    for port in ports(2) as Vec<Port> {
        let ((full, _first), address) = stalling();
        visits(0..CONNECTS, |number| {
            let stream = port.associate(unconnected(), number).unwrap();
            if number % 2 == 0 {
                stream.connect(address);
            } else {
                let mut completions = port.completions();
                stream.connect(address);
                nothing(&mut completions);
            }
        });
        let mut completions = port.completions();
        nothing(&mut completions);
        full.listen(i32::try_from(2 * CONNECTS).unwrap()).unwrap();
        let mut keys = HashSet::new();
        for _ in 0..CONNECTS {
            let (stream, result) = connected(next(&mut completions));
            result.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), address);
            assert!(keys.insert(*stream.key()));
        }
        nothing(&mut completions);
    }
}
