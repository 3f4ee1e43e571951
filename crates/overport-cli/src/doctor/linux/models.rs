//! What each of the nine models rests on here.

use super::super::models::{Built, Model};
use super::readiness::Readiness;
use crate::serve::{NoPort, RestsOn};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Sockets,
    Readiness,
}

/// Those whose means are the same everywhere.
const MODELS: &[(&str, &str, Built, Needs)] = &[
    (
        "iterative",
        "accept, recv, send",
        Built::SystemCall,
        Needs::Sockets,
    ),
    (
        "thread",
        "accept, recv, send; a thread a client",
        Built::SystemCall,
        Needs::Sockets,
    ),
    (
        "nonblocking",
        "accept, recv, send that never wait (FIONBIO)",
        Built::SystemCall,
        Needs::Sockets,
    ),
    (
        "select",
        "poll; the sets are ours",
        Built::ByUs,
        Needs::Sockets,
    ),
    (
        "async-select",
        "epoll and eventfd; messages and re-arming are ours",
        Built::ByUs,
        Needs::Readiness,
    ),
    (
        "event-select",
        "epoll and eventfd; event objects and re-arming are ours",
        Built::ByUs,
        Needs::Readiness,
    ),
    (
        "overlapped-event",
        "epoll; an engine thread of ours does the operations",
        Built::ByUs,
        Needs::Readiness,
    ),
    (
        "overlapped-routine",
        "epoll; an engine thread of ours does the operations",
        Built::ByUs,
        Needs::Readiness,
    ),
];

/// The models, in the order of the program's help; `port` is what came of making one.
pub(super) fn examine(readiness: &Readiness, port: &Result<RestsOn, NoPort>) -> Vec<Model> {
    let ready = readiness.epoll.works && readiness.eventfd.works;
    let fixed = MODELS.iter().map(|&(name, rests_on, built, needs)| Model {
        usable: needs == Needs::Sockets || ready,
        ..Model::usable(name, rests_on, built)
    });
    fixed.chain([completion_port(port)]).collect()
}

fn completion_port(port: &Result<RestsOn, NoPort>) -> Model {
    let rests_on = match port {
        Ok(port) => format!("{}; the port is ours", port.backend),
        Err(_) => "io_uring or epoll; the port is ours".to_owned(),
    };
    Model::completion_port(port, Built::ByUs, rests_on)
}

#[cfg(test)]
mod tests {
    use std::io;

    use overport::completion_port::Backend;

    use super::super::readiness::Attempt;
    use super::*;

    fn attempt(works: bool) -> Attempt {
        Attempt {
            works,
            reason: None,
        }
    }

    fn readiness(epoll: bool) -> Readiness {
        Readiness {
            epoll: attempt(epoll),
            eventfd: attempt(true),
        }
    }

    fn no_port() -> NoPort {
        NoPort {
            error: io::Error::other("no back-end of that name"),
            instead: Some("unset it"),
        }
    }

    #[test]
    fn without_epoll_only_the_models_of_plain_calls_are_left() {
        let usable: Vec<&str> = examine(&readiness(false), &Err(no_port()))
            .iter()
            .filter(|model| model.usable)
            .map(|model| model.name)
            .collect();
        assert_eq!(usable, ["iterative", "thread", "nonblocking", "select"]);
    }

    #[test]
    fn the_completion_port_rests_on_what_it_was_made_on_or_has_the_error() {
        let made = Ok(RestsOn {
            backend: Backend::IoUring,
            reason: "it works".to_owned(),
        });
        let port = completion_port(&made);
        assert_eq!(port.rests_on, "io_uring; the port is ours");
        assert_eq!(
            (port.usable, port.reason.as_deref()),
            (true, Some("it works"))
        );
        let port = completion_port(&Err(no_port()));
        assert!(!port.usable);
        assert_eq!(port.reason.as_deref(), Some("no back-end of that name"));
    }

    #[test]
    fn there_are_nine() {
        let port = Ok(RestsOn {
            backend: Backend::Epoll,
            reason: String::new(),
        });
        let models = examine(&readiness(true), &port);
        assert_eq!(models.len(), 9);
        assert!(models.iter().all(|model| model.usable));
    }
}
