//! Selections of both models, calls and closing, all at once from several threads.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use common::{DEADLINE, pair};
use overport::async_select::{self, MessageQueue, SocketMessage};
use overport::event::{EventObject, wait_any};
use overport::{NetworkEvents, Socket, event_select};

const ROUNDS: usize = 400;
const NOW: Option<Duration> = Some(Duration::ZERO);

/// How long threads select against each other.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// What the threads share: connections, of which now and then one is replaced.
struct World {
    pairs: [Mutex<Arc<(Socket, Socket)>>; 4],
    events: [EventObject; 2],
    queue: Mutex<MessageQueue<usize>>,
}

impl World {
    fn new() -> Self {
        let connection = || Mutex::new(Arc::new(pair()));
        Self {
            pairs: [connection(), connection(), connection(), connection()],
            events: [
                EventObject::auto_reset().unwrap(),
                EventObject::manual_reset().unwrap(),
            ],
            queue: Mutex::new(MessageQueue::new().unwrap()),
        }
    }

    /// One step, picked by a number; what a call returns depends on the other threads.
    fn step(&self, number: usize) {
        let slot = &self.pairs[number % 4];
        let pair = Arc::clone(&slot.lock().unwrap());
        let (client, server) = &*pair;
        match number / 4 % 11 {
            0 => drop(event_select::select(
                server,
                &self.events[0],
                NetworkEvents::ALL,
            )),
            1 => drop(event_select::select(
                server,
                &self.events[1],
                NetworkEvents::READ,
            )),
            2 => {
                let queue = self.queue.lock().unwrap();
                drop(async_select::select(server, &queue, NetworkEvents::ALL));
            }
            3 => {
                let sink = Arc::new(|message: SocketMessage| drop(message));
                drop(async_select::select_for_sink(
                    server,
                    sink,
                    NetworkEvents::ALL,
                ));
            }
            4 => drop(event_select::select(
                server,
                &self.events[0],
                NetworkEvents::NONE,
            )),
            5 | 6 => drop(client.send(b"data")),
            7 => {
                // A socket that nothing is selected on may be a blocking one.
                if server.is_nonblocking() {
                    drop(server.receive(&mut [0; 3]));
                }
            }
            8 => {
                wait_any(&self.events, NOW).unwrap();
                drop(event_select::take(server, &self.events[0]));
            }
            9 => {
                let mut queue = self.queue.lock().unwrap();
                queue.post(number);
                while queue.try_next().unwrap().is_some() {}
            }
            _ => {
                server.close();
                *slot.lock().unwrap() = Arc::new(common::pair());
            }
        }
    }
}

/// Rules: EV10, EV30, AS5, AS8
#[test]
fn selecting_calling_and_closing_at_once_neither_stalls_nor_panics() {
    let world = Arc::new(World::new());
    let (done, ended) = mpsc::channel();
    for thread in 1..=4 {
        let (world, done) = (Arc::clone(&world), done.clone());
        thread::spawn(move || {
            // A different order of the same steps for each thread.
            for round in 0..ROUNDS {
                world.step(round * (2 * thread + 1) + round / 7 + thread);
            }
            // The test may have failed and gone.
            let _ = done.send(());
        });
    }
    drop(done);
    for _ in 0..4 {
        ended
            .recv_timeout(DEADLINE)
            .expect("a thread stalls or has failed");
    }
    // After all that a new selection works as ever.
    let (client, server) = pair();
    event_select::select(&server, &world.events[1], NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    while event_select::take(&server, &world.events[1])
        .unwrap()
        .events()
        .is_empty()
    {
        assert!(world.events[1].wait(Some(DEADLINE)).unwrap());
    }
}

/// The watch of the selection before was still there when the next one began its own.
/// Rules: EV10
#[test]
fn a_selection_that_replaces_another_threads_does_not_fail() {
    let (socket, _peer) = pair();
    let event = EventObject::manual_reset().unwrap();
    let select = |events| event_select::select(&socket, &event, events).unwrap();
    thread::scope(|scope| {
        let selecting = [(); 2].map(|()| {
            scope.spawn(|| {
                let begin = Instant::now();
                while begin.elapsed() < LONG_ENOUGH {
                    select(NetworkEvents::READ);
                }
            })
        });
        while !selecting.iter().all(ScopedJoinHandle::is_finished) {
            select(NetworkEvents::NONE);
        }
    });
    select(NetworkEvents::WRITE);
    assert!(event.wait(Some(DEADLINE)).unwrap());
}
