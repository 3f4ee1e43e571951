//! The concurrency value of the completion port: how many threads run, and what happens when
//! one blocks.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use common::port::{
    CloseAtEnd, DEADLINE, associated, beside_one_that_waits, compute_until, handles, handles_one,
    keeps_the_concurrency_value, next, ports, posted, received, thread_id, wait_unseen, wait_until,
    wait_until_asleep,
};
use overport::completion_port::{Completion, CompletionPort, Completions};

type Port = CompletionPort<u32, Vec<u8>, u32>;

/// Rules: CP28
#[test]
fn no_more_threads_run_than_the_concurrency_value_says() {
    if !keeps_the_concurrency_value() {
        return;
    }
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

/// Rules: CP30, CP33
#[test]
fn a_thread_that_tells_that_it_blocks_gives_its_place_to_another() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        beside_one_that_waits(port, handled, || {
            port.post(1);
            // It computes, so that only its word can tell.
            port.blocking(|| wait_unseen(handled));
        });
    }
}

/// Rules: CP30, CP33
#[test]
fn what_a_thread_posts_while_it_blocks_is_handled_by_another() {
    for port in &(ports(1) as Vec<Port>) {
        let handled = &AtomicBool::new(false);
        beside_one_that_waits(port, handled, || {
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
        beside_one_that_waits(port, handled, || {
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
    if !keeps_the_concurrency_value() {
        return;
    }
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
            port.blocking(|| wait_unseen(handled));
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
            thread::scope(|scope| {
                let _close = CloseAtEnd(port);
                let mut completions = port.completions();
                port.post(0);
                posted(next(&mut completions));
                let (id, handled) = handles(scope, port, 1);
                wait_until_asleep(id);
                port.post(1);
                handled
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
        beside_one_that_waits(port, handled, || {
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
        beside_one_that_waits(port, handled, || {
            peer.write_all(b"x").unwrap();
            compute_until(handled);
        });
    }
}

/// Rules: CP32
#[test]
fn a_thread_that_resumes_runs_on_and_nobody_is_released_until_the_count_is_below_the_value() {
    if !keeps_the_concurrency_value() {
        return;
    }
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
                port.blocking(|| wait_unseen(second_runs));
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

/// Whether packet 3 comes before the deadline.
fn third_comes(completions: &mut Completions<'_, u32, Vec<u8>, u32>) -> bool {
    match completions.next(Some(DEADLINE)).unwrap() {
        Some(completion) => posted(completion) == 3,
        None => false,
    }
}
