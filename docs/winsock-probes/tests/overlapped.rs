//! Overlapped operations, completed by event and by routine.
#![cfg(windows)]

use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_NOT_FOUND, ERROR_OPERATION_ABORTED, STATUS_CANCELLED, WAIT_IO_COMPLETION,
};
use windows_sys::Win32::Networking::WinSock::*;
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Threading::SleepEx;
use winsock_probes::{Event, LONG_MS, Operation, SHORT_MS, Socket, cancel_all};

thread_local! {
    /// The routines that have run on this thread: error and bytes.
    static RUN: RefCell<Vec<(u32, u32)>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "system" fn note(error: u32, length: u32, _: *mut OVERLAPPED, _: u32) {
    RUN.with_borrow_mut(|run| run.push((error, length)));
}

fn run() -> Vec<(u32, u32)> {
    RUN.take()
}

fn wait_readable(socket: &Socket) {
    let mut poll = WSAPOLLFD {
        fd: socket.0,
        events: POLLRDNORM,
        revents: 0,
    };
    assert_eq!(unsafe { WSAPoll(&mut poll, 1, LONG_MS as i32) }, 1);
}

/// OV3, OV7
#[test]
fn an_operation_that_completes_at_once_signals_its_event() {
    let (client, server) = Socket::pair();
    client.send(&[1; 5]).unwrap();
    wait_readable(&server);
    let event = Event::new();
    let mut receive = Operation::with_event(vec![0; 10], &event);
    assert_eq!(receive.receive(&server), Ok(()));
    assert!(event.wait(0));
    assert_eq!(receive.result(&server, false), Ok(5));
}

/// OV1, OV6, OV7
#[test]
fn a_pending_operation_is_incomplete_and_its_event_reset() {
    let (client, server) = Socket::pair();
    let event = Event::new();
    unsafe { WSASetEvent(event.0 as WSAEVENT) };
    let mut receive = Operation::with_event(vec![0; 10], &event);
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    assert!(!event.wait(0));
    assert_eq!(receive.result(&server, false), Err(WSA_IO_INCOMPLETE));
    client.send(&[1; 3]).unwrap();
    assert!(event.wait(LONG_MS));
    assert_eq!(receive.result(&server, false), Ok(3));
    client.end();
    let started = receive.receive(&server);
    assert!(matches!(started, Ok(()) | Err(WSA_IO_PENDING)));
    assert_eq!(receive.result(&server, true), Ok(0), "the end");
}

/// OV9, OV10
#[test]
fn no_segment_is_invalid_and_an_empty_one_waits_for_data() {
    let (client, server) = Socket::pair();
    let mut none = Operation::new(vec![0; 4]);
    assert_eq!(none.receive_with(&server, 0, None), Err(WSAEINVAL));
    let mut empty = Operation::new(Vec::new());
    assert_eq!(empty.receive(&server), Err(WSA_IO_PENDING));
    client.send(&[1; 3]).unwrap();
    assert_eq!(empty.result(&server, true), Ok(0));
    assert_eq!(server.receive(10), Ok(vec![1; 3]));
}

/// OV13
#[test]
fn pending_receives_fill_in_order() {
    let (client, server) = Socket::pair();
    let events = [Event::new(), Event::new()];
    let mut first = Operation::with_event(vec![0; 4], &events[0]);
    let mut second = Operation::with_event(vec![0; 4], &events[1]);
    assert_eq!(first.receive(&server), Err(WSA_IO_PENDING));
    assert_eq!(second.receive(&server), Err(WSA_IO_PENDING));
    client.send(&[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    assert_eq!(second.result(&server, true), Ok(4));
    assert_eq!(first.result(&server, true), Ok(4));
    assert_eq!(
        (&first.buffer[..], &second.buffer[..]),
        (&[1, 2, 3, 4][..], &[5, 6, 7, 8][..])
    );
}

/// OV2, OV12
#[test]
fn a_large_send_goes_out_while_its_issuer_sleeps() {
    const LENGTH: usize = 64 << 20;
    let (client, server) = Socket::pair();
    let reader = thread::spawn(move || client.receive_all(LENGTH).len());
    let event = Event::new();
    let mut send = Operation::with_event(vec![7; LENGTH], &event);
    assert_eq!(send.send(&server), Err(WSA_IO_PENDING));
    assert_eq!(reader.join().unwrap(), LENGTH);
    assert!(event.wait(LONG_MS));
    assert_eq!(send.result(&server, false), Ok(LENGTH as u32));
}

/// OV15
#[test]
fn an_operation_follows_neither_mode_nor_timeout() {
    let (client, server) = Socket::pair();
    server.set_nonblocking(true).unwrap();
    server.set_option(SO_RCVTIMEO, 50);
    let event = Event::new();
    let mut receive = Operation::with_event(vec![0; 4], &event);
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    assert!(!event.wait(4 * SHORT_MS));
    client.send(&[1]).unwrap();
    assert_eq!(receive.result(&server, true), Ok(1));
}

/// SK27
#[test]
fn a_receive_timeout_ends_a_blocking_receive() {
    let (_client, server) = Socket::pair();
    server.set_option(SO_RCVTIMEO, 50);
    assert_eq!(server.receive(1), Err(WSAETIMEDOUT));
}

/// OV16, OV17, OV19
#[test]
fn a_routine_runs_in_an_alertable_wait_only() {
    let (client, server) = Socket::pair();
    let event = Event::new();
    let mut receive = Operation::with_event(vec![0; 4], &event);
    client.send(&[1; 4]).unwrap();
    wait_readable(&server);
    let started = receive.receive_with(&server, 1, Some(note));
    assert_eq!(started, Ok(()));
    assert_eq!(run(), []);
    assert!(!event.wait(SHORT_MS), "a plain wait, and no event");
    assert_eq!(unsafe { SleepEx(SHORT_MS, 0) }, 0);
    assert_eq!(run(), []);
    assert_eq!(event.wait_with(LONG_MS, true), WAIT_IO_COMPLETION);
    assert_eq!(run(), [(0, 4)]);
    assert!(!event.wait(0));
}

/// OV18
#[test]
fn an_alertable_wait_runs_all_that_is_queued_in_order() {
    let pairs: Vec<_> = (0..3).map(|_| Socket::pair()).collect();
    let mut receives: Vec<_> = (0..3).map(|_| Operation::new(vec![0; 9])).collect();
    for (receive, (_, server)) in receives.iter_mut().zip(&pairs) {
        assert_eq!(
            receive.receive_with(server, 1, Some(note)),
            Err(WSA_IO_PENDING)
        );
    }
    for (length, at) in [(3, 2), (1, 0), (2, 1)] {
        pairs[at].0.send(&vec![1; length]).unwrap();
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(unsafe { SleepEx(LONG_MS, 1) }, WAIT_IO_COMPLETION);
    assert_eq!(run(), [(0, 3), (0, 1), (0, 2)]);
}

/// OV22, OV23
#[test]
fn a_cancelled_operation_completes_and_took_nothing() {
    let (client, server) = Socket::pair();
    let event = Event::new();
    let mut first = Operation::with_event(vec![0; 4], &event);
    let mut second = Operation::new(vec![0; 4]);
    assert_eq!(cancel_all(&server), Err(ERROR_NOT_FOUND as i32));
    assert_eq!(first.receive(&server), Err(WSA_IO_PENDING));
    assert_eq!(second.receive(&server), Err(WSA_IO_PENDING));
    assert_eq!(first.cancel(&server), Ok(()));
    assert!(event.wait(LONG_MS));
    assert_eq!(
        first.result(&server, false),
        Err(ERROR_OPERATION_ABORTED as i32)
    );
    client.send(&[1; 4]).unwrap();
    assert_eq!(second.result(&server, true), Ok(4));
    assert_eq!(first.cancel(&server), Err(ERROR_NOT_FOUND as i32));
}

/// OV24, OV25
#[test]
fn a_close_and_a_reset_complete_what_is_pending() {
    let (_client, server) = Socket::pair();
    let event = Event::new();
    let mut receive = Operation::with_event(vec![0; 4], &event);
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    server.close();
    assert!(event.wait(LONG_MS));
    println!(
        "status under closesocket: {:#x}",
        receive.overlapped.Internal
    );

    let (client, server) = Socket::pair();
    let event = Event::new();
    let mut receive = Operation::with_event(vec![0; 4], &event);
    assert_eq!(receive.receive(&server), Err(WSA_IO_PENDING));
    client.reset();
    assert!(event.wait(LONG_MS));
    assert_eq!(receive.result(&server, false), Err(WSAECONNRESET));
}

/// OV21
#[test]
fn a_thread_s_exit_ends_its_operations() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    unsafe extern "system" fn count(_: u32, _: u32, _: *mut OVERLAPPED, _: u32) {
        RAN.fetch_add(1, Ordering::Relaxed);
    }
    let (client, server) = Socket::pair();
    let mut receive = Operation::new(vec![0; 4]);
    let pointer = ptr::from_mut(&mut *receive).expose_provenance();
    thread::scope(|scope| {
        scope.spawn(|| {
            let receive: *mut Operation = ptr::with_exposed_provenance_mut(pointer);
            let result = unsafe { (*receive).receive_with(&server, 1, Some(count)) };
            assert_eq!(result, Err(WSA_IO_PENDING));
        });
    });
    thread::sleep(Duration::from_millis(SHORT_MS.into()));
    assert_eq!(receive.overlapped.Internal as u32, STATUS_CANCELLED as u32);
    client.send(&[1; 4]).unwrap();
    assert_eq!(server.receive(4), Ok(vec![1; 4]));
    assert_eq!(RAN.load(Ordering::Relaxed), 0);
}
