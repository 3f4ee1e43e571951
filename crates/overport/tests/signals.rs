//! Signals don't end calls.
// Windows has none.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::process::Command;

use common::sets::{SOON, is_readable};
use common::{Background, DEADLINE, connect, listener, pair};

/// Stops this process and lets it go on. Calls with a timeout are interrupted by that as by
/// a signal with a handler.
fn interrupt() {
    let status = Command::new("sh")
        .args(["-c", "kill -STOP $PPID; kill -CONT $PPID"])
        .status();
    assert!(status.unwrap().success());
}

/// Rules: SK30, SE22
#[test]
fn a_signal_ends_neither_a_transfer_nor_an_accept_nor_a_select() {
    let (listener, address) = listener();
    let (client, server) = pair();
    let (other_client, other_server) = pair();
    for socket in [&listener, &server] {
        socket.options().set_read_timeout(Some(DEADLINE)).unwrap();
    }
    let accept = Background::spawn(move || listener.accept().map(drop));
    let receive = Background::spawn(move || server.receive(&mut [0]));
    let select = Background::spawn(move || is_readable(&other_server, SOON));
    accept.wait_until_blocked();
    receive.wait_until_blocked();
    select.wait_until_blocked();
    interrupt();
    assert!(accept.is_under_way() && receive.is_under_way() && select.is_under_way());
    connect(address);
    client.send(b"x").unwrap();
    other_client.send(b"x").unwrap();
    accept.result().unwrap();
    assert_eq!(receive.result().unwrap(), 1);
    assert!(select.result());
}
