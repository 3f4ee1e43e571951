//! A server that the program starts for the load.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgid, kill_process_group, test_kill_process};

use crate::ended::Ended;
use crate::process::sockets;
use crate::program::{in_shell, load_served, run};

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
    let refused = TcpStream::connect(address).expect_err("the server has ended");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_model_that_does_not_exist_is_bad_usage() {
    let ended = run(load_served("no-such-model", ""));
    assert_eq!(ended.code, Some(2));
    assert!(ended.line().contains("no-such-model"), "{}", ended.stderr);
}

/// Rules: PR19, PR20
#[test]
fn too_low_a_descriptor_limit_is_one_line_before_the_server_starts() {
    let command = load_served("event-select", "--connections 100");
    let ended = run(in_shell("ulimit -n 64", &command));
    assert_eq!(ended.code, Some(1));
    let line = ended.line();
    assert!(line.contains("descriptors"), "{line}");
    assert!(!line.contains("the server"), "{line}");
}

/// Rules: PR18, PR20
#[test]
fn ctrl_c_in_the_terminal_is_for_the_load_and_not_for_its_server() {
    let mut command = load_served("iterative", "--connections 64 --json --seconds 60");
    let child = command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let load = Pid::from_child(&child);
    let server = server_of(load);
    wait_for_connections(load, 64);
    // A terminal signals all of its foreground process group.
    kill_process_group(load, Signal::INT).unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert_eq!(ended.line(), "overport: interrupted");
    assert_eq!(ended.report()["errors"], 0);
    assert!(test_kill_process(server).is_err(), "the server is left");
}

/// The server that a load has started, when it is in a process group of its own.
fn server_of(load: Pid) -> Pid {
    let children = format!("/proc/{load}/task/{load}/children");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let children = fs::read_to_string(&children).unwrap();
        let first = children.split_ascii_whitespace().next();
        let server = first.and_then(|pid| Pid::from_raw(pid.parse().ok()?));
        if let Some(server) = server.filter(|&server| getpgid(Some(server)) == Ok(server)) {
            return server;
        }
        assert!(Instant::now() < deadline, "no server in a group of its own");
        thread::yield_now();
    }
}

/// Waits until the load has a socket for each of so many connections, and so is under way.
fn wait_for_connections(load: Pid, connections: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while sockets(load.as_raw_nonzero().get()) < connections {
        assert!(Instant::now() < deadline, "it does not connect");
        thread::yield_now();
    }
}
