//! What the program prints, and its exit codes.

use crate::harness::{Server, assert_echo, failure, finish, program};
use crate::models::{MODELS, for_each_model, model};
use crate::process::TERMINATE;

/// Rules: PR18, PR19
#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "requires a subcommand"),
        (&["dance"], "unrecognized subcommand 'dance'"),
        (&["serve"], "--model <MODEL> --listen <ADDR>"),
        (
            &["serve", "--model", "psychic", "--listen", "127.0.0.1:0"],
            "[possible values: iterative, thread",
        ),
        (
            &["serve", "--model", "thread", "--listen", "localhost"],
            "ADDRESS:PORT",
        ),
        (
            &[
                "serve",
                "--model",
                "thread",
                "--listen",
                "127.0.0.1:0",
                "--threads",
                "2",
            ],
            "leave --threads out",
        ),
        (
            &[
                "serve",
                "--model",
                "thread",
                "--listen",
                "127.0.0.1:0",
                "--buffer-size",
                "0",
            ],
            "--buffer-size",
        ),
        (
            &[
                "serve",
                "--model",
                "thread",
                "--listen",
                "127.0.0.1:0",
                "--quiet",
                "--trace",
            ],
            "cannot be used with",
        ),
    ];
    for (arguments, reason) in cases {
        let (code, line) = failure(program(), arguments);
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains(reason), "{line}");
    }
}

/// Rules: PR18, PR19
#[test]
fn an_address_in_use_is_one_line_and_exit_code_1() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        let address = server.address.to_string();
        let (code, line) = failure(
            program(),
            &["serve", "--model", model.name, "--listen", &address],
        );
        assert_eq!(code, Some(1), "{line}");
        assert!(line.contains(&address), "{line}");
        assert!(line.contains("in use"), "{line}");
    });
}

/// Rules: PR18, PR19
#[test]
fn an_address_of_another_machine_is_one_line_and_exit_code_1() {
    let (code, line) = failure(
        program(),
        &["serve", "--model", "thread", "--listen", "192.0.2.1:0"],
    );
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains("192.0.2.1:0"), "{line}");
}

/// Rules: PR9
#[test]
fn a_server_announces_its_address_and_logs_who_comes_and_goes() {
    for_each_model(|model| {
        let server = Server::start(model, &["--log-data"]);
        assert!(
            server.announcement.contains(&format!(" ({}, ", model.name)),
            "{}",
            server.announcement
        );
        let mut client = server.connect();
        let peer = client.local_addr().expect("it is connected");
        server.logged(&format!("{peer} arrived"));
        assert_echo(&mut client, b"hi\n");
        server.logged(&format!("{peer} sent 3 bytes: \"hi\\n\""));
        assert!(finish(&mut client).is_empty());
        let line = server.logged(&format!("{peer} left"));
        assert!(line.contains("3 bytes received, 3 sent"), "{line}");
    });
}

/// Rules: PR9
#[test]
fn a_quiet_server_logs_nothing() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        drop(server.connect_and_echo());
        server.interrupt(TERMINATE);
        assert_eq!(server.end(), (Some(0), Vec::new()));
    });
}

/// Rules: PR11
#[test]
fn a_trace_numbers_the_steps_and_names_the_thread_of_each() {
    for_each_model(|model| {
        let server = Server::start(model, &["--trace"]);
        let mut client = server.connect_and_echo();
        assert!(finish(&mut client).is_empty());
        server.interrupt(TERMINATE);
        let (_, log) = server.end();
        let steps: Vec<_> = log
            .iter()
            .filter(|line| line.starts_with("step "))
            .collect();
        assert!(steps.len() >= 3, "{log:?}");
        for (number, step) in (1..).zip(steps) {
            assert!(step.starts_with(&format!("step {number} [")), "{log:?}");
        }
    });
}

/// Rules: PR11
#[test]
fn the_trace_of_the_port_shows_where_a_packet_meets_a_thread() {
    let port = model("completion-port");
    let server = Server::start(port, &["--trace", "--threads", "4"]);
    let mut clients = [server.connect_and_echo(), server.connect_and_echo()];
    assert!(clients.iter_mut().all(|client| finish(client).is_empty()));
    server.interrupt(TERMINATE);
    let (_, log) = server.end();
    let steps: Vec<_> = log.iter().filter_map(|line| step(line)).collect();
    let mut completions = 0;
    for (at, &(thread, what)) in steps.iter().enumerate() {
        completions += usize::from(what.contains("packet: ") || what.contains("at once: "));
        let Some((socket, packet)) = what.split_once("packet: ") else {
            continue;
        };
        let mut earlier = steps[..at].iter().rev();
        let before = earlier.clone().find(|step| step.0 == thread);
        assert_eq!(before, Some(&(thread, "waits at the port")), "{log:?}");
        let call = packet.split(':').next().expect("a packet names its call");
        let begin = format!("{socket}{call} begins");
        assert!(earlier.any(|step| step.1.starts_with(&begin)), "{log:?}");
    }
    // Of each client: the accept, the receive, the send, and the end of the stream.
    assert_eq!(completions, 8, "{log:?}");
}

/// The thread of a traced step, and what it did.
fn step(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("step ")?
        .split_once(" [")?
        .1
        .split_once("] ")
}

#[test]
fn every_model_of_the_program_is_in_the_table() {
    let (_, line) = failure(
        program(),
        &["serve", "--model", "?", "--listen", "127.0.0.1:0"],
    );
    let names: Vec<_> = MODELS.iter().map(|model| model.name).collect();
    assert!(
        line.contains(&format!("[possible values: {}]", names.join(", "))),
        "{line}"
    );
}
