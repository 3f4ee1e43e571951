//! A server that the program starts for the load.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{load_served, run};

/// Rules: PR20
#[test]
fn a_server_of_its_own_is_started_loaded_and_ended() {
    let ended = run(load_served("completion-port", "--messages 1000 --json"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = ended.report();
    assert_eq!(report["messages"], 1000);
    assert_eq!(report["errors"], 0);
    assert_eq!(report["served"]["model"], "completion-port");
    assert!(report["served"]["cpu_us_per_message"].is_number());
    let address = report["target"].as_str().expect("the target is text");
    assert_refused(address);
}

#[test]
fn a_model_that_does_not_exist_is_bad_usage() {
    let ended = run(load_served("no-such-model", ""));
    assert_eq!(ended.code, Some(2));
    assert!(ended.line().contains("no-such-model"), "{}", ended.stderr);
}

/// Nobody listens any more, or soon will: the system may let go of a listener a moment after its
/// process.
fn assert_refused(address: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let refused = loop {
        match TcpStream::connect(address) {
            Ok(_) => assert!(Instant::now() < deadline, "the server is left"),
            Err(error) => break error,
        }
        thread::yield_now();
    };
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
