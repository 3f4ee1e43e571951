//! Handlers that compute, sleep or write to a disk for long: the other connections are served
//! meanwhile, and the count of threads that run is right afterwards.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::fs::{self, File};
use std::hint;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, ThreadId, associated, compute_until, echo, keeps_the_concurrency_value,
    ports, thread_id, wait_until, wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort};

/// The key tells whether the handler of a message takes long.
type Port = CompletionPort<bool>;

/// What a long handler does until the flag is set.
type Long = fn(&Port, &AtomicBool);

fn compute(_port: &Port, served: &AtomicBool) {
    compute_until(served);
}

fn sleep(_port: &Port, served: &AtomicBool) {
    let start = Instant::now();
    while !served.load(Ordering::SeqCst) {
        assert!(start.elapsed() < DEADLINE, "nobody is served");
        thread::sleep(Duration::from_millis(20));
    }
}

fn sleep_and_tell(port: &Port, served: &AtomicBool) {
    port.blocking(|| sleep(port, served));
}

fn compute_and_tell(port: &Port, served: &AtomicBool) {
    port.blocking(|| compute(port, served));
}

/// Has the disk take what is written, again and again (fsync(2)).
fn sync_and_tell(port: &Port, served: &AtomicBool) {
    port.blocking(|| {
        let (start, mut scratch) = (Instant::now(), Scratch::new());
        while !served.load(Ordering::SeqCst) {
            assert!(start.elapsed() < DEADLINE, "nobody is served");
            scratch.file.seek(SeekFrom::Start(0)).unwrap();
            scratch.file.write_all(&[0; 1 << 16]).unwrap();
            scratch.file.sync_all().unwrap();
        }
    });
}

/// A file that is gone at the end.
struct Scratch {
    path: PathBuf,
    file: File,
}

impl Scratch {
    fn new() -> Self {
        let number = {
            static NUMBERS: AtomicUsize = AtomicUsize::new(0);
            NUMBERS.fetch_add(1, Ordering::Relaxed)
        };
        let name = format!("port-long-handlers-{}-{number}", process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let file = File::create(&path).unwrap();
        Self { path, file }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// An echo server, and the state of its handlers.
struct Server<'p> {
    port: &'p Port,
    long: Long,
    /// How many long handlers have begun.
    begun: AtomicUsize,
    /// Whether the other connections have been served meanwhile.
    served: AtomicBool,
    /// How many handlers of posts run, the most that ever did, and how many are to.
    running: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

impl<'p> Server<'p> {
    fn new(port: &'p Port, long: Long) -> Self {
        Self {
            port,
            long,
            begun: AtomicUsize::new(0),
            served: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        }
    }

    /// Starts so many threads; returns their names when they sleep at the port.
    fn start<'s>(&'s self, scope: &'s Scope<'s, '_>, threads: usize) -> Vec<ThreadId> {
        let (id_sender, ids) = mpsc::channel();
        for _ in 0..threads {
            let id_sender = id_sender.clone();
            scope.spawn(move || {
                let mut completions = self.port.completions();
                id_sender.send(thread_id()).unwrap();
                while let Some(completion) = completions.next(None).unwrap() {
                    self.handle(completion);
                }
            });
        }
        let ids: Vec<_> = ids.iter().take(threads).collect();
        ids.iter().for_each(|&id| wait_until_asleep(id));
        ids
    }

    fn handle(&self, completion: Completion<bool>) {
        match &completion {
            Completion::Receive { stream, .. } if *stream.key() => {
                self.begun.fetch_add(1, Ordering::SeqCst);
                (self.long)(self.port, &self.served);
            }
            Completion::Post(()) => self.count(),
            _ => {}
        }
        echo(completion);
    }

    /// Runs beside as many others as may run. It computes, so that it is not found to be
    /// blocked.
    fn count(&self) {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let start = Instant::now();
        while self.most.load(Ordering::SeqCst) < self.port.concurrency() {
            assert!(start.elapsed() < DEADLINE, "as many run as may");
            hint::spin_loop();
        }
        hint::black_box((0..20_000).fold(0, u32::wrapping_add));
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.done.fetch_add(1, Ordering::SeqCst);
    }

    /// So many connections with a receive under way.
    fn connect(&self, count: usize, takes_long: bool) -> Vec<TcpStream> {
        let connect = |_| {
            let (peer, stream) = associated(self.port, takes_long);
            stream.receive(Vec::with_capacity(64));
            peer
        };
        (0..count).map(connect).collect()
    }

    /// Has so many handlers take long, serves others meanwhile, and lets them end.
    fn serve_beside(&self, long: usize) {
        let mut takes_long = self.connect(long, true);
        let mut others = self.connect(3, false);
        for peer in &mut takes_long {
            peer.write_all(b"long").unwrap();
        }
        wait_until("the long handlers have begun", || {
            self.begun.load(Ordering::SeqCst) == long
        });
        for round in 0..20_u32 {
            for peer in &mut others {
                round_trip(peer, round);
            }
        }
        self.served.store(true, Ordering::SeqCst);
        for peer in &mut takes_long {
            peer.read_exact(&mut [0; 4]).unwrap();
            round_trip(peer, 0);
        }
    }
}

fn round_trip(peer: &mut TcpStream, number: u32) {
    peer.write_all(&number.to_be_bytes()).unwrap();
    let mut echoed = [0; 4];
    peer.read_exact(&mut echoed).unwrap();
    assert_eq!(u32::from_be_bytes(echoed), number);
}

/// For each concurrency value, and how many handlers take long at it: the other connections are
/// served meanwhile. There are as many threads as both together.
fn others_are_served_beside(long: Long, cases: &[(usize, usize)]) {
    for &(concurrency, count) in cases {
        for port in &(ports(concurrency) as Vec<Port>) {
            let server = Server::new(port, long);
            thread::scope(|scope| {
                let _close = CloseAtEnd(port);
                server.start(scope, concurrency + count);
                server.serve_beside(count);
            });
        }
    }
}

/// Rules: CP33
#[test]
fn others_are_served_beside_a_handler_that_computes() {
    others_are_served_beside(compute, &[(2, 1), (3, 2)]);
}

/// Rules: CP31, CP33
#[test]
fn others_are_served_beside_as_many_handlers_that_sleep_as_may_run() {
    others_are_served_beside(sleep, &[(1, 1), (2, 2), (1, 3)]);
}

/// Rules: CP30, CP33
#[test]
fn others_are_served_beside_as_many_handlers_that_tell_that_they_block_as_may_run() {
    others_are_served_beside(sleep_and_tell, &[(1, 1), (2, 2), (1, 3)]);
    others_are_served_beside(compute_and_tell, &[(1, 1), (2, 2)]);
}

/// Rules: CP30, CP33
#[test]
fn others_are_served_beside_as_many_handlers_that_wait_for_a_disk_and_tell_as_may_run() {
    others_are_served_beside(sync_and_tell, &[(1, 1), (2, 2)]);
}

/// Rules: CP28, CP30, CP31, CP32
#[test]
fn no_more_threads_run_than_the_concurrency_value_says_once_long_handlers_are_back() {
    if !keeps_the_concurrency_value() {
        return;
    }
    const PACKETS: usize = 200;
    for long in [
        sleep as Long,
        sleep_and_tell,
        compute_and_tell,
        sync_and_tell,
    ] {
        for concurrency in [1, 2] {
            for port in &(ports(concurrency) as Vec<Port>) {
                let server = Server::new(port, long);
                thread::scope(|scope| {
                    let _close = CloseAtEnd(port);
                    let threads = server.start(scope, 2 * concurrency + 1);
                    server.serve_beside(concurrency);
                    threads.iter().for_each(|&id| wait_until_asleep(id));
                    (0..PACKETS).for_each(|_| port.post(()));
                    wait_until("all packets are handled", || {
                        server.done.load(Ordering::SeqCst) == PACKETS
                    });
                });
                assert_eq!(server.most.load(Ordering::SeqCst), concurrency);
            }
        }
    }
}
