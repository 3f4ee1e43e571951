//! A server that is compared: one of the models, or a command that was given.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::measure::command::ServerCommand;
use crate::report::data::{Run, ServerFigures, Settings};
use crate::serve::Model;

#[derive(Debug)]
pub(super) struct Candidate {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Model(&'static Model),
    Command(ServerCommand),
}

/// What a server is started for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Role {
    /// Clients that it must have room for at once.
    pub(super) clients: u64,
    /// How long a handler blocks at a marked message; 0 for not at all.
    pub(super) stall_ms: u64,
    /// Messages of its own that async-select's queue has beside the sockets'.
    pub(super) own_messages_per_s: u64,
}

/// Puts the models and the commands together.
pub(super) fn candidates(
    models: Vec<&'static Model>,
    servers: Vec<(String, ServerCommand)>,
) -> Result<Vec<Candidate>, Failure> {
    let models = models.into_iter().map(|model| Candidate {
        name: model.name().to_owned(),
        kind: Kind::Model(model),
    });
    let servers = servers.into_iter().map(|(name, command)| Candidate {
        name,
        kind: Kind::Command(command),
    });
    let candidates: Vec<Candidate> = models.chain(servers).collect();
    if candidates.is_empty() {
        return Err(Failure::usage(
            "there is nothing to compare: name --models or a --server",
        ));
    }
    for (index, candidate) in candidates.iter().enumerate() {
        if candidates[..index]
            .iter()
            .any(|other| other.name == candidate.name)
        {
            return Err(Failure::usage(format!(
                "two servers are called {}: give each a name of its own",
                candidate.name
            )));
        }
    }
    Ok(candidates)
}

impl Candidate {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it serves one client at a time, and so by short sessions only.
    pub(super) fn is_one_at_a_time(&self) -> bool {
        matches!(self.kind, Kind::Model(model) if model.one_at_a_time())
    }

    /// Whether its handlers can be made to block.
    pub(super) fn takes_stalls(&self) -> bool {
        match &self.kind {
            Kind::Model(_) => true,
            Kind::Command(command) => command.takes_stall_ms(),
        }
    }

    /// Whether its queue can be flooded with messages of the program's own.
    pub(super) fn takes_own_messages(&self) -> bool {
        matches!(self.kind, Kind::Model(model) if model.takes_own_messages())
    }

    /// Descriptors that its process needs for each client, as far as that is known.
    pub(super) fn descriptors_a_client(&self) -> u64 {
        match self.kind {
            Kind::Model(model) => model.descriptors_a_client(),
            Kind::Command(_) => 1,
        }
    }

    /// How to start it.
    pub(super) fn command(&self, role: Role) -> ServerCommand {
        match &self.kind {
            Kind::Model(model) => {
                let stall_ms = role.stall_ms.to_string();
                let own_messages_per_s = role.own_messages_per_s.to_string();
                let mut arguments = Vec::new();
                if role.stall_ms > 0 {
                    arguments.extend(["--stall-ms", &stall_ms]);
                }
                if role.own_messages_per_s > 0 {
                    arguments.extend(["--own-messages", &own_messages_per_s]);
                }
                let threads = model.threads_for(role.clients);
                ServerCommand::model(model, threads).with_arguments(&arguments)
            }
            Kind::Command(command) => command.clone().with_stall_ms(role.stall_ms),
        }
    }

    /// The run that its figures go into.
    pub(super) fn run(&self, settings: &Settings) -> Run {
        let role = Role {
            clients: settings.connections,
            ..Role::default()
        };
        let (backend, source_lines) = match &self.kind {
            Kind::Model(model) => (model.rests_on(), Some(model.source_lines())),
            Kind::Command(_) => (None, None),
        };
        Run {
            model: self.name.clone(),
            origin: self.command(role).origin(),
            backend: backend.map(str::to_owned),
            source_lines,
            connections: settings.connections,
            message_bytes: settings.message_bytes,
            one_at_a_time: self.is_one_at_a_time(),
            problem: None,
            messages_per_s: None,
            load_limited: false,
            latency_us: None,
            server: ServerFigures::default(),
            rounds: Vec::new(),
            latency_rounds: Vec::new(),
            over_connections: Vec::new(),
            stall: None,
            idle: None,
            flood: None,
            sessions: None,
            unavailable: BTreeMap::new(),
            errors: 0,
        }
    }
}
