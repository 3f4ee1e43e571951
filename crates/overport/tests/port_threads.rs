//! The threads at the completion port: who is released, and how many run.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};

use common::port::{
    CloseAtEnd, DEADLINE, associated, compute_until, handles_one, next, nothing, ports, posted,
    thread_id, wait_until, wait_until_asleep,
};
use overport::completion_port::CompletionPort;

type Port = CompletionPort<u32, Vec<u8>, u32>;

/// Starts a thread that takes one packet, tells its name and waits until it may end; returns
/// when it waits at the port.
fn waiter<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    port: &'env Port,
    name: char,
    served: Sender<char>,
) -> Sender<()> {
    let (end, ended) = mpsc::channel();
    let (id_sender, id) = mpsc::channel();
    scope.spawn(move || {
        let mut completions = port.completions();
        id_sender.send(thread_id()).unwrap();
        if completions.next(Some(DEADLINE)).unwrap().is_none() {
            return;
        }
        served.send(name).unwrap();
        ended.recv().unwrap_err();
    });
    wait_until_asleep(id.recv_timeout(DEADLINE).unwrap());
    end
}

/// The name of the next thread that got a packet.
fn who(served: &Receiver<char>) -> char {
    served.recv_timeout(DEADLINE).expect("somebody is released")
}

/// Rules: CP24
#[test]
fn of_the_threads_that_wait_the_last_is_released_first_for_posts() {
    for port in &(ports(3) as Vec<Port>) {
        let (sender, served) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let _ends = ['A', 'B', 'C'].map(|name| waiter(scope, port, name, sender.clone()));
            let order = [0, 1, 2].map(|number| {
                port.post(number);
                who(&served)
            });
            assert_eq!(order, ['C', 'B', 'A']);
        });
    }
}

/// Rules: CP24
#[test]
fn of_the_threads_that_wait_the_last_is_released_first_for_events_of_sockets() {
    for port in &(ports(3) as Vec<Port>) {
        let (sender, served) = mpsc::channel();
        let mut peers = [0, 1, 2].map(|key| {
            let (peer, stream) = associated(port, key);
            stream.receive(Vec::with_capacity(64));
            peer
        });
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let _ends = ['A', 'B', 'C'].map(|name| waiter(scope, port, name, sender.clone()));
            for (peer, expected) in peers.iter_mut().zip(['C', 'B', 'A']) {
                peer.write_all(b"x").unwrap();
                assert_eq!(who(&served), expected);
            }
        });
    }
}

/// Rules: CP24
#[test]
fn a_thread_that_has_been_served_is_the_last_again_when_it_waits_again() {
    for port in &(ports(1) as Vec<Port>) {
        let (sender, served) = mpsc::channel();
        let (id_sender, id) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let _end = waiter(scope, port, 'A', sender.clone());
            scope.spawn(move || {
                let mut completions = port.completions();
                id_sender.send(thread_id()).unwrap();
                while completions.next(None).unwrap().is_some() {
                    sender.send('B').unwrap();
                }
            });
            let last = id.recv_timeout(DEADLINE).unwrap();
            for number in 0..20 {
                wait_until_asleep(last);
                port.post(number);
                assert_eq!(who(&served), 'B');
            }
        });
    }
}

/// Rules: CP34
#[test]
fn a_thread_that_drops_its_place_frees_it_for_another() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            next(&mut completions);
            port.post(1);
            wait_until_asleep(handles_one(scope, port, handled));
            drop(completions);
            compute_until(handled);
        });
    }
}

/// Rules: CP34
#[test]
fn a_handler_that_panics_frees_its_place() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            port.post(0);
            let handler = AssertUnwindSafe(|| {
                let mut completions = port.completions();
                next(&mut completions);
                port.post(1);
                panic!("on purpose");
            });
            assert!(catch_unwind(handler).is_err());
            handles_one(scope, port, handled);
            compute_until(handled);
        });
    }
}

/// Rules: CP34
#[test]
fn a_thread_that_exits_with_a_forgotten_place_is_found() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        port.post(0);
        let leaver = || {
            let mut completions = port.completions();
            next(&mut completions);
            std::mem::forget(completions);
        };
        thread::scope(|scope| scope.spawn(leaver).join().unwrap());
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            port.post(1);
            handles_one(scope, port, handled);
            wait_until("another is released", || handled.load(Ordering::SeqCst));
        });
    }
}

/// Rules: CP52
#[test]
fn a_thread_may_have_two_places_at_one_port() {
    for port in ports(1) as Vec<Port> {
        let (mut one, mut two) = (port.completions(), port.completions());
        for round in 0..3 {
            port.post(round);
            assert_eq!(posted(next(&mut one)), round);
            port.post(round);
            // The first place has a packet, and its thread is the one that waits here.
            assert_eq!(posted(next(&mut two)), round);
        }
        drop(one);
        port.post(9);
        assert_eq!(posted(next(&mut two)), 9);
    }
}

/// Rules: CP52
#[test]
fn a_thread_may_be_at_two_ports() {
    for (one, two) in (ports(1) as Vec<Port>)
        .into_iter()
        .zip(ports(1) as Vec<Port>)
    {
        let (mut at_one, mut at_two) = (one.completions(), two.completions());
        for round in 0..3 {
            one.post(round);
            two.post(round + 10);
            assert_eq!(posted(next(&mut at_one)), round);
            assert_eq!(posted(next(&mut at_two)), round + 10);
            one.blocking(|| two.blocking(|| ()));
        }
        nothing(&mut at_one);
        nothing(&mut at_two);
    }
}

/// Rules: CP55
// Windows does not tell how often another thread was woken.
#[cfg(target_os = "linux")]
#[test]
fn idle_threads_at_an_idle_port_do_not_run() {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    use common::port::switches;

    for (idle, busy) in (ports(1) as Vec<Port>)
        .into_iter()
        .zip(ports(1) as Vec<Port>)
    {
        let handled = &AtomicUsize::new(0);
        let (id_sender, ids) = mpsc::channel();
        thread::scope(|scope| {
            let _close = (CloseAtEnd(&idle), CloseAtEnd(&busy));
            for _ in 0..3 {
                let (idle, id_sender) = (&idle, id_sender.clone());
                scope.spawn(move || {
                    let mut completions = idle.completions();
                    id_sender.send(thread_id()).unwrap();
                    while let Some(completion) = completions.next(None).unwrap() {
                        drop(completion);
                        handled.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            let ids = [0; 3].map(|_| ids.recv_timeout(DEADLINE).unwrap());
            // They have handled something, so that roles have changed hands.
            (0..50).for_each(|number| idle.post(number));
            wait_until("all packets are handled", || {
                handled.load(Ordering::SeqCst) == 50
            });
            // Whoever watched the others gives up after a while; then nobody runs, whatever
            // goes on elsewhere.
            let mut completions = busy.completions();
            wait_until("the idle threads come to rest", || {
                let (before, start) = (ids.map(switches), Instant::now());
                while start.elapsed() < Duration::from_millis(50) {
                    busy.post(1);
                    assert_eq!(posted(next(&mut completions)), 1);
                }
                ids.map(switches) == before
            });
        });
    }
}
