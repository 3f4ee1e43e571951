//! What only a system of POSIX has: a shell's limits, process groups, a pipe that nobody reads.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, getpgid, test_kill_process};

use crate::assert_complete;
use crate::ended::Ended;
use crate::process::{Interrupt, apart, interrupt, sockets};
use crate::program::{load, load_served, run};
use crate::servers::{Server, echo};

/// Rules: PR19
#[test]
fn too_low_a_descriptor_limit_is_one_line_before_work_starts() {
    let server = Server::concurrent(echo);
    let command = load(server.address, "--connections 100 --messages 100");
    let ended = run(in_shell("ulimit -n 64", &command));
    assert_eq!(ended.code, Some(1));
    assert!(ended.line().contains("descriptors"), "{}", ended.line());
    assert_eq!(server.accepted(), 0);
}

#[test]
fn the_soft_descriptor_limit_is_raised() {
    let server = Server::concurrent(echo);
    let command = load(server.address, "--json --connections 100 --messages 100");
    let ended = run(in_shell("ulimit -Sn 64", &command));
    assert_complete(&ended, 100, 64);
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
    let child = apart(&mut command)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let load = Pid::from_child(&child);
    let server = server_of(load);
    wait_for_connections(load, 64);
    interrupt(&child, Interrupt::CtrlC);
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

#[test]
fn who_closes_the_pipe_has_read_enough() {
    for arguments in [
        "--help",
        "doctor",
        "doctor --json",
        "load --serve thread --messages 64",
    ] {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_overport"))
            .args(arguments.split(' '))
            .stdout(writer)
            .output()
            .unwrap();
        let ended = Ended::from(output);
        assert_eq!(ended.stderr, "", "{arguments}");
        assert_eq!(ended.code, Some(0), "{arguments}");
    }
}

/// The same command in a shell that has done `setup` before.
fn in_shell(setup: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{setup}; exec \"$0\" \"$@\""));
    shell.arg(command.get_program()).args(command.get_args());
    shell
}
