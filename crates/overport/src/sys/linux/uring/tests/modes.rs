//! How rings are made, and whose they are.

use std::thread;

use super::*;
use crate::sys::linux::uring::setup::named;

#[test]
fn an_error_names_the_call_and_keeps_its_kind() {
    let error = named("io_uring_setup", &Errno::PERM.into());
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    let text = "io_uring_setup: Operation not permitted (os error 1)";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_pinned_ring_belongs_to_the_thread_that_has_enabled_it() {
    let Some(ring) = ring(Mode::Pinned) else {
        return;
    };
    assert!(!ring.is_owner());
    let pool = ring.register_buffers(1).expect("it has no owner yet");
    thread::scope(|scope| {
        let owner = scope.spawn(|| {
            ring.enable_here().expect("it has no owner yet");
            assert!(ring.is_owner());
            ring.register_buffers(1).expect("the owner may");
        });
        owner.join().expect("the owner ends");
    });
    assert!(!ring.is_owner());
    assert!(ring.enable_here().is_err());
    let error = ring.register_buffers(1).expect_err("another thread");
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    let error = ring.wait(None).expect_err("another thread");
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(pool.group(), 0);
}

#[test]
fn a_shared_ring_is_everybodys() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    assert!(ring.is_owner());
    assert!(ring.enable_here().is_err());
    let wake = set_wake();
    ring.poll(wake.as_fd(), PollInterest::READABLE, 0);
    let other = thread::scope(|scope| scope.spawn(|| event(&ring)).join());
    assert!(other.expect("the thread ends").readiness().readable);
}
