//! The two queues, when they are full and when they are empty.

use std::thread;

use super::*;
use crate::sys::linux::uring::setup::{COMPLETIONS, SUBMISSIONS};

fn poll_many(ring: &Ring, wake: &Wake, count: u32) {
    for token in 0..count {
        ring.poll(wake.as_fd(), PollInterest::READABLE, token.into());
    }
}

#[track_caller]
fn all_in_order(ring: &Ring, count: u32) {
    let tokens = events(ring, count as usize);
    let tokens = tokens.iter().map(|event| event.token);
    assert!(tokens.eq(0..u64::from(count)));
    assert_eq!(ring.unfinished(), 0);
    no_event(ring);
}

#[test]
fn more_than_the_submission_queue_holds_is_lost_neither_by_submit_nor_by_wait() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = set_wake();
        let count = SUBMISSIONS * 3 + 1;
        poll_many(&ring, &wake, count);
        all_in_order(&ring, count);

        poll_many(&ring, &wake, count);
        assert!(ring.submit().expect("a submission"));
        assert!(!ring.has_queued());
        all_in_order(&ring, count);
    }
}

#[test]
fn more_than_the_completion_queue_holds_is_not_lost() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = set_wake();
        let count = COMPLETIONS * 2 + 1;
        poll_many(&ring, &wake, count);
        ring.submit().expect("a submission");
        all_in_order(&ring, count);
    }
}

#[test]
fn one_drain_takes_everything_that_has_come() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = set_wake();
        let count = COMPLETIONS + 1;
        poll_many(&ring, &wake, count);
        ring.submit().expect("a submission");
        let mut seen = 0;
        ring.drain(|_| seen += 1);
        assert_eq!(seen, count);
    }
}

#[test]
fn what_is_pushed_while_draining_comes_too() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let wake = set_wake();
    ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
    ring.submit().expect("a submission");
    let mut seen = 0;
    ring.drain(|event| {
        seen += 1;
        if event.token < 10 {
            ring.poll(wake.as_fd(), PollInterest::READABLE, event.token + 1);
            ring.submit().expect("a submission");
        }
    });
    assert_eq!(seen, 11);
}

#[test]
fn a_wait_without_events_lasts_for_its_time() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let timeout = Duration::from_millis(5);
        let start = Instant::now();
        ring.wait(Some(timeout)).expect("a wait");
        assert!(start.elapsed() >= timeout);
        no_event(&ring);
    }
}

#[test]
fn the_longest_wait_is_a_wait() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let wake = Wake::new().expect("an eventfd");
    ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
    thread::scope(|scope| {
        let (id_sender, id_receiver) = mpsc::channel();
        let (end_sender, end_receiver) = mpsc::channel();
        let ring = &ring;
        scope.spawn(move || {
            id_sender.send(ThreadId::current()).ok();
            ring.wait(Some(Duration::MAX)).expect("a wait");
            end_sender.send(()).ok();
        });
        wait_until_asleep(id_receiver.recv().expect("the thread's name"));
        assert!(end_receiver.try_recv().is_err());
        wake.set();
        end_receiver.recv_timeout(DEADLINE).expect("the wait ends");
    });
    assert!(event(&ring).readiness().readable);
}

#[test]
fn completions_that_are_there_end_a_wait_with_a_time_or_without() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = set_wake();
        ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
        ring.submit().expect("a submission");
        ring.wait(None).expect("a wait");
        ring.wait(Some(DEADLINE)).expect("a wait");
        ring.poll(wake.as_fd(), PollInterest::READABLE, 1);
        ring.wait(None).expect("a wait");
        assert!(!ring.has_queued() || ring.submit().expect("a submission"));
        all_in_order(&ring, 2);
    }
}

#[test]
fn a_multishot_poll_tells_of_each_time() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = Wake::new().expect("an eventfd");
        ring.poll_multishot(wake.as_fd(), PollInterest::READABLE, 9);
        no_event(&ring);
        for _ in 0..3 {
            wake.set();
            let event = event(&ring);
            assert_eq!((event.token, event.more), (9, true));
            assert!(event.readiness().readable);
            wake.clear();
            no_event(&ring);
        }
        end(&ring);
    }
}

#[test]
fn a_poll_tells_of_a_peer_that_has_stopped_sending() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let (client, server) = pair();
    ring.poll(server.as_fd(), PollInterest::READABLE, 0);
    no_event(&ring);
    client
        .shutdown(std::net::Shutdown::Write)
        .expect("a shutdown");
    let readiness = event(&ring).readiness();
    assert!(readiness.readable && readiness.read_closed && !readiness.writable);
    ring.poll(server.as_fd(), PollInterest::WRITABLE, 0);
    assert!(event(&ring).readiness().writable);
}

#[test]
fn a_cancelled_operation_ends_and_the_request_has_no_event() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = Wake::new().expect("an eventfd");
        ring.poll(wake.as_fd(), PollInterest::READABLE, 1);
        ring.poll_multishot(wake.as_fd(), PollInterest::READABLE, 2);
        ring.cancel(1);
        ring.cancel(2);
        ring.cancel(3);
        for (event, token) in events(&ring, 2).iter().zip([1, 2]) {
            assert_eq!((event.token, event.more), (token, false));
            assert_eq!(event.result, Err(Errno::CANCELED));
        }
        no_event(&ring);
        assert_eq!(ring.unfinished(), 0);
    }
}

#[test]
fn a_cancellation_tells_what_it_has_missed() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        ring.cancel(3);
        let mut drained = Vec::new();
        ring.wait(Some(DEADLINE)).expect("a wait");
        ring.drain_all(|one| drained.push(one));
        assert_eq!(drained, [Drained::Missed(3)]);
        assert_eq!(ring.unfinished(), 0);
    }
}
