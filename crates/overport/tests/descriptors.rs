//! What happens when no descriptor is left. It is left to no other test of the process.
// Windows has no limit for handles that a test could reach.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use common::{listener, stream};
use overport::Socket;
use overport::error::wsa_code;
use rustix::process::{Resource, getrlimit, setrlimit};

const WSAEMFILE: Option<i32> = Some(10024);

/// Takes all descriptors that are left.
fn take_all(socket: &Socket) -> Vec<OwnedFd> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.current.map(|current| current.min(64));
    setrlimit(Resource::Nofile, limit).unwrap();
    std::iter::from_fn(|| socket.as_fd().try_clone_to_owned().ok()).collect()
}

/// Rules: SK23
#[test]
fn a_connection_waits_until_a_descriptor_is_left_for_it() {
    let (listener, address) = listener();
    let client = stream();
    let mut taken = take_all(&listener);
    client.connect(address).unwrap();
    let is_exhausted =
        |result: io::Result<_>| wsa_code(&result.map(|(_, peer)| peer).unwrap_err()) == WSAEMFILE;
    assert!(is_exhausted(listener.accept()));
    assert!(is_exhausted(listener.accept()));
    taken.pop();
    let (server, peer) = listener.accept().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    client.send(b"x").unwrap();
    assert_eq!(server.receive(&mut [0]).unwrap(), 1);
}
