//! Handlers that wait for what other handlers do.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, associated, listener, narrow_pair, next, ports, thread_id,
    wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort, Stream};

type Port = CompletionPort<u32, Vec<u8>, u32>;

/// Something that happens once, and that threads sleep for.
#[derive(Default)]
struct Event {
    happened: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    fn set(&self) {
        *self.happened.lock().unwrap() = true;
        self.changed.notify_all();
    }

    #[track_caller]
    fn wait(&self) {
        let happened = self.happened.lock().unwrap();
        let waited = self
            .changed
            .wait_timeout_while(happened, DEADLINE, |happened| !*happened);
        assert!(*waited.unwrap().0, "another handler runs meanwhile");
    }
}

/// Runs `f` as a handler does that waits, with a word to the port or without.
fn wait_in_handler<R>(port: &Port, told: bool, f: impl FnOnce() -> R) -> R {
    if told { port.blocking(f) } else { f() }
}

/// What makes so many packets ready at once.
type MakeReady = fn(&Port, u32) -> Vec<TcpStream>;

fn posts(port: &Port, count: u32) -> Vec<TcpStream> {
    (0..count).for_each(|number| port.post(number));
    Vec::new()
}

fn receives_of_several_sockets(port: &Port, count: u32) -> Vec<TcpStream> {
    let connections: Vec<_> = (0..count).map(|key| associated(port, key)).collect();
    let receive = |(mut peer, stream): (TcpStream, Stream<u32, Vec<u8>, u32>)| {
        stream.receive(Vec::with_capacity(8));
        peer.write_all(b"x").unwrap();
        peer
    };
    connections.into_iter().map(receive).collect()
}

fn receives_of_one_socket(port: &Port, count: u32) -> Vec<TcpStream> {
    let (mut peer, stream) = associated(port, 0);
    for _ in 0..count {
        stream.clone().receive(Vec::with_capacity(1));
        peer.write_all(b"x").unwrap();
    }
    vec![peer]
}

fn both_directions_of_one_socket(port: &Port, count: u32) -> Vec<TcpStream> {
    let (mut peer, stream) = associated(port, 0);
    peer.write_all(b"x").unwrap();
    stream.clone().receive(Vec::with_capacity(8));
    for _ in 1..count {
        stream.clone().send(b"y".to_vec());
    }
    vec![peer]
}

fn accepts_of_one_listener(port: &Port, count: u32) -> Vec<TcpStream> {
    let (socket, address) = listener();
    let listener = port.listen(socket, 0).unwrap();
    let accept = |_| {
        listener.clone().accept();
        TcpStream::connect(address).unwrap()
    };
    (0..count).map(accept).collect()
}

/// Has so many packets ready together, each but the last of which waits in its handler until
/// the last is handled: before threads come to the port, or when they sleep at it.
fn all_but_one_wait(port: &Port, make_ready: MakeReady, count: u32, told: bool, before: bool) {
    let (claims, last) = (&AtomicU32::new(0), &Event::default());
    let mut peers = Vec::new();
    if before {
        peers = make_ready(port, count);
    }
    let (id_sender, ids) = mpsc::channel();
    thread::scope(|scope| {
        let _close = CloseAtEnd(port);
        for _ in 0..count {
            let id_sender = id_sender.clone();
            scope.spawn(move || {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                next(&mut completions);
                if claims.fetch_add(1, Ordering::SeqCst) < count - 1 {
                    wait_in_handler(port, told, || last.wait());
                } else {
                    last.set();
                }
            });
        }
        if !before {
            for id in ids.iter().take(count as usize) {
                wait_until_asleep(id);
            }
            peers = make_ready(port, count);
        }
        last.wait();
    });
    drop(peers);
}

/// Rules: CP26, CP30, CP31, CP33
#[test]
fn handlers_that_wait_for_the_last_of_the_packets_that_came_together_get_it() {
    let sources: [MakeReady; 5] = [
        posts,
        receives_of_several_sockets,
        receives_of_one_socket,
        both_directions_of_one_socket,
        accepts_of_one_listener,
    ];
    for (concurrency, told) in [(1, false), (1, true), (2, false), (2, true)] {
        for (make_ready, before) in sources
            .iter()
            .flat_map(|&make| [(make, true), (make, false)])
        {
            for port in &(ports(concurrency as usize) as Vec<Port>) {
                all_but_one_wait(port, make_ready, concurrency + 1, told, before);
            }
        }
    }
}

/// What another thread does to let an operation complete; nothing where that is a matter of
/// time.
type LetComplete = Option<Box<dyn FnOnce() + Send>>;

/// What a handler begins.
type Begin = fn(&Port) -> LetComplete;

fn a_receive(port: &Port) -> LetComplete {
    let (mut peer, stream) = associated(port, 0);
    stream.receive(Vec::with_capacity(8));
    Some(Box::new(move || peer.write_all(b"x").unwrap()))
}

fn a_long_send(port: &Port) -> LetComplete {
    const LENGTH: usize = 256 * 1024;
    let (mut peer, socket) = narrow_pair();
    let stream = port.associate(socket, 0).unwrap();
    stream.send(vec![0; LENGTH]);
    Some(Box::new(move || {
        peer.read_exact(&mut vec![0; LENGTH]).unwrap();
    }))
}

fn an_accept(port: &Port) -> LetComplete {
    let (socket, address) = listener();
    port.listen(socket, 0).unwrap().accept();
    Some(Box::new(move || drop(TcpStream::connect(address).unwrap())))
}

fn a_post_at_a_time(port: &Port) -> LetComplete {
    port.post_at(1, Instant::now() + Duration::from_millis(5));
    None
}

/// Has a handler begin something and wait until another thread has handled its completion; that
/// thread sleeps at the port already, or comes later.
fn one_waits_for_its_own(port: &Port, begin: Begin, told: bool, sleeps: bool) {
    let completed = &Event::default();
    let (id_sender, ids) = mpsc::channel();
    let (begun_sender, begun) = mpsc::channel();
    let thread = move || {
        let mut completions = port.completions();
        id_sender.send(thread_id()).unwrap();
        if let Completion::Post(0) = next(&mut completions) {
            begun_sender.send((thread_id(), begin(port))).unwrap();
            wait_in_handler(port, told, || completed.wait());
        } else {
            completed.set();
        }
    };
    thread::scope(|scope| {
        let _close = CloseAtEnd(port);
        scope.spawn(thread.clone());
        wait_until_asleep(ids.recv_timeout(DEADLINE).unwrap());
        if sleeps {
            scope.spawn(thread.clone());
            wait_until_asleep(ids.recv_timeout(DEADLINE).unwrap());
        }
        port.post(0);
        let (handler, let_complete) = begun.recv_timeout(DEADLINE).unwrap();
        if !sleeps {
            scope.spawn(thread);
        }
        if let Some(let_complete) = let_complete {
            wait_until_asleep(handler);
            let_complete();
        }
        completed.wait();
    });
}

/// Rules: CP30, CP31, CP33
#[test]
fn a_handler_that_waits_for_what_it_has_begun_gets_it_through_another_thread() {
    let begins: [Begin; 4] = [a_receive, a_long_send, an_accept, a_post_at_a_time];
    for (concurrency, told) in [(1, false), (1, true), (2, false), (2, true)] {
        for (begin, sleeps) in begins
            .iter()
            .flat_map(|&begin| [(begin, true), (begin, false)])
        {
            for port in &(ports(concurrency) as Vec<Port>) {
                one_waits_for_its_own(port, begin, told, sleeps);
            }
        }
    }
}
