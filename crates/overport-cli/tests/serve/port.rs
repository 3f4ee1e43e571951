//! The completion port: what it rests on, its threads, and its options.

use crate::backends::backends;
use crate::harness::{Server, assert_echo, failure, program};
use crate::models::{MODELS, model};

/// The arguments of a server in a model.
fn serve<'a>(model: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let start = ["serve", "--listen", "127.0.0.1:0", "--model", model];
    [&start, more].concat()
}

/// Rules: PR30
#[test]
fn the_port_says_what_it_rests_on_and_why() {
    let port = model("completion-port");
    for backend in backends() {
        let server = Server::start(port, &["--backend", backend]);
        let announced = format!("(completion-port, {backend})");
        assert!(server.announcement.contains(&announced));
        server.logged(&format!("rests on {backend} (asked for by --backend)"));
    }
}

// Linux only: there is a choice.
#[cfg(target_os = "linux")]
/// Rules: PR30
#[test]
fn the_port_rests_on_what_the_environment_asks_for_or_on_what_is_best() {
    let port = model("completion-port");
    let server = Server::start_with(("OVERPORT_BACKEND", "epoll"), port, &["--trace"]);
    assert!(server.announcement.contains("epoll"));
    server.logged("rests on epoll (asked for by OVERPORT_BACKEND)");
    // Empty, it asks for nothing.
    let nothing = ("OVERPORT_BACKEND", "");
    let server = Server::start_with(nothing, port, &["--threads", "2"]);
    server.logged("rests on epoll (it costs less where threads share a port)");
    let server = Server::start_with(nothing, port, &["--threads", "1"]);
    let line = server.logged("rests on ");
    assert!(
        line.contains("(io_uring works here)") || line.contains("can't be used"),
        "{line}"
    );
}

/// Rules: PR30
#[test]
fn an_option_is_stronger_than_the_environment() {
    let variable = ("OVERPORT_BACKEND", "kqueue");
    for backend in backends() {
        let option = ["--backend", backend];
        let server = Server::start_with(variable, model("completion-port"), &option);
        server.logged(&format!("rests on {backend} (asked for by --backend)"));
    }
    // Models that have no port don't care.
    drop(Server::start_with(variable, model("select"), &[]));
}

/// Rules: PR30
#[test]
fn a_port_for_one_thread_is_pinned_as_long_as_no_handler_blocks() {
    let logged = |arguments: &[&str], text: &str| {
        let server = Server::start(model("completion-port"), arguments);
        let line = server.logged("the port rests on");
        assert!(line.ends_with(text), "{line}");
        assert_echo(&mut server.connect(), b"served all the same");
    };
    logged(&["--threads", "1"], "; one thread: pinned");
    logged(&["--concurrency", "1"], "; one thread: pinned");
    let shared = ["--threads", "1", "--concurrency", "2"];
    logged(&shared, "; one thread, not pinned");
    let blocking = ["--threads", "1", "--stall-ms", "1"];
    logged(&blocking, "; one thread, not pinned");
    logged(&["--concurrency", "3"], "; 3 threads, 3 at a time");
    let spare = ["--concurrency", "1", "--stall-ms", "1"];
    logged(&spare, "; 9 threads, 1 at a time");
}

/// Rules: PR19, PR30
#[test]
fn a_back_end_that_there_is_not_is_one_line_that_says_what_to_do() {
    let mut command = program();
    command.env("OVERPORT_BACKEND", "kqueue");
    let (code, line) = failure(command, &serve("completion-port", &[]));
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains("no back-end \"kqueue\""), "{line}");
    assert!(line.contains("unset OVERPORT_BACKEND"), "{line}");
    let wrong = serve("completion-port", &["--backend", "kqueue"]);
    let (code, line) = failure(program(), &wrong);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("[possible values: "), "{line}");
    assert!(backends().iter().all(|name| line.contains(name)), "{line}");
}

/// Rules: PR19
#[test]
fn only_the_completion_port_takes_its_options() {
    let backend = backends()[0];
    let options: [&[&str]; 3] = [
        &["--backend", backend],
        &["--concurrency", "1"],
        &["--stall-ms", "1", "--untold"],
    ];
    for model in MODELS
        .iter()
        .filter(|model| model.name != "completion-port")
    {
        for option in options {
            let (code, line) = failure(program(), &serve(model.name, option));
            assert_eq!(code, Some(2), "{line}");
            let name = option.iter().rfind(|word| word.starts_with("--"));
            let advice = format!("leave {} out", name.expect("an option has a name"));
            assert!(line.contains(&advice), "{line}");
        }
    }
}

/// Rules: PR19
#[test]
fn options_of_the_port_that_make_no_sense_are_bad_usage() {
    for (option, reason) in [
        (&["--untold"][..], "--stall-ms"),
        (&["--concurrency", "0"], "1..=1024"),
    ] {
        let (code, line) = failure(program(), &serve("completion-port", option));
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains(reason), "{line}");
    }
}
