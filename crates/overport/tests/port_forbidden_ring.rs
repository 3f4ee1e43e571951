//! The port where a filter forbids io_uring, which Windows has not.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
    pub(crate) mod seccomp;
}

use std::io::{self, Read, Write};
use std::thread;

use common::port::{CloseAtEnd, associated, echo};
use common::seccomp::{RING_ENTER, RING_SETUP, forbid, in_a_process};
use io_uring::IoUring;
use io_uring::types::{SubmitArgs, Timespec};
use overport::completion_port::{Backend, Builder, CompletionPort};
use rustix::io::Errno;

/// A port for one thread, made without a word about what it rests on, is one over epoll, and says
/// why; one over io_uring can't be had. That port and one for several threads serve a connection.
fn assert_ports_work(errno: Errno) {
    let pinned: CompletionPort = Builder::new().pinned().build().unwrap();
    assert_eq!(pinned.backend(), Backend::Epoll);
    let why = io::Error::from(errno).to_string();
    let reason = pinned.backend_reason();
    assert!(
        reason.starts_with("io_uring can't be used") && reason.contains(&why),
        "{reason}"
    );
    let forced = Builder::new().backend(Backend::IoUring);
    let error = forced.build::<(), Vec<u8>, ()>().unwrap_err();
    assert_eq!(error.kind(), io::Error::from(errno).kind());
    assert_serves(&pinned, 1);
    assert_serves(&CompletionPort::new(2).unwrap(), 2);
}

fn assert_serves(port: &CompletionPort, threads: usize) {
    let (mut peer, stream) = associated(port, ());
    let serve = || {
        let mut completions = port.completions();
        while let Some(completion) = completions.next(None).unwrap() {
            echo(completion);
        }
    };
    thread::scope(|scope| {
        let _close = CloseAtEnd(port);
        for _ in 0..threads {
            scope.spawn(serve);
        }
        stream.receive(Vec::with_capacity(64));
        for round in 0..100_u32 {
            peer.write_all(&round.to_be_bytes()).unwrap();
            let mut echoed = [0; 4];
            peer.read_exact(&mut echoed).unwrap();
            assert_eq!(u32::from_be_bytes(echoed), round);
        }
    });
}

fn assert_ports_work_without_rings(errno: Errno) {
    forbid(RING_SETUP, errno);
    let error = IoUring::new(8).err().unwrap();
    assert_eq!(error.raw_os_error(), Some(errno.raw_os_error()));
    assert_ports_work(errno);
}

/// Rules: CP74
#[test]
fn ports_work_and_say_why_where_rings_are_not_permitted() {
    in_a_process(
        "ports_work_and_say_why_where_rings_are_not_permitted",
        || {
            assert_ports_work_without_rings(Errno::PERM);
        },
    );
}

/// Rules: CP74
#[test]
fn ports_work_and_say_why_where_rings_are_not_known() {
    in_a_process("ports_work_and_say_why_where_rings_are_not_known", || {
        assert_ports_work_without_rings(Errno::NOSYS);
    });
}

/// Rules: CP74
#[test]
fn ports_work_and_say_why_where_rings_can_be_set_up_but_not_entered() {
    in_a_process(
        "ports_work_and_say_why_where_rings_can_be_set_up_but_not_entered",
        || {
            let ring = IoUring::new(8);
            forbid(RING_ENTER, Errno::PERM);
            // There may be none even without a filter, which the port then finds too.
            if let Ok(ring) = ring {
                let no_time = Timespec::new();
                let wait = SubmitArgs::new().timespec(&no_time);
                let error = ring.submitter().submit_with_args(1, &wait).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(Errno::PERM.raw_os_error()));
            }
            assert_ports_work(Errno::PERM);
        },
    );
}
