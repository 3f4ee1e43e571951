//! The completion port.
#![cfg(windows)]

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_ABANDONED_WAIT_0, ERROR_CONNECTION_ABORTED, ERROR_NETNAME_DELETED,
    ERROR_OPERATION_ABORTED, WAIT_TIMEOUT,
};
use windows_sys::Win32::Networking::WinSock::*;
use winsock_probes::{LONG_MS, Operation, Packet, Port, SHORT_MS, Socket, cancel_all};

fn pause() {
    thread::sleep(Duration::from_millis(SHORT_MS.into()));
}

/// A connection whose server side is at the port with key 1.
fn associated(port: &Port) -> (Socket, Socket) {
    let (client, server) = Socket::pair();
    port.associate(&server, 1);
    (client, server)
}

fn packet(operation: &Operation, length: u32, error: u32) -> Result<Packet, u32> {
    Ok(Packet {
        key: 1,
        length,
        overlapped: (&raw const operation.overlapped).addr(),
        error,
    })
}

/// CP22, CP27, CP39
#[test]
fn posts_are_claimed_in_order() {
    let port = Port::new(1);
    (0..6).for_each(|key| port.post(key));
    let first: Vec<usize> = (0..3).map(|_| port.next(0).unwrap().key).collect();
    assert_eq!(first, [0, 1, 2]);
    assert_eq!(port.many(10, LONG_MS), Ok(vec![3, 4, 5]));
    assert_eq!(port.many(10, 0), Err(WAIT_TIMEOUT));
}

/// CP36
#[test]
fn a_wait_whose_time_is_over_takes_nothing() {
    let port = Port::new(1);
    assert_eq!(port.next(SHORT_MS), Err(WAIT_TIMEOUT));
    port.post(1);
    assert_eq!(port.next(0).unwrap().key, 1);
}

/// CP24
#[test]
fn waiting_threads_are_released_last_in_first_out() {
    let port = Port::new(0);
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for thread in 0..3 {
            let sender = sender.clone();
            let port = &port;
            scope.spawn(move || {
                let key = port.next(LONG_MS).unwrap().key;
                sender.send((thread, key)).unwrap();
            });
            pause();
        }
        let mut order = Vec::new();
        for key in 0..3 {
            port.post(key);
            order.push(receiver.recv().unwrap());
        }
        assert_eq!(order, [(2, 0), (1, 1), (0, 2)]);
    });
}

/// CP3, CP8
#[test]
fn a_receive_that_completes_at_once_yields_its_packet() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    let mut receive = Operation::new(vec![0; 8]);
    client.send(&[1; 5]).unwrap();
    pause();
    assert_eq!(receive.receive(&server), Ok(()));
    assert_eq!(port.next(LONG_MS), packet(&receive, 5, 0));
    client.end();
    pause();
    receive.receive(&server).unwrap();
    assert_eq!(port.next(LONG_MS), packet(&receive, 0, 0));
}

/// CP17
#[test]
fn skip_on_success_skips_only_what_succeeds_at_once() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    Port::skip_on_success(&server);
    let mut receive = Operation::new(vec![0; 8]);
    client.send(&[1; 5]).unwrap();
    pause();
    assert_eq!(receive.receive(&server), Ok(()));
    assert_eq!(port.next(SHORT_MS), Err(WAIT_TIMEOUT));
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    client.send(&[1; 2]).unwrap();
    assert_eq!(port.next(LONG_MS), packet(&receive, 2, 0));
}

/// CP11, CP21
#[test]
fn receives_fill_and_their_packets_come_in_order() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    let mut receives: Vec<_> = (0..4).map(|_| Operation::new(vec![0; 2])).collect();
    for receive in &mut receives {
        assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    }
    client.send(&[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    for (receive, at) in receives.iter().zip(0..) {
        assert_eq!(port.next(LONG_MS), packet(receive, 2, 0));
        assert_eq!(receive.buffer, [2 * at + 1, 2 * at + 2]);
    }
}

/// CP14
#[test]
fn a_receive_of_no_bytes_waits_for_data() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    let mut receive = Operation::new(Vec::new());
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    assert_eq!(port.next(SHORT_MS), Err(WAIT_TIMEOUT));
    client.send(&[1; 3]).unwrap();
    assert_eq!(port.next(LONG_MS), packet(&receive, 0, 0));
    assert_eq!(server.receive(8), Ok(vec![1; 3]));
}

/// CP19
#[test]
fn a_reset_is_a_packet_with_its_error() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    let mut receive = Operation::new(vec![0; 8]);
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    client.reset();
    let reset = port.next(LONG_MS);
    assert_eq!(reset, packet(&receive, 0, ERROR_NETNAME_DELETED));
}

/// CP42, CP43, CP45
#[test]
fn a_cancelled_receive_yields_its_packet_and_took_nothing() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    let (_peer, other) = associated(&port);
    let mut receives: Vec<_> = (0..3).map(|_| Operation::new(vec![0; 8])).collect();
    for (receive, socket) in receives.iter_mut().zip([&server, &server, &other]) {
        assert_eq!(receive.receive(socket), Err(WSA_IO_PENDING));
    }
    receives[0].cancel(&server).unwrap();
    let cancelled = packet(&receives[0], 0, ERROR_OPERATION_ABORTED);
    assert_eq!(port.next(LONG_MS), cancelled);
    client.send(&[1; 3]).unwrap();
    assert_eq!(port.next(LONG_MS), packet(&receives[1], 3, 0));
    assert!(cancel_all(&server).is_err());
    assert_eq!(port.next(SHORT_MS), Err(WAIT_TIMEOUT));
    cancel_all(&other).unwrap();
    let cancelled = packet(&receives[2], 0, ERROR_OPERATION_ABORTED);
    assert_eq!(port.next(LONG_MS), cancelled);
}

/// CP46
#[test]
fn closing_a_socket_completes_its_receive() {
    let port = Port::new(1);
    let (_client, server) = associated(&port);
    let mut receive = Operation::new(vec![0; 8]);
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    server.close();
    let closed = port.next(LONG_MS).unwrap();
    println!(
        "under closesocket {}, {ERROR_CONNECTION_ABORTED} expected",
        closed.error
    );
    assert_ne!(closed.error, 0);
}

/// CP5, CP46
#[test]
fn an_accept_s_packet_has_the_listener_s_key() {
    let port = Port::new(1);
    let (listener, number) = Socket::listener();
    port.associate(&listener, 1);
    let acceptors = [Socket::stream(), Socket::stream()];
    let mut accepts = [Operation::new(vec![0; 64]), Operation::new(vec![0; 64])];
    for (accept, acceptor) in accepts.iter_mut().zip(&acceptors) {
        assert_eq!(accept.accept(&listener, acceptor), Err(WSA_IO_PENDING));
    }
    let client = Socket::stream();
    client.connect(number).unwrap();
    assert_eq!(port.next(LONG_MS), packet(&accepts[0], 0, 0));
    drop(listener);
    let closed = packet(&accepts[1], 0, ERROR_OPERATION_ABORTED);
    assert_eq!(port.next(LONG_MS), closed);
}

/// CP47
#[test]
fn closing_an_idle_socket_yields_no_packet() {
    let port = Port::new(1);
    let (_client, server) = associated(&port);
    drop(server);
    assert_eq!(port.next(SHORT_MS), Err(WAIT_TIMEOUT));
}

/// CP48
#[test]
fn closing_the_port_ends_a_wait() {
    let port = Port::new(1);
    thread::scope(|scope| {
        let wait = scope.spawn(|| port.next(LONG_MS));
        pause();
        port.close();
        assert_eq!(wait.join().unwrap(), Err(ERROR_ABANDONED_WAIT_0));
    });
    std::mem::forget(port);
}

/// CP41
#[test]
fn a_thread_s_exit_cancels_nothing() {
    let port = Port::new(1);
    let (client, server) = associated(&port);
    let mut receive = Operation::new(vec![0; 8]);
    let pointer = std::ptr::from_mut(&mut *receive).expose_provenance();
    thread::scope(|scope| {
        scope.spawn(|| {
            let receive: *mut Operation = std::ptr::with_exposed_provenance_mut(pointer);
            let result = unsafe { (*receive).receive(&server) };
            assert_eq!(result, Err(WSA_IO_PENDING));
        });
    });
    assert_eq!(port.next(SHORT_MS), Err(WAIT_TIMEOUT));
    client.send(&[1; 3]).unwrap();
    assert_eq!(port.next(LONG_MS), packet(&receive, 3, 0));
}

/// CP25, CP28, CP30, CP31, CP32
#[test]
fn at_concurrency_1_a_thread_that_blocks_releases_another() {
    let port = Port::new(1);
    let (sender, receiver) = channel();
    let worker = |name: &'static str, port: &Port, sender: Sender<(&str, usize)>| {
        while let Ok(Packet { key, .. }) = port.next(1000) {
            sender.send((name, key)).unwrap();
            match key {
                1 => {
                    let start = Instant::now();
                    while start.elapsed() < Duration::from_millis(200) {}
                }
                2 => thread::sleep(Duration::from_millis(200)),
                _ => {}
            }
        }
    };
    thread::scope(|scope| {
        for name in ["first", "second"] {
            let (port, sender) = (&port, sender.clone());
            scope.spawn(move || worker(name, port, sender));
            pause();
        }
        // It computes: on Windows the packet behind it waits for the same thread.
        [1, 3].into_iter().for_each(|key| port.post(key));
        let order = [receiver.recv().unwrap(), receiver.recv().unwrap()];
        println!("computing: {order:?}");
        pause();
        // It blocks: the packet behind it goes to the other thread.
        [2, 4].into_iter().for_each(|key| port.post(key));
        let order = [receiver.recv().unwrap(), receiver.recv().unwrap()];
        println!("blocking: {order:?}");
        assert_ne!(order[0].0, order[1].0);
    });
}
