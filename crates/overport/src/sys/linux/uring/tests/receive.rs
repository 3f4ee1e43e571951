//! Receives into provided buffers, accepts and sends.

use super::*;
use crate::sys::linux::uring::setup::COMPLETIONS;

/// Rings with which a receive goes on after the first chunk.
fn multishot_rings() -> impl Iterator<Item = Ring> {
    let rings = [ring(Mode::Shared), pinned()].into_iter().flatten();
    rings.filter(|ring| ring.features().multishot_receive)
}

#[test]
fn a_multishot_receive_brings_chunks_in_order_and_the_end() {
    for ring in multishot_rings() {
        let mut pool = Pool::new(&ring, 4);
        let (mut client, server) = pair();
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 3);
        for text in [&b"one"[..], b"two", b"three"] {
            client.write_all(text).expect("room");
            let event = event(&ring);
            assert_eq!((event.token, event.more), (3, true));
            assert_eq!(pool.chunk(&event), text);
            pool.give(event.buffer.expect("a buffer"));
        }
        drop(client);
        let event = event(&ring);
        assert_eq!((event.result, event.more), (Ok(0), false));
        assert_eq!(ring.unfinished(), 0);
    }
}

#[test]
fn a_receive_without_buffers_ends_and_takes_no_data() {
    for ring in multishot_rings() {
        let mut pool = Pool::new(&ring, 2);
        let (mut client, server) = pair();
        client.write_all(b"aaaaaaaabbbbbbbbcccc").expect("room");
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 1);
        let events = events(&ring, 3);
        assert_eq!(pool.chunk(&events[0]), b"aaaaaaaa");
        assert_eq!(pool.chunk(&events[1]), b"bbbbbbbb");
        assert_eq!((events[1].more, events[2].more), (true, false));
        assert_eq!(events[2].result, Err(Errno::NOBUFS));
        assert_eq!(events[2].buffer, None);

        pool.give(events[0].buffer.expect("a buffer"));
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 2);
        let event = event(&ring);
        assert_eq!((event.token, event.more), (2, true));
        assert_eq!(pool.chunk(&event), b"cccc");
        end(&ring);
    }
}

#[test]
fn a_receive_of_an_empty_group_fails_before_there_is_data() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let empty = ring.register_buffers(1).expect("a buffer ring");
        let (_client, server) = pair();
        ring.receive_multishot(server.as_fd(), empty.group(), 0);
        let event = event(&ring);
        assert_eq!((event.result, event.more), (Err(Errno::NOBUFS), false));
    }
}

#[test]
fn a_receive_that_waits_owns_no_buffer() {
    for ring in multishot_rings() {
        let pool = Pool::new(&ring, 1);
        let (_idle_client, idle) = pair();
        let (mut client, server) = pair();
        ring.receive_multishot(idle.as_fd(), pool.ring.group(), 1);
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 2);
        no_event(&ring);
        client.write_all(b"text").expect("room");
        let event = event(&ring);
        assert_eq!(event.token, 2);
        assert_eq!(pool.chunk(&event), b"text");
        no_event(&ring);
        end(&ring);
    }
}

#[test]
fn buffers_go_round_the_ring_of_buffers() {
    for ring in multishot_rings() {
        let mut pool = Pool::new(&ring, 2);
        let (mut client, server) = pair();
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 0);
        for round in 0..1000u32 {
            client.write_all(&round.to_ne_bytes()).expect("room");
            let event = event(&ring);
            assert!(event.more);
            assert_eq!(pool.chunk(&event), round.to_ne_bytes());
            pool.give(event.buffer.expect("a buffer"));
        }
        end(&ring);
    }
}

#[test]
fn a_receive_for_one_chunk_leaves_the_rest() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let mut pool = Pool::new(&ring, 1);
    let (mut client, server) = pair();
    client.write_all(b"aaaaaaaabb").expect("room");
    drop(client);
    for text in [&b"aaaaaaaa"[..], b"bb", b""] {
        ring.receive(server.as_fd(), pool.ring.group(), 1);
        let event = event(&ring);
        assert!(!event.more);
        assert_eq!(event.result, Ok(text.len() as u32));
        if let Some(id) = event.buffer {
            assert_eq!(pool.chunk(&event), text);
            pool.give(id);
        }
    }
}

/// It may end then, and its last event has a chunk like the others.
#[test]
fn a_multishot_receive_loses_nothing_to_a_full_completion_queue() {
    for ring in multishot_rings() {
        let pool = Pool::new(&ring, 4);
        let (mut client, server) = pair();
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 1);
        ring.submit().expect("a submission");
        let ready = set_wake();
        for _ in 0..COMPLETIONS {
            let interest = PollInterest {
                readable: true,
                writable: false,
            };
            ring.poll(ready.as_fd(), interest, 0);
        }
        ring.submit().expect("a submission");
        client.write_all(b"aaaaaaaabbbb").expect("room");
        drop(client);
        let (mut text, mut has_ended) = (Vec::new(), false);
        let start = Instant::now();
        while !has_ended {
            assert!(start.elapsed() < DEADLINE, "only {text:?} has come");
            ring.wait(Some(DEADLINE)).expect("a wait");
            ring.drain(|event| {
                if event.token != 1 {
                    return;
                }
                has_ended = event.result == Ok(0);
                if !has_ended {
                    text.extend_from_slice(pool.chunk(&event));
                }
                if !has_ended && !event.more {
                    ring.receive_multishot(server.as_fd(), pool.ring.group(), 1);
                }
            });
        }
        assert_eq!(text, b"aaaaaaaabbbb");
        end(&ring);
    }
}

#[test]
fn groups_have_their_own_buffers() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let empty = ring.register_buffers(1).expect("a buffer ring");
    let pool = Pool::new(&ring, 1);
    assert_ne!(empty.group(), pool.ring.group());
    let (mut client, server) = pair();
    client.write_all(b"text").expect("room");
    ring.receive_multishot(server.as_fd(), empty.group(), 1);
    assert_eq!(event(&ring).result, Err(Errno::NOBUFS));
    ring.receive_multishot(server.as_fd(), pool.ring.group(), 2);
    assert_eq!(pool.chunk(&event(&ring)), b"text");
    end(&ring);
}

#[test]
fn a_ring_of_buffers_has_a_power_of_two_of_them() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    for count in [0, 3, u16::MAX] {
        let error = ring.register_buffers(count).expect_err("no power of two");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    let most = ring.register_buffers(1 << 15).expect("a buffer ring");
    assert_eq!(most.entries(), 1 << 15);
}
