//! Threads that share a ring.

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::{self, Scope};

use super::*;

/// Tells who it is, submits, and blocks until the channel closes.
fn submits_and_blocks<'scope>(
    scope: &'scope Scope<'scope, '_>,
    submit: impl FnOnce() + Send + 'scope,
) -> (ThreadId, Sender<()>) {
    let (id_sender, id_receiver) = mpsc::channel();
    let (end_sender, end_receiver) = mpsc::channel();
    scope.spawn(move || {
        submit();
        id_sender.send(ThreadId::current()).ok();
        end_receiver.recv().ok();
    });
    (id_receiver.recv().expect("its name"), end_sender)
}

/// Waits and drains until an event with the token is there.
fn drains_until<'scope>(
    scope: &'scope Scope<'scope, '_>,
    ring: &'scope Ring,
    last: u64,
) -> (ThreadId, Receiver<Event>) {
    let (id_sender, id_receiver) = mpsc::channel();
    let (event_sender, event_receiver) = mpsc::channel();
    scope.spawn(move || {
        if !ring.is_owner() {
            ring.enable_here().expect("it has no owner yet");
        }
        id_sender.send(ThreadId::current()).ok();
        let mut has_come = false;
        while !has_come {
            ring.wait(None).expect("a wait");
            ring.drain(|event| {
                has_come |= event.token == last;
                event_sender.send(event).ok();
            });
        }
    });
    (id_receiver.recv().expect("its name"), event_receiver)
}

#[test]
fn others_push_submit_and_cancel_while_one_waits() {
    const LAST: u64 = 100;
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let (ready, never) = (set_wake(), Wake::new().expect("an eventfd"));
    thread::scope(|scope| {
        let (waiter, events) = drains_until(scope, &ring, LAST);
        let next = || events.recv_timeout(DEADLINE).expect("an event");
        for token in 0..10 {
            wait_until_asleep(waiter);
            ring.poll(ready.as_fd(), PollInterest::READABLE, token);
            ring.submit().expect("a submission");
            assert_eq!(next().token, token);

            ring.poll(never.as_fd(), PollInterest::READABLE, token);
            ring.submit().expect("a submission");
            wait_until_asleep(waiter);
            ring.cancel(token);
            ring.submit().expect("a submission");
            let event = next();
            assert_eq!((event.token, event.result), (token, Err(Errno::CANCELED)));
        }
        ring.poll(ready.as_fd(), PollInterest::READABLE, LAST);
        ring.submit().expect("a submission");
        assert_eq!(next().token, LAST);
    });
}

#[test]
fn a_wake_ends_a_wait_and_has_no_event() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    thread::scope(|scope| {
        let (id_sender, id_receiver) = mpsc::channel();
        let (end_sender, end_receiver) = mpsc::channel();
        let waits = &ring;
        scope.spawn(move || {
            id_sender.send(ThreadId::current()).ok();
            waits.wait(None).expect("a wait");
            end_sender.send(()).ok();
        });
        wait_until_asleep(id_receiver.recv().expect("its name"));
        assert!(ring.wake().expect("a submission"));
        end_receiver.recv_timeout(DEADLINE).expect("the wait ends");
    });
    assert!(ring.wake().expect("a submission"));
    ring.wait(None).expect("a wait");
    no_event(&ring);
}

#[test]
fn many_threads_push_and_submit_and_nothing_is_lost() {
    const THREADS: u64 = 4;
    const EACH: u64 = 2000;
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let ready = set_wake();
    thread::scope(|scope| {
        for first in 0..THREADS {
            let (ring, ready) = (&ring, &ready);
            scope.spawn(move || {
                for token in 0..EACH {
                    ring.poll(ready.as_fd(), PollInterest::READABLE, first * EACH + token);
                    if token % 7 == 0 {
                        ring.submit().expect("a submission");
                    }
                }
                ring.submit().expect("a submission");
            });
        }
        let mut tokens = Vec::new();
        while tokens.len() < (THREADS * EACH) as usize {
            ring.wait(Some(DEADLINE)).expect("a wait");
            ring.drain(|event| tokens.push(event.token));
        }
        tokens.sort_unstable();
        assert!(tokens.into_iter().eq(0..THREADS * EACH));
    });
    assert_eq!(ring.unfinished(), 0);
}

#[test]
fn the_owner_of_a_pinned_ring_submits_what_others_have_pushed() {
    const WAKE: u64 = 0;
    const LAST: u64 = 1;
    let Some(ring) = ring(Mode::Pinned) else {
        return;
    };
    let (ready, wake) = (set_wake(), Wake::new().expect("an eventfd"));
    thread::scope(|scope| {
        ring.poll_multishot(wake.as_fd(), PollInterest::READABLE, WAKE);
        let (waiter, events) = drains_until(scope, &ring, LAST);
        wait_until_asleep(waiter);
        ring.poll(ready.as_fd(), PollInterest::READABLE, LAST);
        assert!(!ring.is_owner());
        assert!(!ring.submit().expect("nothing is done"));
        assert!(!ring.wake().expect("nothing is done"));
        assert!(ring.has_queued());
        wake.set();
        let next = || events.recv_timeout(DEADLINE).expect("an event");
        assert_eq!(next().token, WAKE);
        assert_eq!(next().token, LAST);
    });
}

#[test]
fn a_submitter_that_sleeps_does_not_keep_its_completions() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let pool = Pool::new(&ring, 4);
    let (mut client, server) = pair();
    let wake = Wake::new().expect("an eventfd");
    thread::scope(|scope| {
        let (submitter, end) = submits_and_blocks(scope, || {
            ring.poll(wake.as_fd(), PollInterest::READABLE, 1);
            ring.receive_multishot(server.as_fd(), pool.ring.group(), 2);
            ring.submit().expect("a submission");
        });
        wait_until_asleep(submitter);
        wake.set();
        assert!(event(&ring).readiness().readable);
        client.write_all(b"text").expect("room");
        assert_eq!(pool.chunk(&event(&ring)), b"text");
        drop(end);
    });
    end(&ring);
}

#[test]
fn a_submitter_that_computes_does_not_keep_its_completions_for_ever() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let wake = Wake::new().expect("an eventfd");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (submitted_sender, submitted_receiver) = mpsc::channel();
        scope.spawn({
            let (ring, wake, stop) = (&ring, &wake, &stop);
            move || {
                ring.poll(wake.as_fd(), PollInterest::READABLE, 1);
                ring.submit().expect("a submission");
                submitted_sender.send(()).ok();
                compute_until(stop);
            }
        });
        submitted_receiver.recv().expect("the thread submits");
        wake.set();
        assert!(event(&ring).readiness().readable);
        stop.store(true, Ordering::SeqCst);
    });
}

/// Computes until the flag is set, without ever entering the kernel.
#[track_caller]
fn compute_until(flag: &AtomicBool) {
    let start = Instant::now();
    while !flag.load(Ordering::SeqCst) {
        assert!(start.elapsed() < DEADLINE, "the flag is not set");
        hint::spin_loop();
    }
}

#[test]
fn what_an_exited_thread_has_submitted_fails_with_its_event_and_can_be_repeated() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let pool = Pool::new(&ring, 4);
    let (mut client, server) = pair();
    let wake = Wake::new().expect("an eventfd");
    let submit = || {
        ring.poll(wake.as_fd(), PollInterest::READABLE, 1);
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 2);
        ring.submit().expect("a submission");
    };
    thread::scope(|scope| scope.spawn(submit).join()).expect("the thread ends");
    no_event(&ring);
    assert_eq!(ring.unfinished(), 2);

    wake.set();
    failed(event(&ring), 1);
    client.write_all(b"text").expect("room");
    failed(event(&ring), 2);
    assert_eq!(ring.unfinished(), 0);

    submit();
    let events = events(&ring, 2);
    assert!(events[0].readiness().readable);
    assert_eq!(pool.chunk(&events[1]), b"text");
    end(&ring);
}

#[track_caller]
fn failed(event: Event, token: u64) {
    assert_eq!((event.token, event.more), (token, false));
    assert!(matches!(event.result, Err(Errno::CANCELED | Errno::FAULT)));
    assert_eq!(event.buffer, None);
}
