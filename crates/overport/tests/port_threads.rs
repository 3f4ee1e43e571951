//! The threads at the completion port: who is released, and how many run.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, associated, compute_until, next, nothing, ports, posted, received,
    switches, thread_id, wait_until, wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort};

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

/// Rules: CP28
#[test]
fn no_more_threads_run_than_the_concurrency_value_says() {
    for concurrency in [1, 2, 3] {
        for port in ports(concurrency) as Vec<Port> {
            const PACKETS: u32 = 400;
            let (running, most, handled) = (
                AtomicUsize::new(0),
                AtomicUsize::new(0),
                AtomicUsize::new(0),
            );
            thread::scope(|scope| {
                let _close = CloseAtEnd(&port);
                for _ in 0..6 {
                    scope.spawn(|| {
                        let mut completions = port.completions();
                        while let Some(completion) = completions.next(None).unwrap() {
                            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                            most.fetch_max(now, Ordering::SeqCst);
                            // It computes, so that it is not found to be blocked.
                            let number = posted(completion);
                            std::hint::black_box((0..20_000).fold(number, u32::wrapping_add));
                            running.fetch_sub(1, Ordering::SeqCst);
                            handled.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
                (0..PACKETS).for_each(|number| port.post(number));
                wait_until("all packets are handled", || {
                    handled.load(Ordering::SeqCst) == PACKETS as usize
                });
            });
            assert!(most.into_inner() <= concurrency);
        }
    }
}

/// Rules: CP29
#[test]
fn a_concurrency_of_0_is_the_number_of_processors() {
    for port in ports(0) as Vec<Port> {
        let processors = thread::available_parallelism().unwrap().get();
        assert_eq!(port.concurrency(), processors);
    }
    for port in ports(3) as Vec<Port> {
        assert_eq!(port.concurrency(), 3);
    }
}

/// A thread that handles the next packet, after which it sets the flag.
fn handles_one<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    port: &'env Port,
    handled: &'env AtomicBool,
) -> i32 {
    let (id_sender, id) = mpsc::channel();
    scope.spawn(move || {
        let mut completions = port.completions();
        id_sender.send(thread_id()).unwrap();
        if completions.next(Some(DEADLINE)).unwrap().is_some() {
            handled.store(true, Ordering::SeqCst);
        }
    });
    id.recv_timeout(DEADLINE).unwrap()
}

/// Rules: CP30, CP33
#[test]
fn a_thread_that_tells_that_it_blocks_gives_its_place_to_another() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            next(&mut completions);
            wait_until_asleep(handles_one(scope, port, handled));
            port.post(1);
            // It computes, so that only its word can tell.
            port.blocking(|| compute_until(handled));
        });
    }
}

/// Rules: CP30, CP33
#[test]
fn what_a_thread_posts_while_it_blocks_is_handled_by_another() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            next(&mut completions);
            wait_until_asleep(handles_one(scope, port, handled));
            port.blocking(|| {
                port.post(1);
                compute_until(handled);
            });
        });
    }
}

/// Rules: CP30
#[test]
fn a_thread_that_blocks_gives_up_its_place_for_socket_events_too() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        let (mut peer, stream) = associated(port, 0);
        stream.receive(Vec::with_capacity(64));
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            next(&mut completions);
            wait_until_asleep(handles_one(scope, port, handled));
            port.blocking(|| {
                peer.write_all(b"x").unwrap();
                compute_until(handled);
            });
        });
    }
}

/// Rules: CP30, CP34
#[test]
fn the_count_is_right_after_blocking_code_panics() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            next(&mut completions);
            let panic = AssertUnwindSafe(|| port.blocking(|| panic!("on purpose")));
            assert!(catch_unwind(panic).is_err());
            port.post(1);
            let other = handles_one(scope, port, handled);
            wait_until_asleep(other);
            assert!(!handled.load(Ordering::SeqCst), "this thread runs");
            port.blocking(|| compute_until(handled));
        });
    }
}

/// Rules: CP30
#[test]
fn a_thread_without_a_packet_may_say_that_it_blocks() {
    for port in ports(1) as Vec<Port> {
        assert_eq!(port.blocking(|| port.blocking(|| 7)), 7);
        let mut completions = port.completions();
        assert_eq!(port.blocking(|| 8), 8);
        port.post(1);
        assert_eq!(posted(next(&mut completions)), 1);
        assert_eq!(port.blocking(|| port.blocking(|| 9)), 9);
        port.post(2);
        assert_eq!(posted(next(&mut completions)), 2);
    }
}

/// Rules: CP31, CP33
#[test]
fn a_thread_that_blocks_without_a_word_is_found_and_another_released() {
    for concurrency in [1, 2] {
        for port in &(ports(concurrency) as Vec<Port>) {
            let (sender, receiver) = mpsc::channel();
            let (id_sender, id) = mpsc::channel();
            thread::scope(|scope| {
                let _close = CloseAtEnd(port);
                let mut completions = port.completions();
                port.post(0);
                posted(next(&mut completions));
                scope.spawn(move || {
                    let mut completions = port.completions();
                    id_sender.send(thread_id()).unwrap();
                    assert_eq!(posted(next(&mut completions)), 1);
                    sender.send(()).unwrap();
                });
                wait_until_asleep(id.recv_timeout(DEADLINE).unwrap());
                port.post(1);
                receiver
                    .recv_timeout(DEADLINE)
                    .expect("the other packet is handled meanwhile");
            });
        }
    }
}

/// Rules: CP31, CP33
#[test]
fn a_handler_that_waits_for_an_event_of_a_socket_gets_it_through_another_thread() {
    for concurrency in [1, 2] {
        for port in &(ports(concurrency) as Vec<Port>) {
            let (mut peer, stream) = associated(port, 0);
            stream.receive(Vec::with_capacity(64));
            let (sender, receiver) = mpsc::channel();
            thread::scope(|scope| {
                let _close = CloseAtEnd(port);
                let mut completions = port.completions();
                port.post(0);
                posted(next(&mut completions));
                scope.spawn(move || {
                    let mut completions = port.completions();
                    received(next(&mut completions)).2.unwrap();
                    sender.send(()).unwrap();
                });
                peer.write_all(b"x").unwrap();
                receiver
                    .recv_timeout(DEADLINE)
                    .expect("the event is handled meanwhile");
            });
        }
    }
}

/// Rules: CP33
#[test]
fn at_concurrency_2_a_handler_that_computes_holds_nothing_up_that_it_posted() {
    for port in &(ports(2) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            posted(next(&mut completions));
            wait_until_asleep(handles_one(scope, port, handled));
            port.post(1);
            compute_until(handled);
        });
    }
}

/// Rules: CP33
#[test]
fn at_concurrency_2_a_handler_that_computes_holds_no_socket_up() {
    for port in &(ports(2) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        let (mut peer, stream) = associated(port, 0);
        stream.receive(Vec::with_capacity(64));
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            let mut completions = port.completions();
            port.post(0);
            posted(next(&mut completions));
            wait_until_asleep(handles_one(scope, port, handled));
            peer.write_all(b"x").unwrap();
            compute_until(handled);
        });
    }
}

/// Rules: CP32
#[test]
fn a_thread_that_resumes_runs_on_and_nobody_is_released_until_the_count_is_below_the_value() {
    for port in &(ports(1) as Vec<Port>) {
        let (first_may_end, second_may_end) = (&AtomicBool::new(false), &AtomicBool::new(false));
        let (first_runs, second_runs) = (&AtomicBool::new(false), &AtomicBool::new(false));
        let resumed = &AtomicBool::new(false);
        let third = &AtomicUsize::new(0);
        let (id_sender, ids) = mpsc::channel();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            // The first thread's handler of packet 1 overshoots while packet 2 is handled.
            scope.spawn(|| {
                let mut completions = port.completions();
                assert_eq!(posted(next(&mut completions)), 1);
                first_runs.store(true, Ordering::SeqCst);
                port.blocking(|| compute_until(second_runs));
                resumed.store(true, Ordering::SeqCst);
                compute_until(first_may_end);
                third.fetch_add(usize::from(third_comes(&mut completions)), Ordering::SeqCst);
            });
            port.post(1);
            wait_until("packet 1 is claimed", || first_runs.load(Ordering::SeqCst));
            port.post(2);
            scope.spawn(move || {
                let mut completions = port.completions();
                assert_eq!(posted(next(&mut completions)), 2);
                second_runs.store(true, Ordering::SeqCst);
                compute_until(second_may_end);
                id_sender.send(thread_id()).unwrap();
                third.fetch_add(usize::from(third_comes(&mut completions)), Ordering::SeqCst);
            });
            wait_until("both run", || resumed.load(Ordering::SeqCst));
            port.post(3);
            second_may_end.store(true, Ordering::SeqCst);
            wait_until_asleep(ids.recv_timeout(DEADLINE).unwrap());
            assert_eq!(third.load(Ordering::SeqCst), 0, "the first one still runs");
            first_may_end.store(true, Ordering::SeqCst);
            wait_until("packet 3 is handled", || third.load(Ordering::SeqCst) == 1);
        });
    }
}

fn third_comes(
    completions: &mut overport::completion_port::Completions<'_, u32, Vec<u8>, u32>,
) -> bool {
    match completions.next(Some(DEADLINE)).unwrap() {
        Some(completion) => posted(completion) == 3,
        None => false,
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
#[test]
fn idle_threads_at_an_idle_port_do_not_run() {
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

/// Rules: CP26, CP28, CP33
#[test]
fn packets_that_handlers_wait_for_come_however_deep_they_wait() {
    for port in &(ports(1) as Vec<Port>) {
        const DEPTH: usize = 4;
        // Each handler waits until those of all later packets have run.
        let (done_sender, done) = mpsc::channel();
        let gates: Vec<_> = (0..=DEPTH).map(|_| mpsc::sync_channel::<()>(1)).collect();
        let (senders, receivers): (Vec<_>, Vec<_>) = gates.into_iter().unzip();
        let receivers: Vec<_> = receivers.into_iter().map(std::sync::Mutex::new).collect();
        (0..u32::try_from(DEPTH).unwrap()).for_each(|number| port.post(number));
        senders[DEPTH].send(()).unwrap();
        thread::scope(|scope| {
            let _close = CloseAtEnd(port);
            for _ in 0..DEPTH {
                let (senders, receivers, done) = (&senders, &receivers, done_sender.clone());
                scope.spawn(move || {
                    let mut completions = port.completions();
                    if let Some(Completion::Post(number)) = completions.next(None).unwrap() {
                        let number = number as usize;
                        let next = receivers[number + 1].lock().unwrap();
                        next.recv_timeout(DEADLINE).expect("the next one runs");
                        senders[number].send(()).unwrap();
                        done.send(()).unwrap();
                    }
                });
            }
            for _ in 0..DEPTH {
                done.recv_timeout(DEADLINE).expect("all handlers end");
            }
        });
    }
}
