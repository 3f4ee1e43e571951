//! What each of the nine models rests on here.

use serde::Serialize;

use super::readiness::Readiness;

/// A model, what it rests on, and whether that is there.
#[derive(Debug, Serialize)]
pub(super) struct Model {
    pub(super) name: &'static str,
    /// What of the system it uses.
    pub(super) rests_on: &'static str,
    /// Whose the model itself is.
    pub(super) built: Built,
    pub(super) usable: bool,
}

/// Where a model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Built {
    /// The system has it.
    SystemCall,
    /// The system has something else, on which it is built.
    ByUs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Sockets,
    Readiness,
}

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
    (
        "completion-port",
        "epoll; the port is ours (io_uring is not used yet)",
        Built::ByUs,
        Needs::Readiness,
    ),
];

/// The models, in the order of the program's help.
pub(super) fn examine(readiness: &Readiness) -> Vec<Model> {
    let ready = readiness.epoll.works && readiness.eventfd.works;
    MODELS
        .iter()
        .map(|&(name, rests_on, built, needs)| Model {
            name,
            rests_on,
            built,
            usable: needs == Needs::Sockets || ready,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::readiness::Attempt;
    use super::*;

    fn attempt(works: bool) -> Attempt {
        Attempt {
            works,
            reason: None,
        }
    }

    #[test]
    fn without_epoll_only_the_models_of_plain_calls_are_left() {
        let usable: Vec<&str> = examine(&Readiness {
            epoll: attempt(false),
            eventfd: attempt(true),
        })
        .iter()
        .filter(|model| model.usable)
        .map(|model| model.name)
        .collect();
        assert_eq!(usable, ["iterative", "thread", "nonblocking", "select"]);
    }

    #[test]
    fn there_are_nine() {
        let models = examine(&Readiness {
            epoll: attempt(true),
            eventfd: attempt(true),
        });
        assert_eq!(models.len(), 9);
        assert!(models.iter().all(|model| model.usable));
    }
}
