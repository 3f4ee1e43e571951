//! The program's own server in one of the models, started to be loaded.

use std::net::SocketAddr;
use std::time::Duration;

use crate::failure::Failure;
use crate::lang::Lang;
use crate::measure::command::ServerCommand;
use crate::measure::server::{NotStarted, ServerProcess};
use crate::measure::usage::Clocks;
use crate::serve::Model;
use crate::stop::Stop;
use crate::sys::affinity;

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server in a child process; dropping it ends it.
#[derive(Debug)]
pub(super) struct Served {
    process: ServerProcess,
    before: Clocks,
}

impl Served {
    /// Starts `serve --model MODEL` on a free port of the loopback interface, with as many
    /// threads as it needs for so many clients, and on whichever processors this may use.
    pub(super) fn start(model: &'static Model, clients: u64, stop: &Stop) -> Result<Self, Failure> {
        let command = ServerCommand::model(model, model.threads_for(clients));
        let cpus = affinity::usable().map_err(|error| cannot_start(model, &error.to_string()))?;
        let process = ServerProcess::start(&command, &cpus, PATIENCE, &|| stop.is_stopping())
            .map_err(|error| match error {
                NotStarted::Stopped => Failure::interrupted(),
                NotStarted::Problem(problem) => {
                    cannot_start(model, &Lang::En.texts().problem(&problem))
                }
            })?;
        Ok(Self {
            before: Clocks::of(&process),
            process,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// The processor's time, user and system, that it has used since it listens.
    pub(super) fn cpu(&self) -> Option<Duration> {
        let usage = Clocks::of(&self.process).since(&self.before);
        usage.cpu_ns.ok().map(Duration::from_nanos)
    }
}

fn cannot_start(model: &Model, why: &str) -> Failure {
    Failure::failed(format!(
        "cannot start the server in the model {}: {why}",
        model.name()
    ))
}
