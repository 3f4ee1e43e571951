//! The port where a filter forbids io_uring.
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

/// A port made without a word about what it rests on is one over epoll, which says why and
/// serves a connection; one over io_uring can't be had.
fn assert_a_port_works(errno: Errno) {
    let port = CompletionPort::<(), Vec<u8>>::new(2).unwrap();
    assert_eq!(port.backend(), Backend::Epoll);
    let why = io::Error::from(errno).to_string();
    let reason = port.backend_reason();
    assert!(
        reason.starts_with("io_uring can't be used") && reason.contains(&why),
        "{reason}"
    );
    let forced = Builder::new().backend(Backend::IoUring);
    let error = forced.build::<(), Vec<u8>, ()>().unwrap_err();
    assert_eq!(error.kind(), io::Error::from(errno).kind());

    let (mut peer, stream) = associated(&port, ());
    let serve = || {
        let mut completions = port.completions();
        while let Some(completion) = completions.next(None).unwrap() {
            echo(completion);
        }
    };
    thread::scope(|scope| {
        let _close = CloseAtEnd(&port);
        scope.spawn(serve);
        scope.spawn(serve);
        stream.receive(Vec::with_capacity(64));
        for round in 0..100_u32 {
            peer.write_all(&round.to_be_bytes()).unwrap();
            let mut echoed = [0; 4];
            peer.read_exact(&mut echoed).unwrap();
            assert_eq!(u32::from_be_bytes(echoed), round);
        }
    });
}

fn assert_a_port_works_without_rings(errno: Errno) {
    forbid(RING_SETUP, errno);
    let error = IoUring::new(8).err().unwrap();
    assert_eq!(error.raw_os_error(), Some(errno.raw_os_error()));
    assert_a_port_works(errno);
}

#[test]
fn a_port_works_where_rings_are_not_permitted() {
    in_a_process("a_port_works_where_rings_are_not_permitted", || {
        assert_a_port_works_without_rings(Errno::PERM);
    });
}

#[test]
fn a_port_works_where_rings_are_not_known() {
    in_a_process("a_port_works_where_rings_are_not_known", || {
        assert_a_port_works_without_rings(Errno::NOSYS);
    });
}

#[test]
fn a_port_works_where_rings_can_be_set_up_but_not_entered() {
    in_a_process(
        "a_port_works_where_rings_can_be_set_up_but_not_entered",
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
            assert_a_port_works(Errno::PERM);
        },
    );
}
