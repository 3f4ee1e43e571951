//! The models, and what the behaviours have to know of each.

use std::thread;

/// One row of the table of models.
#[derive(Debug)]
pub(crate) struct Model {
    /// The name after `--model`.
    pub(crate) name: &'static str,
    /// Whether it serves a client while another one is connected.
    pub(crate) concurrent: bool,
    /// Whether it takes the processor while it has nothing to do.
    pub(crate) polls: bool,
    /// What it needs to serve more than 64 clients at once.
    pub(crate) for_many: &'static [&'static str],
}

const ONE_AT_A_TIME: Model = Model {
    name: "",
    concurrent: false,
    polls: false,
    for_many: &[],
};

const CONCURRENT: Model = Model {
    concurrent: true,
    ..ONE_AT_A_TIME
};

/// Every model there is.
pub(crate) const MODELS: &[Model] = &[
    Model {
        name: "iterative",
        ..ONE_AT_A_TIME
    },
    Model {
        name: "thread",
        ..CONCURRENT
    },
    Model {
        name: "nonblocking",
        polls: true,
        ..CONCURRENT
    },
    Model {
        name: "overlapped-event",
        for_many: &["--threads", "2"],
        ..CONCURRENT
    },
    Model {
        name: "overlapped-routine",
        ..CONCURRENT
    },
    Model {
        name: "completion-port",
        ..CONCURRENT
    },
];

/// Models that are examined at once; more would only compete for processors and descriptors.
const AT_ONCE: usize = 3;

/// Shows a behaviour for every model, on threads that bear the models' names.
pub(crate) fn for_each_model(behaviour: impl Fn(&Model) + Sync) {
    for_each(&MODELS.iter().collect::<Vec<_>>(), behaviour);
}

/// Shows a behaviour for every model that serves several clients at once.
pub(crate) fn for_each_concurrent_model(behaviour: impl Fn(&Model) + Sync) {
    let models: Vec<_> = MODELS.iter().filter(|model| model.concurrent).collect();
    for_each(&models, behaviour);
}

fn for_each(models: &[&Model], behaviour: impl Fn(&Model) + Sync) {
    let behaviour = &behaviour;
    for models in models.chunks(AT_ONCE) {
        thread::scope(|scope| {
            for &model in models {
                thread::Builder::new()
                    .name(model.name.into())
                    .spawn_scoped(scope, move || behaviour(model))
                    .expect("a thread for the model");
            }
        });
    }
}
