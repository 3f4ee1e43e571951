//! What is refused, what is interrupted, and what the program prints then.

use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use crate::ended::Ended;
use crate::process::{Interrupt, apart, interrupt};
use crate::program::{load, run, run_load};
use crate::servers::{Server, echo, echo_with};

/// Rules: PR18, PR19
#[test]
fn a_refused_connection_is_one_line() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ended = run_load(address, "--threads 2 --connections 4");
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout, "");
    let line = ended.line();
    assert!(
        line.contains("refused") && line.contains(&address.to_string()),
        "{line}"
    );
}

/// Rules: PR18, PR19
#[test]
fn bad_usage_is_one_line_and_another_code() {
    let server = Server::concurrent(echo);
    for options in [
        "--messages 5 --seconds 5",
        "--message-size 0",
        "--rate 0",
        "--connections none",
        "--no-such-option",
    ] {
        let ended = run_load(server.address, options);
        assert_eq!(ended.code, Some(2), "{options}");
        ended.line();
    }
    assert_eq!(server.accepted(), 0);
}

/// Rules: PR18
#[test]
fn ctrl_c_ends_with_the_report_so_far() {
    let (sender, first_message) = mpsc::channel();
    let server = Server::concurrent(move |stream| {
        let sender = sender.clone();
        echo_with(stream, move |_, before| {
            if before == 64 {
                // The test has what it waits for after the first.
                let _ = sender.send(());
            }
        })
    });
    let mut command = load(server.address, "--json --connections 2 --seconds 60");
    let child = apart(&mut command)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    first_message.recv_timeout(Duration::from_secs(10)).unwrap();
    interrupt(&child, Interrupt::CtrlC);
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130));
    ended.line();
    let report = ended.report();
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["errors"], 0);
    assert!(report["messages"].as_u64().unwrap() > 0);
}

/// Rules: PR15
#[test]
fn the_report_for_people_says_what_a_closed_loop_can_t() {
    let server = Server::concurrent(echo);
    let closed = run(load(server.address, "--connections 2 --messages 20"));
    assert_eq!(closed.code, Some(0), "{}", closed.stderr);
    assert!(closed.stdout.contains("round trip"), "{}", closed.stdout);
    assert!(closed.stdout.contains("not a latency"), "{}", closed.stdout);
    let open = run(load(
        server.address,
        "--connections 2 --messages 20 --rate 1000",
    ));
    assert_eq!(open.code, Some(0), "{}", open.stderr);
    assert!(open.stdout.contains("\nlatency "), "{}", open.stdout);
    assert!(!open.stdout.contains("round trip"), "{}", open.stdout);
}

#[test]
fn where_no_message_came_back_no_figures_are_made_up() {
    let server = Server::concurrent(|_stream| Ok(()));
    let ended = run(load(server.address, "--connections 1 --messages 2"));
    assert_eq!(ended.code, Some(1));
    let line = ended.line();
    assert!(line.contains("is it an echo server?"), "{line}");
    let round_trip = ended.stdout.lines().find(|line| line.starts_with("round"));
    assert_eq!(round_trip, Some("round trip   none"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("us a message"), "{}", ended.stdout);
}
