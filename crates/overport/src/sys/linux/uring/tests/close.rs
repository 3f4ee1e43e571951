//! The end of a ring.

use std::thread;

use super::*;

#[test]
fn cancelling_all_leaves_nothing() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let pool = Pool::new(&ring, 4);
        let (mut client, server) = pair();
        let (ready, never) = (set_wake(), Wake::new().expect("an eventfd"));
        ring.poll(never.as_fd(), PollInterest::READABLE, 0);
        ring.poll_multishot(never.as_fd(), PollInterest::READABLE, 1);
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 2);
        ring.submit().expect("a submission");
        ring.poll(ready.as_fd(), PollInterest::READABLE, 4);
        ring.poll(never.as_fd(), PollInterest::READABLE, 3);

        let mut ended = Vec::new();
        let is_empty = ring.cancel_all_and_drain(Instant::now() + DEADLINE, |event| {
            assert!(!event.more);
            assert_eq!(event.result.is_ok(), event.token == 4);
            ended.push(event.token);
        });
        assert!(is_empty);
        ended.sort_unstable();
        assert_eq!(ended, [0, 1, 2, 3, 4]);
        assert_eq!(ring.unfinished(), 0);

        client.write_all(b"late").expect("room");
        no_event(&ring);
        assert_eq!(*pool.memory, [[0; Pool::SIZE]; 4]);
    }
}

#[test]
fn cancelling_all_gives_up_at_the_deadline() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let wake = Wake::new().expect("an eventfd");
        ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
        ring.submit().expect("a submission");
        assert!(!ring.cancel_all_and_drain(Instant::now(), |_| {}));
        assert_eq!(ring.unfinished(), 1);
        end(&ring);
    }
}

#[test]
fn cancelling_all_of_a_pinned_ring_is_the_owners() {
    let Some(ring) = pinned() else {
        return;
    };
    let wake = Wake::new().expect("an eventfd");
    ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
    ring.submit().expect("a submission");
    thread::scope(|scope| {
        let other = scope.spawn(|| ring.cancel_all_and_drain(Instant::now() + DEADLINE, |_| {}));
        assert!(!other.join().expect("the thread ends"));
    });
    end(&ring);
}

#[test]
fn a_pinned_ring_that_never_had_an_owner_has_nothing_to_cancel() {
    let Some(ring) = ring(Mode::Pinned) else {
        return;
    };
    let wake = Wake::new().expect("an eventfd");
    ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
    assert_eq!(ring.unfinished(), 1);
    assert!(ring.cancel_all_and_drain(Instant::now(), |event| panic!("{event:?}")));
}

#[test]
fn what_sleeping_and_exited_threads_have_submitted_is_cancelled() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let wake = Wake::new().expect("an eventfd");
    let submit = |token| {
        ring.poll(wake.as_fd(), PollInterest::READABLE, token);
        ring.submit().expect("a submission");
    };
    thread::scope(|scope| {
        scope.spawn(|| submit(1)).join().expect("the thread ends");
        let (id_sender, id_receiver) = mpsc::channel();
        let (end_sender, end_receiver) = mpsc::channel::<()>();
        scope.spawn(move || {
            submit(2);
            id_sender.send(ThreadId::current()).ok();
            end_receiver.recv().ok();
        });
        wait_until_asleep(id_receiver.recv().expect("its name"));
        end(&ring);
        drop(end_sender);
    });
}

#[test]
fn the_buffer_rings_memory_goes_with_the_ring_only_if_nothing_is_left() {
    for (is_left, keepers) in [(false, 1), (true, 2)] {
        let Some(ring) = ring(Mode::Shared) else {
            return;
        };
        let pool = Pool::new(&ring, 1);
        let (_client, server) = pair();
        if is_left {
            ring.receive_multishot(server.as_fd(), pool.ring.group(), 0);
            ring.submit().expect("a submission");
        }
        drop(ring);
        assert_eq!(pool.ring.keepers(), keepers);
    }
}
