//! The overlapped model, completion by routine.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use overport::buffer::Buffer;
use overport::error::is_cancelled;
use overport::event::{self, EventObject};
use overport::overlapped::{self, Listener, Stream, Woken};
use overport::socket::{Family, Kind, Socket};

const NOW: Option<Duration> = Some(Duration::ZERO);
const DEADLINE: Option<Duration> = Some(Duration::from_secs(10));

fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_read_timeout(DEADLINE).unwrap();
    (listener.accept().unwrap().0.try_into().unwrap(), peer)
}

fn room(bytes: usize) -> [Vec<u8>; 1] {
    [Vec::with_capacity(bytes)]
}

/// Returns when the operations have ended that were started on the stream so far and wait
/// for data, of which there must be one byte more than they take.
fn wait_for_receives(stream: &Stream) {
    let event = EventObject::manual_reset().unwrap();
    let operation = stream.receive(room(1)).signal(&event);
    assert!(event.wait(DEADLINE).unwrap());
    assert_eq!(operation.wait().0.unwrap(), 1);
}

/// Waits alertably until a routine has set the flag.
fn sleep_until(flag: &Cell<bool>) {
    while !flag.get() {
        assert_ne!(overlapped::sleep(DEADLINE).unwrap(), 0, "a routine is due");
    }
}

/// Rules: OV16, OV17, OV18
#[test]
fn a_routine_runs_on_its_thread_in_an_alertable_wait_only() {
    let (stream, mut peer) = pair();
    peer.write_all(b"abc").unwrap();
    // Not Send, and needs not be.
    let ran_on = Rc::new(Cell::new(None));
    let routine = Rc::clone(&ran_on);
    stream.receive(room(1)).then(move |(result, [buffer])| {
        assert_eq!(result.unwrap(), 1);
        assert_eq!(buffer, b"a");
        routine.set(Some(thread::current().id()));
    });
    assert_eq!(ran_on.get(), None);
    // In none of these: a wait for an event, a synchronous call, another thread's sleep.
    wait_for_receives(&stream);
    stream.receive(room(1)).wait().0.unwrap();
    assert_eq!(
        event::wait_any(&[EventObject::manual_reset().unwrap()], NOW).unwrap(),
        None
    );
    let elsewhere = thread::spawn(|| overlapped::sleep(NOW).unwrap());
    assert_eq!(elsewhere.join().unwrap(), 0);
    assert_eq!(ran_on.get(), None);

    assert_eq!(overlapped::sleep(NOW).unwrap(), 1);
    assert_eq!(ran_on.get(), Some(thread::current().id()));
    assert_eq!(overlapped::sleep(NOW).unwrap(), 0);
}

/// Rules: OV3, OV16
#[test]
fn a_routine_is_due_also_where_the_operation_could_complete_at_once() {
    let (stream, mut peer) = pair();
    let ran = Rc::new(Cell::new(false));
    let routine = Rc::clone(&ran);
    stream.send([b"at once".to_vec()]).then(move |(result, _)| {
        assert_eq!(result.unwrap(), 7);
        routine.set(true);
    });
    let mut received = [0; 7];
    peer.read_exact(&mut received).unwrap();
    assert!(!ran.get());
    assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 1);
    assert!(ran.get());
}

/// Rules: OV18
#[test]
fn routines_run_in_the_order_in_which_their_operations_ended() {
    let mut connections: Vec<_> = (0..4).map(|_| pair()).collect();
    let order = Rc::new(RefCell::new(Vec::new()));
    for (number, (stream, _)) in connections.iter().enumerate() {
        let order = Rc::clone(&order);
        stream
            .receive(room(1))
            .then(move |_| order.borrow_mut().push(number));
    }
    for number in [2, 0, 3, 1] {
        let (stream, peer) = &mut connections[number];
        peer.write_all(b"ab").unwrap();
        wait_for_receives(stream);
    }
    assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 4);
    assert_eq!(*order.borrow(), [2, 0, 3, 1]);
}

/// Rules: OV18, OV19
#[test]
fn an_alertable_wait_for_events_says_whether_routines_ran() {
    let (stream, mut peer) = pair();
    let [one, other] = [(); 2].map(|()| EventObject::auto_reset().unwrap());
    let events = [&one, &other];
    assert_eq!(overlapped::wait_any(&events, NOW).unwrap(), Woken::TimedOut);

    stream.receive(room(1)).then(drop);
    peer.write_all(b"a").unwrap();
    let woken = overlapped::wait_all(&events, DEADLINE).unwrap();
    assert_eq!(woken, Woken::RoutinesRan(1));
    assert!(!one.is_set().unwrap() && !other.is_set().unwrap());

    // What is set already comes first, and the routine stays due.
    stream.receive(room(1)).then(drop);
    peer.write_all(b"bc").unwrap();
    wait_for_receives(&stream);
    other.set();
    let woken = overlapped::wait_any(&events, DEADLINE).unwrap();
    assert_eq!(woken, Woken::Signalled(1));
    let woken = overlapped::wait_any(&events, DEADLINE).unwrap();
    assert_eq!(woken, Woken::RoutinesRan(1));
    assert!(overlapped::wait_any(&[], NOW).is_err());
}

/// Rules: OV20
#[test]
fn a_routine_starts_the_next_operation() {
    fn count(stream: &Stream, bytes: Rc<RefCell<Vec<u8>>>, ended: Rc<Cell<bool>>) {
        let next = stream.clone();
        stream.receive(room(1)).then(move |(result, [buffer])| {
            bytes.borrow_mut().extend(&buffer);
            match result.unwrap() {
                0 => ended.set(true),
                _ => count(&next, bytes, ended),
            }
        });
    }
    let (stream, mut peer) = pair();
    let bytes = Rc::new(RefCell::new(Vec::new()));
    let ended = Rc::new(Cell::new(false));
    count(&stream, Rc::clone(&bytes), Rc::clone(&ended));
    peer.write_all(b"one by one").unwrap();
    drop(peer);
    sleep_until(&ended);
    assert_eq!(*bytes.borrow(), b"one by one");
}

/// Rules: OV18, OV20
#[test]
fn a_routine_whose_operations_end_at_once_does_not_hold_its_thread() {
    fn again(stream: &Stream) {
        let next = stream.clone();
        stream.send([vec![1]]).then(move |_| again(&next));
    }
    let (stream, peer) = pair();
    again(&stream);
    for _ in 0..100 {
        assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 1);
    }
    drop(peer);
}

/// Rules: OV29
#[test]
fn a_routine_that_panics_leaves_the_others_due() {
    let (stream, mut peer) = pair();
    let ran = Rc::new(Cell::new(false));
    let routine = Rc::clone(&ran);
    stream
        .receive(room(1))
        .then(|_| std::panic::resume_unwind(Box::new("on purpose")));
    stream.receive(room(1)).then(move |_| routine.set(true));
    peer.write_all(b"abc").unwrap();
    wait_for_receives(&stream);
    assert!(catch_unwind(AssertUnwindSafe(|| overlapped::sleep(DEADLINE))).is_err());
    assert!(!ran.get());
    assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 1);
    assert!(ran.get());
}

/// The routine's own operation held one more.
#[test]
fn a_socket_closes_with_its_last_handle_in_a_routine() {
    let (stream, mut peer) = pair();
    peer.write_all(b"a").unwrap();
    let ended = Rc::new(Cell::new(false));
    let routine = Rc::clone(&ended);
    let receiver = stream.clone();
    receiver.receive(room(1)).then(move |_| {
        drop(stream);
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        routine.set(true);
    });
    drop(receiver);
    sleep_until(&ended);
}

/// Rules: OV18
#[test]
fn a_routine_may_wait_alertably_itself() {
    let (stream, mut peer) = pair();
    let order = Rc::new(RefCell::new(Vec::new()));
    let [outer, inner, last] = [(); 3].map(|()| Rc::clone(&order));
    stream.receive(room(1)).then(move |_| {
        outer.borrow_mut().push("outer begins");
        assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 2);
        outer.borrow_mut().push("outer ends");
    });
    stream
        .receive(room(1))
        .then(move |_| inner.borrow_mut().push("inner"));
    stream
        .receive(room(1))
        .then(move |_| last.borrow_mut().push("last"));
    peer.write_all(b"abcd").unwrap();
    wait_for_receives(&stream);
    assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 1);
    assert_eq!(
        *order.borrow(),
        ["outer begins", "inner", "last", "outer ends"]
    );
}

/// Tells when it is dropped.
struct Witness(Arc<AtomicBool>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Rules: OV21, OV23
#[test]
fn the_exit_of_a_thread_cancels_its_operations_and_runs_no_routine() {
    let (stream, mut peer) = pair();
    let [ran, dropped] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let witness = Witness(Arc::clone(&dropped));
    let routine = Arc::clone(&ran);
    let issuer = stream.clone();
    thread::spawn(move || {
        issuer.receive(room(8)).then(move |_| {
            routine.store(true, Ordering::SeqCst);
            drop(witness);
        });
    })
    .join()
    .unwrap();
    assert!(dropped.load(Ordering::SeqCst));
    peer.write_all(b"for another").unwrap();
    let (result, [buffer]) = stream.receive(room(64)).wait();
    assert_eq!(result.unwrap(), 11);
    assert_eq!(buffer, b"for another");
    assert!(!ran.load(Ordering::SeqCst));
}

/// Tells by its share whether it is there.
struct Counted(
    Vec<u8>,
    #[expect(dead_code, reason = "it is counted")] Arc<()>,
);

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: it is the vector's.
unsafe impl Buffer for Counted {
    fn filled(&self) -> &[u8] {
        self.0.filled()
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.0.spare()
    }

    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.0.advance(length) }
    }
}

/// Rules: OV21, OV26
#[test]
fn the_buffers_of_threads_that_have_ended_are_dropped() {
    let alive = Arc::new(());
    let start = || {
        let buffer = || [Counted(Vec::with_capacity(8), Arc::clone(&alive))];
        let (stream, peer) = pair();
        let event = EventObject::manual_reset().unwrap();
        stream.receive(buffer()).then(drop);
        drop(stream.receive(buffer()).signal(&event));
        peer
    };
    let peers = [(); 20].map(|()| thread::scope(|scope| scope.spawn(start).join().unwrap()));
    // What they have started with events goes on, unless the system has cancelled it.
    drop(peers);
    let start = Instant::now();
    while Arc::strong_count(&alive) > 1 {
        assert!(
            start.elapsed() < DEADLINE.unwrap(),
            "{} are kept",
            Arc::strong_count(&alive) - 1
        );
        thread::yield_now();
    }
}

/// Rules: OV21
#[test]
fn a_routine_that_was_due_when_its_thread_exited_never_runs() {
    let (stream, mut peer) = pair();
    let [ran, dropped] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let witness = Witness(Arc::clone(&dropped));
    let routine = Arc::clone(&ran);
    peer.write_all(b"ab").unwrap();
    thread::spawn(move || {
        stream.receive(room(1)).then(move |_| {
            routine.store(true, Ordering::SeqCst);
            drop(witness);
        });
        wait_for_receives(&stream);
    })
    .join()
    .unwrap();
    assert!(dropped.load(Ordering::SeqCst));
    assert!(!ran.load(Ordering::SeqCst));
    // The last handle went with the thread.
    assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0);
}

/// Rules: OV28
#[test]
fn operations_with_events_survive_the_thread_that_started_them() {
    let (stream, mut peer) = pair();
    let event = EventObject::manual_reset().unwrap();
    let signalled = event.clone();
    let operation = thread::spawn(move || stream.receive(room(8)).signal(&signalled))
        .join()
        .unwrap();
    peer.write_all(b"on").unwrap();
    assert!(event.wait(DEADLINE).unwrap());
    match operation.wait().0 {
        Err(error) if is_cancelled(&error) => common::skip("a thread's exit cancels them here"),
        result => assert_eq!(result.unwrap(), 2),
    }
}

/// Rules: OV22, OV24
#[test]
fn the_routine_of_a_cancelled_or_aborted_operation_runs_with_the_error() {
    let (stream, _peer) = pair();
    let errors = Rc::new(RefCell::new(Vec::new()));
    let start = || {
        let errors = Rc::clone(&errors);
        stream
            .receive(room(8))
            .then(move |(result, _)| errors.borrow_mut().push(result.unwrap_err()))
    };
    let [first, _second] = [start(), start()];
    assert!(stream.cancel(first));
    assert!(!stream.cancel(first));
    assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 1);
    assert!(is_cancelled(&errors.borrow()[0]));
    stream.close();
    assert_eq!(overlapped::sleep(DEADLINE).unwrap(), 1);
    assert_eq!(
        errors.borrow()[1].kind(),
        std::io::ErrorKind::ConnectionAborted
    );
}

/// Rules: OV3, OV16
#[test]
fn connections_are_taken_made_and_ended_by_operations_with_routines() {
    let listener = Listener::try_from(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let listener = listener.unwrap();
    let client = Stream::try_from(Socket::new(Family::Ipv4, Kind::Stream).unwrap()).unwrap();
    let accepted = Rc::new(RefCell::new(None));
    let routine = Rc::clone(&accepted);
    listener
        .accept()
        .then(move |result| *routine.borrow_mut() = Some(result.unwrap().0));
    assert_eq!(overlapped::sleep(NOW).unwrap(), 0);

    let ended = Rc::new(Cell::new(0));
    let count = |result: std::io::Result<()>, ended: &Cell<u32>| {
        result.unwrap();
        ended.set(ended.get() + 1);
    };
    let routine = Rc::clone(&ended);
    client
        .connect(listener.local_addr().unwrap())
        .then(move |result| count(result, &routine));
    while accepted.borrow().is_none() || ended.get() < 1 {
        assert_ne!(overlapped::sleep(DEADLINE).unwrap(), 0, "a routine is due");
    }
    let routine = Rc::clone(&ended);
    client
        .disconnect()
        .then(move |result| count(result, &routine));
    while ended.get() < 2 {
        assert_ne!(overlapped::sleep(DEADLINE).unwrap(), 0, "a routine is due");
    }
    let server = accepted.take().unwrap();
    assert_eq!(server.receive(room(1)).wait().0.unwrap(), 0);
}

/// Rules: OV21, OV23
#[test]
fn the_exit_of_a_thread_cancels_its_accept_and_the_connection_is_for_another() {
    let listener = Listener::try_from(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let listener = listener.unwrap();
    let issuer = listener.clone();
    thread::spawn(move || {
        issuer
            .accept()
            .then(|_| unreachable!("its thread has ended"));
    })
    .join()
    .unwrap();
    let event = EventObject::manual_reset().unwrap();
    let accept = listener.accept().signal(&event);
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert!(event.wait(DEADLINE).unwrap());
    accept.wait().unwrap();
}

/// Rules: OV18
#[test]
fn an_alertable_wait_without_routines_lasts_its_time() {
    let timeout = Duration::from_millis(20);
    let start = Instant::now();
    assert_eq!(overlapped::sleep(Some(timeout)).unwrap(), 0);
    assert!(start.elapsed() >= timeout);
    assert_eq!(overlapped::sleep(NOW).unwrap(), 0);
}

/// Rules: OV16
#[test]
fn each_thread_runs_its_own_routines() {
    let barrier = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (stream, mut peer) = pair();
                let me = thread::current().id();
                let ran = Rc::new(Cell::new(false));
                let routine = Rc::clone(&ran);
                stream.receive(room(1)).then(move |_| {
                    assert_eq!(thread::current().id(), me);
                    routine.set(true);
                });
                barrier.wait();
                peer.write_all(b"a").unwrap();
                sleep_until(&ran);
            });
        }
    });
}
