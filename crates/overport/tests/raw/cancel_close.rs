//! Cancelling, closing, and when the memory is the caller's again.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use overport::error::{is_cancelled, wsa_code};
use overport::raw::Port;
use socket2::Socket;

use crate::common::{DEADLINE, listener, loopback, pair, thread_id, wait_until_asleep};
use crate::{Memory, assert_kind, associated, nothing, ports, receive, result_of};

/// Rules: CP43, CP45, CP57
#[test]
fn an_operation_is_cancelled_by_its_address_and_took_nothing() {
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 0);
        let mut rooms = [1, 2, 3].map(|_| Memory::new(4));
        for (room, overlapped) in rooms.iter_mut().zip([0x10, 0x20, 0x30]) {
            receive(&handle, &[room.segment()], overlapped);
        }
        assert!(handle.cancel(0x10));
        assert!(!handle.cancel(0x10));
        assert!(!handle.cancel(0x40));
        assert!(handle.cancel(0x30));
        for overlapped in [0x10, 0x30] {
            assert!(is_cancelled(&result_of(&port, overlapped).unwrap_err()));
        }
        nothing(&port);
        peer.write_all(b"data").unwrap();
        assert_eq!(result_of(&port, 0x20).unwrap(), 4);
        let [first, second, third] = rooms.map(|room| room.0);
        assert_eq!(
            (&*first, &*second, &*third),
            (&[0; 4][..], &b"data"[..], &[0; 4][..])
        );
        assert!(!handle.cancel(0x20));
        assert_eq!(handle.cancel_all(), 0);
    }
}

/// Rules: CP42, CP44, CP56, CP57
#[test]
fn cancels_race_with_completions_and_each_operation_yields_one_packet() {
    const ROUNDS: usize = 2_000;
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 0);
        let mut room = Memory::new(1);
        let (mut received, mut cancelled) = (0, 0);
        thread::scope(|scope| {
            let (write, writes) = mpsc::channel();
            scope.spawn(move || writes.iter().for_each(|()| peer.write_all(b"x").unwrap()));
            let (cancel, cancels) = mpsc::channel();
            let handle = &handle;
            let canceller = scope.spawn(move || {
                let asked = cancels
                    .iter()
                    .filter(|&overlapped| handle.cancel(overlapped));
                asked.count()
            });
            for round in 0..ROUNDS {
                room.0.fill(0);
                receive(handle, &[room.segment()], round);
                write.send(()).unwrap();
                cancel.send(round).unwrap();
                match result_of(&port, round) {
                    Ok(length) => {
                        assert_eq!((length, &*room.0), (1, &b"x"[..]));
                        received += 1;
                    }
                    Err(error) => {
                        assert!(is_cancelled(&error), "{error}");
                        assert_eq!(*room.0, [0]);
                        cancelled += 1;
                    }
                }
            }
            drop((write, cancel));
            assert_eq!(canceller.join().unwrap(), cancelled);
        });
        assert_eq!(received + cancelled, ROUNDS);
        nothing(&port);
    }
}

/// Rules: CP57
#[test]
fn memory_is_not_touched_after_its_packet() {
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 0);
        let mut used = Memory::new(8);
        receive(&handle, &[used.segment()], 1);
        handle.cancel(1);
        assert!(is_cancelled(&result_of(&port, 1).unwrap_err()));
        receive(&handle, &[used.segment()], 2);
        peer.write_all(b"one").unwrap();
        assert_eq!(result_of(&port, 2).unwrap(), 3);
        used.0.fill(7);

        let mut fresh = Memory::new(8);
        receive(&handle, &[fresh.segment()], 3);
        peer.write_all(b"two").unwrap();
        assert_eq!(result_of(&port, 3).unwrap(), 3);
        assert_eq!(&fresh.0[..3], b"two");
        assert_eq!(*used.0, [7; 8]);
    }
}

/// Rules: CP57
#[test]
fn memory_is_not_touched_after_the_ports_close() {
    for round in 0..50 {
        for port in ports(1) {
            let (mut peer, handle) = associated(&port, 0);
            let mut rooms = [0; 4].map(|_| Memory::new(8));
            for (overlapped, room) in rooms.iter_mut().enumerate() {
                receive(&handle, &[room.segment()], overlapped);
            }
            let waits = port.clone();
            let (id, waiting) = mpsc::channel();
            let thread = thread::spawn(move || {
                id.send(thread_id()).unwrap();
                let mut packets = 0;
                while waits.next(Some(DEADLINE)).unwrap().is_some() {
                    packets += 1;
                }
                packets
            });
            if round % 2 == 0 {
                wait_until_asleep(waiting.recv().unwrap());
            }
            peer.write_all(&[1; 32]).unwrap();
            port.close();
            // From here on the memory is the test's again, whatever the other thread does.
            for room in &mut rooms {
                room.0.fill(7);
            }
            // The end of the connection: nothing more can come.
            let _ = peer.write_all(&[2; 32]);
            assert!(thread.join().unwrap() <= 4);
            assert!(rooms.iter().all(|room| *room.0 == [7; 8]));
            receive(&handle, &[rooms[0].segment()], 9);
            assert!(port.next(None).unwrap().is_none());
        }
    }
}

/// Rules: CP46
#[test]
fn closing_a_socket_ends_its_operations_by_packets_and_refuses_later_ones() {
    for port in ports(1) {
        let (mut peer, handle) = associated(&port, 0);
        let mut room = Memory::new(8);
        receive(&handle, &[room.segment()], 1);
        handle.close();
        assert!(handle.is_closed());
        assert_kind(result_of(&port, 1), io::ErrorKind::ConnectionAborted);
        receive(&handle, &[room.segment()], 2);
        let error = result_of(&port, 2).unwrap_err();
        assert_eq!(wsa_code(&error), Some(10038));
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);

        let (listener, _) = listener();
        let handle = port.associate(Socket::from(listener), 0).unwrap();
        handle.accept(3);
        handle.close();
        assert!(is_cancelled(&result_of(&port, 3).unwrap_err()));
    }
}

/// Rules: CP59
#[test]
fn a_shared_descriptor_is_open_until_its_last_share_goes() {
    for port in ports(1) {
        let (mut peer, socket) = pair();
        let share = Arc::new(Socket::from(socket));
        let handle = port.associate(Arc::clone(&share), 0).unwrap();
        let mut room = Memory::new(8);
        receive(&handle, &[room.segment()], 1);
        share.send(b"plain").unwrap();
        peer.read_exact(&mut [0; 5]).unwrap();
        handle.close();
        assert_kind(result_of(&port, 1), io::ErrorKind::ConnectionAborted);
        share.send(b"still").unwrap();
        peer.read_exact(&mut [0; 5]).unwrap();
        // A closed socket is with no port; another may have it, where the system lets it go.
        let other = Port::new(1).unwrap();
        match other.associate(share, 0) {
            Ok(handle) => {
                receive(&handle, &[room.segment()], 2);
                peer.write_all(b"x").unwrap();
                assert_eq!(result_of(&other, 2).unwrap(), 1);
            }
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AlreadyExists),
        }
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    }
}

/// Rules: CP48
#[test]
fn closing_the_port_ends_every_wait() {
    for port in ports(1) {
        thread::scope(|scope| {
            let (id, waiting) = mpsc::channel();
            let port = &port;
            let waits = scope.spawn(move || {
                id.send(thread_id()).unwrap();
                port.next(None).unwrap()
            });
            wait_until_asleep(waiting.recv_timeout(DEADLINE).unwrap());
            port.close();
            assert!(waits.join().unwrap().is_none());
        });
        assert!(port.is_closed());
        assert!(port.next(None).unwrap().is_none());
        let listener = TcpListener::bind(loopback()).unwrap();
        let error = port.associate(Socket::from(listener), 0).unwrap_err();
        assert_eq!(wsa_code(&error), Some(10038));
    }
}
