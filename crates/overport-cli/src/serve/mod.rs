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
    /// How many descriptors each client takes.
    descriptors_per_client: u64,
    /// Serves until the server is stopped and its clients are gone.
    serve: fn(&Arc<Server>, Socket) -> io::Result<()>,
}

/// Every model that the program can serve.
const MODELS: &[Model] = &[
    Model::new("iterative", "blocking calls", false, iterative::serve),
    Model::new("thread", "blocking calls", false, thread::serve),
    Model::new("nonblocking", "polling", false, nonblocking::serve),
    Model::new("select", "poll", true, select::serve),
    Model::new("async-select", "epoll", false, async_select::serve),
    Model::new("event-select", "epoll", true, event_select::serve)
        .with_descriptors_per_client(event_select::DESCRIPTORS_PER_CLIENT),
    Model::new(
        "overlapped-event",
        "an engine thread over epoll, and poll",
        true,
        overlapped_event::serve,
    )
    .with_descriptors_per_client(overlapped_event::DESCRIPTORS_PER_CLIENT),
    Model::new(
        "overlapped-routine",
        "an engine thread over epoll",
        false,
        overlapped_routine::serve,
    ),
    Model::new("completion-port", "epoll", true, completion_port::serve),
];

impl Model {
    const fn new(
        name: &'static str,
        rests_on: &'static str,
        takes_threads: bool,
        serve: fn(&Arc<Server>, Socket) -> io::Result<()>,
    ) -> Self {
        Self {
            name,
            rests_on,
            takes_threads,
            descriptors_per_client: 1,
            serve,
        }
    }

    const fn with_descriptors_per_client(mut self, count: u64) -> Self {
        self.descriptors_per_client = count;
        self
    }

    /// Its name after `--model`.
    pub(crate) fn name(&self) -> &'static str {
        self.name
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
    if let Some(connections) = args.max_connections {
        descriptors::ensure(connections, model.descriptors_per_client)?;
    }
    let listener =
        Socket::listen_at(args.listen).map_err(|error| cannot_listen(args.listen, &error))?;
    let address = listener.local_addr().map_err(failed)?;

    let server = Arc::new(Server::new(args));
    stop::on_signals(&server).map_err(failed)?;
    announce(address, model).map_err(failed)?;
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
            "no interface of this machine has that address; 0.0.0.0 or [::] means all".into()
        }
        io::ErrorKind::PermissionDenied => {
            "not permitted; choose a port from 1024 on, or 0 for any that is free".into()
        }
        _ => error.to_string(),
    };
    Failure::failed(format!("cannot listen on {address}: {why}"))
}

fn failed(error: io::Error) -> Failure {
    Failure::failed(error.to_string())
}
