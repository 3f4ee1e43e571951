//! The table of the models.

use std::io;
use std::sync::Arc;

use overport::Socket;

use super::args::Args;
use super::completion_port::{NoPort, Opened};
use super::server::Server;
use super::source;
use super::{
    async_select, completion_port, event_select, iterative, nonblocking, overlapped_event,
    overlapped_routine, select, thread,
};
use crate::sys::means;

/// One way to serve.
#[derive(Debug)]
pub(crate) struct Model {
    name: &'static str,
    /// Whether it knows what to do with more than one thread.
    takes_threads: bool,
    /// For how many clients one of its threads has room, where that is limited.
    clients_a_thread: Option<usize>,
    /// How many descriptors each client takes.
    descriptors_a_client: u64,
    /// Whether it has a queue that takes messages of the program's own.
    takes_own_messages: bool,
    /// Whether it serves a client only when the one before has left.
    one_at_a_time: bool,
    /// The source of its server.
    sources: &'static [&'static str],
    /// What carries it on this system, and what serves on that.
    serving: Serving,
}

/// What serves until the server is stopped and its clients are gone.
#[derive(Clone, Copy, Debug)]
enum Serving {
    /// On what this system always has, which has this name.
    On(&'static str, fn(&Arc<Server>, Socket) -> io::Result<()>),
    /// At a completion port. What that rests on is known when it is made.
    AtPort,
}

/// A model whose means are there, so that it can serve.
#[derive(Debug)]
pub(super) enum Ready {
    On(&'static str, fn(&Arc<Server>, Socket) -> io::Result<()>),
    AtPort(Opened),
}

impl Model {
    /// Every model that the program can serve, the simplest first.
    pub(crate) fn all() -> impl ExactSizeIterator<Item = &'static Self> {
        MODELS.iter()
    }

    /// Its name after `--model`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What carries it on this system; none where that is chosen when the server starts.
    pub(crate) fn rests_on(&self) -> Option<&'static str> {
        match self.serving {
            Serving::On(name, _) => Some(name),
            Serving::AtPort => None,
        }
    }

    /// Whether it serves at a completion port.
    pub(crate) fn is_at_port(&self) -> bool {
        matches!(self.serving, Serving::AtPort)
    }

    /// Whether it takes a number of threads.
    pub(crate) fn takes_threads(&self) -> bool {
        self.takes_threads
    }

    /// Whether it has a queue that takes messages of the program's own.
    pub(crate) fn takes_own_messages(&self) -> bool {
        self.takes_own_messages
    }

    /// For how many clients one of its threads has room, where that is limited.
    pub(crate) fn clients_a_thread(&self) -> Option<u64> {
        self.clients_a_thread.map(|clients| clients as u64)
    }

    /// How many threads it must be given to serve so many clients at once, if it takes a
    /// number and a thread has not room for them all.
    pub(crate) fn threads_for(&self, clients: u64) -> Option<u64> {
        let threads = clients.div_ceil(self.clients_a_thread()?);
        Some(threads).filter(|&threads| threads > 1)
    }

    /// How many descriptors each client takes.
    pub(crate) fn descriptors_a_client(&self) -> u64 {
        self.descriptors_a_client
    }

    /// Whether it serves a client only when the one before has left.
    pub(crate) fn one_at_a_time(&self) -> bool {
        self.one_at_a_time
    }

    /// Lines of code of its server, without comments, blank lines and tests. Counted are the
    /// files that are this model: its own, and what it does for a client where it shares that
    /// with another model (`thread` the file of `iterative`; the models over calls that do not
    /// wait `client.rs`, and those that are told of events `selected.rs`). What serves all nine
    /// alike is not counted.
    pub(crate) fn source_lines(&self) -> u64 {
        self.sources
            .iter()
            .map(|source| source::lines_of_code(source))
            .sum()
    }

    /// Makes what it needs to serve as `args` say.
    pub(super) fn prepare(&self, args: &Args) -> Result<Ready, NoPort> {
        Ok(match self.serving {
            Serving::On(name, serve) => Ready::On(name, serve),
            Serving::AtPort => Ready::AtPort(args.port().open()?),
        })
    }
}

impl Ready {
    /// What carries the model on this system.
    pub(super) fn rests_on(&self) -> &'static str {
        match self {
            Self::On(name, _) => name,
            Self::AtPort(opened) => opened.backend().name(),
        }
    }

    /// Serves until the server is stopped and its clients are gone.
    pub(super) fn serve(self, server: &Arc<Server>, listener: Socket) -> io::Result<()> {
        match self {
            Self::On(_, serve) => serve(server, listener),
            Self::AtPort(opened) => completion_port::serve(server, listener, opened),
        }
    }
}

/// A model that decides for itself how many threads it has.
const OWN_THREADS: Model = Model {
    name: "",
    takes_threads: false,
    takes_own_messages: false,
    clients_a_thread: None,
    descriptors_a_client: 1,
    one_at_a_time: false,
    sources: &[],
    serving: Serving::On("", |_, _| Ok(())),
};

const CLIENT: &str = include_str!("client.rs");
const SELECTED: &str = include_str!("selected.rs");

const MODELS: &[Model] = &[
    Model {
        name: "iterative",
        one_at_a_time: true,
        sources: &[include_str!("iterative.rs")],
        serving: Serving::On("blocking calls", iterative::serve),
        ..OWN_THREADS
    },
    Model {
        name: "thread",
        sources: &[include_str!("thread.rs"), include_str!("iterative.rs")],
        serving: Serving::On("blocking calls", thread::serve),
        ..OWN_THREADS
    },
    Model {
        name: "nonblocking",
        sources: &[include_str!("nonblocking.rs"), CLIENT],
        serving: Serving::On("polling", nonblocking::serve),
        ..OWN_THREADS
    },
    Model {
        name: "select",
        takes_threads: true,
        clients_a_thread: Some(select::CLIENTS_A_THREAD),
        sources: &[include_str!("select.rs"), CLIENT],
        serving: Serving::On(means::SELECT, select::serve),
        ..OWN_THREADS
    },
    Model {
        name: "async-select",
        takes_own_messages: true,
        sources: &[include_str!("async_select.rs"), CLIENT, SELECTED],
        serving: Serving::On(means::ASYNC_SELECT, async_select::serve),
        ..OWN_THREADS
    },
    Model {
        name: "event-select",
        takes_threads: true,
        clients_a_thread: Some(event_select::CLIENTS_A_THREAD),
        descriptors_a_client: event_select::DESCRIPTORS_A_CLIENT,
        sources: &[
            include_str!("event_select/mod.rs"),
            include_str!("event_select/worker.rs"),
            CLIENT,
            SELECTED,
        ],
        serving: Serving::On(means::EVENT_SELECT, event_select::serve),
        ..OWN_THREADS
    },
    Model {
        name: "overlapped-event",
        takes_threads: true,
        clients_a_thread: Some(overlapped_event::CLIENTS_A_THREAD),
        descriptors_a_client: overlapped_event::DESCRIPTORS_A_CLIENT,
        sources: &[
            include_str!("overlapped_event/mod.rs"),
            include_str!("overlapped_event/group.rs"),
        ],
        serving: Serving::On(means::OVERLAPPED_EVENT, overlapped_event::serve),
        ..OWN_THREADS
    },
    Model {
        name: "overlapped-routine",
        sources: &[include_str!("overlapped_routine.rs")],
        serving: Serving::On(means::OVERLAPPED_ROUTINE, overlapped_routine::serve),
        ..OWN_THREADS
    },
    Model {
        name: "completion-port",
        takes_threads: true,
        sources: &[
            include_str!("completion_port/mod.rs"),
            include_str!("completion_port/setup.rs"),
        ],
        serving: Serving::AtPort,
        ..OWN_THREADS
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_with_more_parts_has_more_code() {
        let lines: Vec<u64> = Model::all().map(Model::source_lines).collect();
        assert_eq!(lines.len(), 9);
        assert!(
            lines.iter().all(|lines| (40..400).contains(lines)),
            "{lines:?}"
        );
        let [iterative, thread, ..] = lines[..] else {
            panic!("{lines:?}");
        };
        assert!(iterative < thread, "{lines:?}");
    }

    #[test]
    fn threads_are_asked_for_where_one_has_not_room() {
        let threads = |clients| {
            let asking = Model::all().filter_map(move |model| model.threads_for(clients));
            asking.collect::<Vec<u64>>()
        };
        assert!(threads(63).is_empty());
        assert_eq!(threads(64), [2, 2]);
        assert_eq!(threads(1000), [16, 16, 16]);
    }
}
