//! Posts, waits and the threads at a port.

use std::io::{Read, Write};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, Scope};
use std::time::Duration;

use overport::raw::{Kind, Port, Segment};

use crate::common::{DEADLINE, compute_until, thread_id, wait_unseen, wait_until_asleep};
use crate::{Memory, associated, next, ports, receive};

/// Rules: CP58
#[test]
fn a_post_comes_with_its_three_values() {
    for port in ports(1) {
        for (bytes, key, overlapped) in [(1, 2, 3), (0, 0, 0), (usize::MAX, usize::MAX, usize::MAX)]
        {
            port.post(bytes, key, overlapped);
        }
        for values in [(1, 2, 3), (0, 0, 0), (usize::MAX, usize::MAX, usize::MAX)] {
            let packet = next(&port);
            assert_eq!(packet.kind, Kind::Post);
            assert!(packet.accepted.is_none() && packet.peer.is_none());
            assert_eq!(
                (packet.result.unwrap(), packet.key, packet.overlapped),
                values
            );
        }
    }
}

/// Rules: CP27, CP36
#[test]
fn a_wait_for_many_takes_what_is_there_up_to_its_limit() {
    for port in ports(1) {
        for overlapped in 0..5 {
            port.post(0, 0, overlapped);
        }
        let mut packets = Vec::new();
        assert_eq!(port.next_many(&mut packets, 0, None).unwrap(), 0);
        assert_eq!(port.next_many(&mut packets, 3, None).unwrap(), 3);
        assert_eq!(port.next_many(&mut packets, 3, None).unwrap(), 2);
        let wait = port.next_many(&mut packets, 3, Some(Duration::from_millis(1)));
        assert_eq!(wait.unwrap(), 0);
        let order: Vec<_> = packets.iter().map(|packet| packet.overlapped).collect();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }
}

/// Rules: CP41, CP47
#[test]
fn a_thread_may_end_and_a_handle_go_and_their_operations_go_on() {
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 6);
        let mut room = Memory::new(8);
        let segment = room.segment();
        thread::scope(|scope| {
            let address = segment.pointer.expose_provenance();
            scope.spawn(move || {
                let pointer = ptr::with_exposed_provenance_mut(address);
                receive(&handle, &[Segment::new(pointer, segment.length)], 1);
            });
        });
        peer.write_all(b"x").unwrap();
        let packet = next(&port);
        assert_eq!((packet.key, packet.result.unwrap()), (6, 1));
        assert_eq!(room.0[0], b'x');
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    }
}

/// Starts a thread that waits for a packet of that address, after which it sets the flag.
fn waits_for<'scope>(
    scope: &'scope Scope<'scope, '_>,
    port: &'scope Port,
    overlapped: usize,
    handled: &'scope AtomicBool,
) {
    let (id, waiting) = mpsc::channel();
    scope.spawn(move || {
        id.send(thread_id()).unwrap();
        assert_eq!(next(port).overlapped, overlapped);
        handled.store(true, Ordering::SeqCst);
    });
    wait_until_asleep(waiting.recv_timeout(DEADLINE).unwrap());
}

/// Rules: CP28, CP60
#[test]
fn a_thread_that_asks_another_port_gives_up_its_place_at_the_first() {
    for (first, second) in ports(1).into_iter().zip(ports(1)) {
        first.post(0, 0, 1);
        next(&first);
        let handled = AtomicBool::new(false);
        thread::scope(|scope| {
            waits_for(scope, &first, 2, &handled);
            second.post(0, 0, 3);
            assert_eq!(next(&second).overlapped, 3);
            // If this thread were still at the first port, it would run there for all to see.
            first.post(0, 0, 2);
            compute_until(&handled);
        });
    }
}

/// Rules: CP34
#[test]
fn a_thread_that_ends_gives_up_its_place() {
    for port in ports(1) {
        for overlapped in 0..20 {
            port.post(0, 0, overlapped);
            let port = port.clone();
            let ended = thread::spawn(move || next(&port).overlapped);
            assert_eq!(ended.join().unwrap(), overlapped);
        }
    }
}

/// Rules: CP30
#[test]
fn a_thread_that_tells_that_it_blocks_gives_its_place_to_another() {
    for port in ports(1) {
        port.post(0, 0, 1);
        next(&port);
        let handled = AtomicBool::new(false);
        thread::scope(|scope| {
            waits_for(scope, &port, 2, &handled);
            port.post(0, 0, 2);
            port.blocking(|| wait_unseen(&handled));
        });
    }
}

// Windows has no unprivileged sockets of another kind.
#[cfg(target_os = "linux")]
#[test]
fn a_socket_of_another_kind_is_refused() {
    for port in ports(1) {
        let (socket, _other) =
            socket2::Socket::pair(socket2::Domain::UNIX, socket2::Type::SEQPACKET, None).unwrap();
        let refused = port.associate(socket, 0).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    }
}
