//! What a port rests on, and who says so.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::env;
use std::io;
use std::process::Command;

use common::port::backends;
use overport::completion_port::{Backend, Builder, CompletionPort};

type Port = CompletionPort<(), Vec<u8>, ()>;

/// Set for a child that this test starts of itself, since the environment belongs to the
/// process. It says what the builder is to ask for.
const CHILD: &str = "OVERPORT_TEST_ASKS_FOR";

/// The line that a child prints, behind this.
const ANSWER: &str = "answer: ";

/// Asks the child for a pinned port, instead of a back-end.
const PINNED: &str = "pinned";

/// What becomes of a port in an environment that names a back-end, or none.
fn in_environment(named: Option<&str>, asked: Option<Backend>) -> String {
    answered(named, asked.map_or("", Backend::name))
}

fn answered(named: Option<&str>, asked: &str) -> String {
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args([
            "--exact",
            "a_back_end_is_chosen_by_the_program_or_the_environment_or_what_is_cheaper_here",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(CHILD, asked)
        .env_remove("OVERPORT_BACKEND");
    if let Some(named) = named {
        child.env("OVERPORT_BACKEND", named);
    }
    let output = child.output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (_, answer) = output.split_once(ANSWER).expect("the child answers");
    answer.lines().next().unwrap().to_owned()
}

/// What the child does.
fn answer(asked: &str) -> String {
    let builder = match asked {
        "" => Builder::new(),
        PINNED => Builder::new().pinned(),
        name => Builder::new().backend(name.parse().unwrap()),
    };
    let port: io::Result<Port> = builder.build();
    match port {
        Ok(port) => format!("{}, {}", port.backend(), port.backend_reason()),
        Err(error) => format!("{:?}, {error}", error.kind()),
    }
}

/// Rules: CP73, CP74
#[test]
fn a_back_end_is_chosen_by_the_program_or_the_environment_or_what_is_cheaper_here() {
    if let Ok(asked) = env::var(CHILD) {
        println!("{ANSWER}{}", answer(&asked));
        return;
    }
    let by_environment = "asked for by OVERPORT_BACKEND";
    for backend in backends() {
        let named = in_environment(Some(backend.name()), None);
        assert_eq!(named, format!("{backend}, {by_environment}"));
        let other = in_environment(Some(backends()[0].name()), Some(backend));
        assert_eq!(other, format!("{backend}, asked for by the program"));
        // What it names does not matter then.
        let unknown = in_environment(Some("kqueue"), Some(backend));
        assert_eq!(unknown, format!("{backend}, asked for by the program"));
    }
    let unknown = "InvalidInput, OVERPORT_BACKEND: no back-end \"kqueue\": \
                   io_uring, epoll or iocp is meant";
    assert_eq!(in_environment(Some("kqueue"), None), unknown);
}

/// Rules: CP74
// Windows has one only.
#[cfg(target_os = "linux")]
#[test]
fn where_nobody_asks_a_pinned_port_rests_on_io_uring_if_that_works_and_others_on_epoll() {
    for nothing in [None, Some("")] {
        let shared = in_environment(nothing, None);
        assert_eq!(shared, "epoll, it costs less where threads share a port");
        let pinned = answered(nothing, PINNED);
        match in_environment(None, Some(Backend::IoUring)).starts_with("io_uring") {
            true => assert_eq!(pinned, "io_uring, io_uring works here"),
            false => assert!(
                pinned.starts_with("epoll, io_uring can't be used: "),
                "{pinned}"
            ),
        }
    }
}

/// Rules: CP74
#[cfg(windows)]
#[test]
fn where_nobody_asks_a_port_rests_on_what_the_system_has() {
    let port: Port = Builder::new().build().unwrap();
    assert_eq!(port.backend(), Backend::Iocp);
    assert_eq!(port.backend_reason(), "it is the system's own");
    for others in [Backend::IoUring, Backend::Epoll] {
        let refused = Builder::new().backend(others).build::<(), Vec<u8>, ()>();
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(
            error.to_string(),
            format!("{others}, which the program asks for, can't be used: it is Linux' own")
        );
    }
}

/// Rules: CP73
#[test]
fn the_builder_has_the_last_word() {
    for backend in backends() {
        let port: Port = Builder::new().backend(backend).build().unwrap();
        assert_eq!(port.backend(), backend);
        assert_eq!(port.backend_reason(), "asked for by the program");
    }
}

/// Rules: CP73
#[test]
fn back_ends_have_names_which_they_are_read_from() {
    let all = [
        (Backend::IoUring, "io_uring"),
        (Backend::Epoll, "epoll"),
        (Backend::Iocp, "iocp"),
    ];
    for (backend, name) in all {
        assert_eq!(
            (backend.name(), backend.to_string()),
            (name, name.to_owned())
        );
        assert_eq!(name.parse::<Backend>().unwrap(), backend);
    }
    let error = "IO_URING".parse::<Backend>().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "no back-end \"IO_URING\": io_uring, epoll or iocp is meant"
    );
}
