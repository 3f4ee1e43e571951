//! `overport serve`: an echo server in each model.
//!
//! A model's file is the model: which calls it makes, in which order, and how it meets its
//! own limit. What every model needs is shared: the clients' accounts ([`session`]), the
//! bytes that are still to be echoed ([`echo`]), the calls of a client that must not wait
//! ([`client`]) and what answers the events of a selected one ([`selected`]), the log and the
//! trace ([`log`]), what to do when accept fails ([`backoff`]), the threads of the models that
//! use several ([`threads`]) and how a server is stopped ([`stop`]).

mod args;
mod backoff;
mod client;
mod echo;
mod log;
mod selected;
mod server;
mod session;
mod stop;
mod threads;

mod async_select;
mod completion_port;
mod event_select;
mod iterative;
mod nonblocking;
mod overlapped_event;
mod overlapped_routine;
mod select;
mod thread;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use overport::Socket;

pub(crate) use args::{Args, model_parser};

use self::server::Server;
use crate::descriptors;
use crate::failure::Failure;

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
    /// Serves until the server is stopped and its clients are gone.
    serve: fn(&Arc<Server>, Socket) -> io::Result<()>,
}

/// A model that decides for itself how many threads it has.
const OWN_THREADS: Model = Model {
    name: "",
    rests_on: "",
    takes_threads: false,
    clients_a_thread: None,
    descriptors_a_client: 1,
    serve: |_, _| Ok(()),
};

/// Every model that the program can serve.
const MODELS: &[Model] = &[
    Model {
        name: "iterative",
        rests_on: "blocking calls",
        serve: iterative::serve,
        ..OWN_THREADS
    },
    Model {
        name: "thread",
        rests_on: "blocking calls",
        serve: thread::serve,
        ..OWN_THREADS
    },
    Model {
        name: "nonblocking",
        rests_on: "polling",
        serve: nonblocking::serve,
        ..OWN_THREADS
    },
    Model {
        name: "select",
        rests_on: "poll",
        takes_threads: true,
        clients_a_thread: Some(select::CLIENTS_A_THREAD),
        serve: select::serve,
        ..OWN_THREADS
    },
    Model {
        name: "async-select",
        rests_on: "epoll",
        serve: async_select::serve,
        ..OWN_THREADS
    },
    Model {
        name: "event-select",
        rests_on: "epoll",
        takes_threads: true,
        clients_a_thread: Some(event_select::CLIENTS_A_THREAD),
        descriptors_a_client: event_select::DESCRIPTORS_A_CLIENT,
        serve: event_select::serve,
    },
    Model {
        name: "overlapped-event",
        rests_on: "an engine thread over epoll, and poll",
        takes_threads: true,
        clients_a_thread: Some(overlapped_event::CLIENTS_A_THREAD),
        descriptors_a_client: overlapped_event::DESCRIPTORS_A_CLIENT,
        serve: overlapped_event::serve,
    },
    Model {
        name: "overlapped-routine",
        rests_on: "an engine thread over epoll",
        serve: overlapped_routine::serve,
        ..OWN_THREADS
    },
    Model {
        name: "completion-port",
        rests_on: "epoll",
        takes_threads: true,
        serve: completion_port::serve,
        ..OWN_THREADS
    },
];

impl Model {
    /// Its name after `--model`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// How many threads it must be given to serve so many clients at once, if it takes a
    /// number and a thread has not room for them all.
    pub(crate) fn threads_for(&self, clients: u64) -> Option<u64> {
        let clients_a_thread = u64::try_from(self.clients_a_thread?).ok()?;
        Some(clients.div_ceil(clients_a_thread)).filter(|&threads| threads > 1)
    }
}

/// Serves until a signal stops it.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let model = args.model;
    if args.threads.is_some() && !model.takes_threads {
        return Err(Failure::usage(format!(
            "the model {} has its own idea of threads: leave --threads out",
            model.name
        )));
    }
    // Without a limit of its own it serves as many as there are descriptors for.
    let connections = args.max_connections.unwrap_or(1);
    descriptors::ensure(connections, model.descriptors_a_client)?;
    let listener =
        Socket::listen_at(args.listen).map_err(|error| cannot_listen(args.listen, &error))?;
    // The accepted sockets inherit it. An echo in several sends would wait for the peer's
    // delayed acknowledgements without it.
    listener.options().set_tcp_nodelay(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let server = Arc::new(Server::new(args));
    stop::on_signals(&server).map_err(failed)?;
    announce(address, model)
        .map_err(|error| Failure::failed(format!("cannot tell where it listens: {error}")))?;
    (model.serve)(&server, listener).map_err(failed)
}

fn announce(address: SocketAddr, model: &Model) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "listening on {address} ({}, {})",
        model.name, model.rests_on
    )?;
    output.flush()
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the address is in use; choose another port, or 0 for any that is free".into()
        }
        io::ErrorKind::AddrNotAvailable => {
            "no interface of this machine has that address; 0.0.0.0 stands for all of IPv4, [::] for \
             all of IPv6"
                .into()
        }
        io::ErrorKind::PermissionDenied => {
            "not permitted; choose a port from 1024 on, or 0 for any that is free".into()
        }
        _ => error.to_string(),
    };
    Failure::failed(format!("cannot listen on {address}: {why}"))
}

fn failed(error: io::Error) -> Failure {
    Failure::failed(format!("cannot serve: {error}"))
}
