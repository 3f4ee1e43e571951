//! The options of `serve`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use overport::completion_port::Backend;

use super::Model;
use super::completion_port::Setup;
use crate::sys::means;

/// Serve an echo in one of the models, until Ctrl-C, SIGTERM or Ctrl-Break.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The model to serve in
    #[arg(long, value_name = "MODEL", value_parser = model_parser())]
    pub(super) model: &'static Model,

    /// The address to listen on, such as 127.0.0.1:7000; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", value_parser = parse_address)]
    pub(super) listen: SocketAddr,

    /// Threads that serve, in the models that share clients among threads [default: 1; at the
    /// completion port as many as run at once, and 8 more with --stall-ms]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,

    /// Threads of the completion port that run at once: when one blocks, another takes its place
    /// [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) concurrency: Option<u16>,

    /// What the completion port has to rest on [default: what is best here, which on Linux is
    /// io_uring where it works, and epoll elsewhere; or as OVERPORT_BACKEND in the environment has
    /// it]
    #[arg(long, value_name = "BACKEND", value_parser = backend_parser())]
    pub(super) backend: Option<Backend>,

    /// Bytes that one receive takes at most
    #[arg(long, value_name = "BYTES", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=1 << 26))]
    pub(super) buffer_size: u32,

    /// Clients at once; who comes beyond is refused [default: no limit]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub(super) max_connections: Option<usize>,

    /// Milliseconds without a byte after which a client is dropped [default: never]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) idle_timeout_ms: Option<u32>,

    /// Milliseconds that clients have to finish once the server is stopped
    #[arg(long, value_name = "MS", default_value_t = 5000)]
    pub(super) grace_ms: u32,

    /// Block the handler of each received chunk that begins with OVPSTALL for so many
    /// milliseconds, to see whom that holds up [default: no handler blocks]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) stall_ms: Option<u32>,

    /// Do not tell the completion port of a handler that blocks: it has to find out
    #[arg(long, requires = "stall_ms")]
    pub(super) untold: bool,

    /// Post so many messages a second of the program's own to the queue of async-select
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) own_messages: Option<u32>,

    /// Log nothing
    #[arg(long, conflicts_with_all = ["log_data", "trace"])]
    pub(super) quiet: bool,

    /// Log what is received
    #[arg(long)]
    pub(super) log_data: bool,

    /// Log each step of the model: what was asked, what came back, on which thread
    #[arg(long)]
    pub(super) trace: bool,
}

impl Args {
    pub(super) fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout_ms
            .map(u64::from)
            .map(Duration::from_millis)
    }

    /// How long a handler blocks when it is asked to.
    pub(super) fn stall(&self) -> Option<Duration> {
        self.stall_ms.map(u64::from).map(Duration::from_millis)
    }

    /// The completion port that they ask for.
    pub(super) fn port(&self) -> Setup {
        Setup {
            threads: self.threads.map(usize::from),
            concurrency: self.concurrency.map(usize::from),
            backend: self.backend,
            handlers_block: self.stall_ms.is_some(),
        }
    }

    pub(super) fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms.into())
    }
}

/// Takes a model's name for the model.
pub(crate) fn model_parser() -> impl TypedValueParser<Value = &'static Model> {
    PossibleValuesParser::new(Model::all().map(Model::name)).try_map(|name| {
        Model::all()
            .find(|model| model.name() == name)
            .ok_or("no such model")
    })
}

fn backend_parser() -> impl TypedValueParser<Value = Backend> {
    let names = means::BACKENDS.map(Backend::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Backend>())
}

fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "expected ADDRESS:PORT, such as 127.0.0.1:7000 or [::1]:7000")
}

fn parse_count(text: &str) -> Result<usize, &'static str> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("expected a number from 1 on"),
    }
}
