//! `overport serve`: an echo server in each model.
//!
//! A model's file is the model: which calls it makes, in which order, and how it meets its
//! own limit. What every model needs is shared: the clients' accounts ([`session`]), the
//! bytes that are still to be echoed ([`echo`]), the calls of a client that must not wait
//! ([`client`]), those of one that may ([`conversation`]), and what answers the events of a selected one ([`selected`]), the log and the
//! trace ([`log`]), what to do when accept fails ([`backoff`]), the threads of the models that
//! use several ([`threads`]) and how a server is stopped ([`stop`]). The table of the models is in
//! [`model`].

mod args;
mod backoff;
mod client;
mod conversation;
mod echo;
mod flood;
mod log;
mod model;
mod selected;
mod server;
mod session;
mod source;
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
pub(crate) use completion_port::{NoPort, RestsOn, rests_on as port_rests_on};
pub(crate) use model::Model;

use self::server::Server;
use crate::descriptors;
use crate::failure::Failure;

/// Serves until a signal stops it.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let model = args.model;
    check(&args)?;
    // Without a limit of its own it serves as many as there are descriptors for.
    let connections = args.max_connections.unwrap_or(1);
    descriptors::ensure(connections, model.descriptors_a_client())?;
    let ready = model.prepare(&args)?;
    let listener =
        Socket::listen_at(args.listen).map_err(|error| cannot_listen(args.listen, &error))?;
    // The accepted sockets inherit it. An echo in several sends would wait for the peer's
    // delayed acknowledgements without it.
    listener.options().set_tcp_nodelay(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let server = Arc::new(Server::new(args));
    stop::on_interrupts(&server).map_err(failed)?;
    announce(address, model, ready.rests_on())
        .map_err(|error| Failure::failed(format!("cannot tell where it listens: {error}")))?;
    ready.serve(&server, listener).map_err(failed)
}

/// Finds the options that the model has no use for.
fn check(args: &Args) -> Result<(), Failure> {
    let model = args.model;
    if args.threads.is_some() && !model.takes_threads() {
        return Err(Failure::usage(format!(
            "the model {} has its own idea of threads: leave --threads out",
            model.name()
        )));
    }
    if args.own_messages.is_some() && !model.takes_own_messages() {
        return Err(Failure::usage(format!(
            "the model {} has no queue for the program's own messages: leave --own-messages out",
            model.name()
        )));
    }
    let of_the_port = [
        ("--concurrency", args.concurrency.is_some()),
        ("--backend", args.backend.is_some()),
        ("--untold", args.untold),
    ];
    match of_the_port.into_iter().find(|(_, given)| *given) {
        Some((option, _)) if !model.is_at_port() => Err(Failure::usage(format!(
            "the model {} has no completion port: leave {option} out",
            model.name()
        ))),
        _ => Ok(()),
    }
}

fn announce(address: SocketAddr, model: &Model, rests_on: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "listening on {address} ({}, {rests_on})",
        model.name()
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
