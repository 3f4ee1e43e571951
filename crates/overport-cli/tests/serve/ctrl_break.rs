//! Ctrl-Break, which a program in a process group of its own is asked to end by.

use std::io::{self, Write};
use std::process::Command;
use std::thread;

use crate::harness::{PROGRAM, Server, assert_closed};
use crate::models::for_each_model;
use crate::process::{handlers_take_ctrl_break, in_group, type_ctrl_break};

/// Rules: PR12
#[test]
fn ctrl_break_stops_a_server_as_ctrl_c_does() {
    if !handlers_take_ctrl_break() {
        let thread = thread::current();
        let test = thread.name().unwrap_or("a test");
        // Not by a macro, whose output the harness keeps of tests that pass.
        let _ = writeln!(
            io::stderr(),
            "skipped {test}: this system does not give Ctrl-Break to handlers"
        );
        return;
    }
    for_each_model(|model| {
        let mut command = Command::new(PROGRAM);
        in_group(&mut command);
        let server = Server::spawn_as(command, model, &["--grace-ms", "60000"]);
        let mut client = server.connect_and_echo();
        type_ctrl_break(&server.child);
        assert_closed(&mut client);
        assert_eq!(server.end().0, Some(0));
    });
}
