//! The models, and what the behaviours have to know of each.

use std::thread;

use crate::backends::backends;
use crate::process::allow_descriptors;

/// One row of the table of models.
#[derive(Debug)]
pub(crate) struct Model {
    /// The name after `--model`.
    pub(crate) name: &'static str,
    /// What it is started with besides.
    pub(crate) options: &'static [&'static str],
    /// Whether it serves a client while another one is connected.
    pub(crate) concurrent: bool,
    /// Whether it takes the processor while it has nothing to do.
    #[cfg_attr(windows, expect(dead_code, reason = "only /proc tells what it takes"))]
    pub(crate) polls: bool,
    /// Whether a handler that blocks holds up the other clients.
    pub(crate) blocks_others: bool,
    /// What it needs to serve more than 64 clients at once.
    pub(crate) for_many: &'static [&'static str],
    /// How many clients one of its threads has room for, where that is limited.
    pub(crate) clients_a_thread: Option<usize>,
}

const ONE_AT_A_TIME: Model = Model {
    name: "",
    options: &[],
    concurrent: false,
    polls: false,
    blocks_others: true,
    for_many: &[],
    clients_a_thread: None,
};

const CONCURRENT: Model = Model {
    concurrent: true,
    ..ONE_AT_A_TIME
};

const PORT: Model = Model {
    name: "completion-port",
    blocks_others: false,
    ..CONCURRENT
};

/// Every model there is.
pub(crate) const MODELS: &[Model] = &[
    Model {
        name: "iterative",
        ..ONE_AT_A_TIME
    },
    Model {
        name: "thread",
        blocks_others: false,
        ..CONCURRENT
    },
    Model {
        name: "nonblocking",
        polls: true,
        ..CONCURRENT
    },
    Model {
        name: "select",
        clients_a_thread: Some(63),
        for_many: &["--threads", "2"],
        ..CONCURRENT
    },
    Model {
        name: "async-select",
        ..CONCURRENT
    },
    Model {
        name: "event-select",
        clients_a_thread: Some(63),
        for_many: &["--threads", "2"],
        ..CONCURRENT
    },
    Model {
        name: "overlapped-event",
        clients_a_thread: Some(64),
        for_many: &["--threads", "2"],
        ..CONCURRENT
    },
    Model {
        name: "overlapped-routine",
        ..CONCURRENT
    },
    PORT,
];

/// The completion port on each back-end, for one thread, which it is pinned to, and for more.
const PORTS: &[Model] = &[
    Model {
        options: &["--backend", "io_uring", "--threads", "1"],
        blocks_others: true,
        ..PORT
    },
    Model {
        options: &["--backend", "io_uring", "--threads", "2"],
        ..PORT
    },
    Model {
        options: &["--backend", "io_uring", "--threads", "4"],
        ..PORT
    },
    Model {
        options: &["--backend", "epoll", "--threads", "1"],
        blocks_others: true,
        ..PORT
    },
    Model {
        options: &["--backend", "epoll", "--threads", "2"],
        ..PORT
    },
    Model {
        options: &["--backend", "epoll", "--threads", "4"],
        ..PORT
    },
    Model {
        options: &["--backend", "iocp", "--threads", "1"],
        blocks_others: true,
        ..PORT
    },
    Model {
        options: &["--backend", "iocp", "--threads", "2"],
        ..PORT
    },
    Model {
        options: &["--backend", "iocp", "--threads", "4"],
        ..PORT
    },
];

/// The model of that name.
pub(crate) fn model(name: &str) -> &'static Model {
    let mut models = MODELS.iter();
    let model = models.find(|model| model.name == name);
    model.expect("it is a model")
}

/// Shows a behaviour for every model, and every port, on threads that bear their names.
pub(crate) fn for_each_model(behaviour: impl Fn(&Model) + Sync) {
    for_each(MODELS.iter().chain(ports()), behaviour);
}

/// Shows a behaviour for every model that serves several clients at once.
pub(crate) fn for_each_concurrent_model(behaviour: impl Fn(&Model) + Sync) {
    let models = MODELS.iter().chain(ports());
    for_each(models.filter(|model| model.concurrent), behaviour);
}

/// Those that can be had here.
fn ports() -> impl Iterator<Item = &'static Model> {
    let backends = backends();
    PORTS
        .iter()
        .filter(move |port| backends.iter().any(|name| port.options.contains(name)))
}

/// All at once: much of what is shown is that something does not happen for a while.
fn for_each(models: impl IntoIterator<Item = &'static Model>, behaviour: impl Fn(&Model) + Sync) {
    allow_descriptors();
    let behaviour = &behaviour;
    thread::scope(|scope| {
        for model in models {
            let name = [&[model.name], model.options].concat().join(" ");
            thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, move || behaviour(model))
                .expect("a thread for the model");
        }
    });
}
