//! The table of the models.

use std::io;
use std::sync::Arc;

use overport::Socket;

use super::server::Server;
use super::source;
use super::{
    async_select, completion_port, event_select, iterative, nonblocking, overlapped_event,
    overlapped_routine, select, thread,
};

/// One way to serve.
#[derive(Debug)]
pub(crate) struct Model {
    name: &'static str,
    /// What carries it on this system; shown when the server listens.
    rests_on: &'static str,
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
    /// Serves until the server is stopped and its clients are gone.
    serve: fn(&Arc<Server>, Socket) -> io::Result<()>,
}

impl Model {
    /// Every model that the program can serve, the simplest first.
    pub(crate) fn all() -> impl ExactSizeIterator<Item = &'static Self> {
        MODELS.iter()
    }

    /// The completion port, the last of them.
    pub(crate) fn completion_port() -> &'static Self {
        const LAST: &Model = &MODELS[MODELS.len() - 1];
        LAST
    }

    /// Its name after `--model`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What carries it on this system.
    pub(crate) fn rests_on(&self) -> &'static str {
        self.rests_on
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

    /// Serves until the server is stopped and its clients are gone.
    pub(super) fn serve(&self, server: &Arc<Server>, listener: Socket) -> io::Result<()> {
        (self.serve)(server, listener)
    }
}

/// A model that decides for itself how many threads it has.
const OWN_THREADS: Model = Model {
    name: "",
    rests_on: "",
    takes_threads: false,
    takes_own_messages: false,
    clients_a_thread: None,
    descriptors_a_client: 1,
    one_at_a_time: false,
    sources: &[],
    serve: |_, _| Ok(()),
};

const CLIENT: &str = include_str!("client.rs");
const SELECTED: &str = include_str!("selected.rs");

const MODELS: &[Model] = &[
    Model {
        name: "iterative",
        rests_on: "blocking calls",
        one_at_a_time: true,
        sources: &[include_str!("iterative.rs")],
        serve: iterative::serve,
        ..OWN_THREADS
    },
    Model {
        name: "thread",
        rests_on: "blocking calls",
        sources: &[include_str!("thread.rs"), include_str!("iterative.rs")],
        serve: thread::serve,
        ..OWN_THREADS
    },
    Model {
        name: "nonblocking",
        rests_on: "polling",
        sources: &[include_str!("nonblocking.rs"), CLIENT],
        serve: nonblocking::serve,
        ..OWN_THREADS
    },
    Model {
        name: "select",
        rests_on: "poll",
        takes_threads: true,
        clients_a_thread: Some(select::CLIENTS_A_THREAD),
        sources: &[include_str!("select.rs"), CLIENT],
        serve: select::serve,
        ..OWN_THREADS
    },
    Model {
        name: "async-select",
        rests_on: "epoll",
        takes_own_messages: true,
        sources: &[include_str!("async_select.rs"), CLIENT, SELECTED],
        serve: async_select::serve,
        ..OWN_THREADS
    },
    Model {
        name: "event-select",
        rests_on: "epoll",
        takes_threads: true,
        clients_a_thread: Some(event_select::CLIENTS_A_THREAD),
        descriptors_a_client: event_select::DESCRIPTORS_A_CLIENT,
        sources: &[
            include_str!("event_select/mod.rs"),
            include_str!("event_select/worker.rs"),
            CLIENT,
            SELECTED,
        ],
        serve: event_select::serve,
        ..OWN_THREADS
    },
    Model {
        name: "overlapped-event",
        rests_on: "an engine thread over epoll, and poll",
        takes_threads: true,
        clients_a_thread: Some(overlapped_event::CLIENTS_A_THREAD),
        descriptors_a_client: overlapped_event::DESCRIPTORS_A_CLIENT,
        sources: &[
            include_str!("overlapped_event/mod.rs"),
            include_str!("overlapped_event/group.rs"),
        ],
        serve: overlapped_event::serve,
        ..OWN_THREADS
    },
    Model {
        name: "overlapped-routine",
        rests_on: "an engine thread over epoll",
        sources: &[include_str!("overlapped_routine.rs")],
        serve: overlapped_routine::serve,
        ..OWN_THREADS
    },
    Model {
        name: "completion-port",
        rests_on: "epoll",
        takes_threads: true,
        sources: &[include_str!("completion_port.rs")],
        serve: completion_port::serve,
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
