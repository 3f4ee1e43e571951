//! A listener that is selected for events while the process has no descriptor left. It is a
//! file of its own since the limit is the process's.
// Windows has no limit for handles that a test could reach.
#![cfg(target_os = "linux")]

mod common;

use std::fs::File;
use std::time::{Duration, Instant};

use common::{DEADLINE, connect, listener};
use overport::NetworkEvents;
use overport::async_select::{MessageQueue, select};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Rules: EV22, EV31, AS4, SK23
#[test]
fn an_accept_without_descriptors_is_followed_by_accept_after_a_rest_and_not_at_once() {
    let (listener, address) = listener();
    let mut queue = MessageQueue::<()>::new().unwrap();
    select(&listener, &queue, NetworkEvents::ACCEPT).unwrap();
    let _client = connect(address);
    let before = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(64),
            ..before
        },
    )
    .unwrap();
    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();

    assert!(queue.next(Some(DEADLINE)).unwrap().is_some());
    for _ in 0..2 {
        let begin = Instant::now();
        assert!(listener.accept().is_err());
        assert!(queue.next(Some(DEADLINE)).unwrap().is_some());
        let rest = begin.elapsed();
        assert!(rest >= Duration::from_millis(50), "it would spin: {rest:?}");
    }
    files.clear();
    listener.accept().unwrap();
    setrlimit(Resource::Nofile, before).unwrap();
}
