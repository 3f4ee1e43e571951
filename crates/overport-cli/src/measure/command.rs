//! The command that starts a server.

use std::io;
use std::process::Command;

use super::template::Template;
use crate::report::data::Origin;
use crate::serve::Model;

/// How to start a server that is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct ServerCommand {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Model {
        model: &'static Model,
        threads: Option<u64>,
        arguments: Vec<String>,
    },
    Given {
        template: Template,
        stall_ms: u64,
    },
}

/// How a started server tells where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listens {
    /// It prints the address.
    Announced,
    /// It was told this port of 127.0.0.1.
    At { port: u16 },
}

impl ServerCommand {
    /// This program's own server in a model, with so many threads where the model takes a number.
    pub(crate) fn model(model: &'static Model, threads: Option<u64>) -> Self {
        let arguments = Vec::new();
        Self {
            kind: Kind::Model {
                model,
                threads,
                arguments,
            },
        }
    }

    /// A command such as `my-echo --listen 127.0.0.1:{port}`; see [`Template`] for its form.
    /// The error is one line for the user.
    pub(crate) fn given(command: &str) -> Result<Self, String> {
        let template = command.parse()?;
        let stall_ms = 0;
        Ok(Self {
            kind: Kind::Given { template, stall_ms },
        })
    }

    /// A server as the command line gives it, `NAME=COMMAND`: its name, and how to start it.
    /// The error is one line for the user.
    pub(crate) fn named(text: &str) -> Result<(String, Self), String> {
        let (name, command) = text
            .split_once('=')
            .ok_or("expected NAME=COMMAND, such as my-echo='./my-echo {port}'")?;
        let name = name.trim();
        if name.is_empty() {
            return Err("expected a name before the '='".to_owned());
        }
        if name.contains(char::is_control) {
            return Err("a name is one line of plain text".to_owned());
        }
        Ok((name.to_owned(), Self::given(command)?))
    }

    /// The same with more arguments for a model's server; a given command has its own.
    #[must_use]
    pub(crate) fn with_arguments(mut self, more: &[&str]) -> Self {
        if let Kind::Model { arguments, .. } = &mut self.kind {
            arguments.extend(more.iter().copied().map(str::to_owned));
        }
        self
    }

    /// The same with a handler that blocks so long, where a given command says how it is told;
    /// otherwise that is 0.
    #[must_use]
    pub(crate) fn with_stall_ms(mut self, ms: u64) -> Self {
        if let Kind::Given { stall_ms, .. } = &mut self.kind {
            *stall_ms = ms;
        }
        self
    }

    /// Whether a given command can tell its server to block.
    pub(crate) fn takes_stall_ms(&self) -> bool {
        match &self.kind {
            Kind::Model { .. } => false,
            Kind::Given { template, .. } => template.takes_stall_ms(),
        }
    }

    /// Where the server comes from, for the report.
    pub(crate) fn origin(&self) -> Origin {
        match &self.kind {
            Kind::Model { threads, .. } => Origin::Model { threads: *threads },
            Kind::Given { template, .. } => Origin::Command {
                command: template.to_string(),
            },
        }
    }

    /// The command to run, and how its server tells where it listens. `free_port` is asked for
    /// a port only where the server has to be told one.
    pub(super) fn to_run(
        &self,
        free_port: impl FnOnce() -> io::Result<u16>,
    ) -> io::Result<(Command, Listens)> {
        match &self.kind {
            Kind::Model {
                model,
                threads,
                arguments,
            } => {
                let mut command = Command::new(std::env::current_exe()?);
                command
                    .args(["serve", "--quiet", "--listen", "127.0.0.1:0"])
                    .args(["--model", model.name()]);
                if let Some(threads) = threads {
                    command.args(["--threads", &threads.to_string()]);
                }
                command.args(arguments);
                Ok((command, Listens::Announced))
            }
            Kind::Given { template, stall_ms } => {
                let port = free_port()?;
                let words = template.filled(port, *stall_ms);
                // A template has at least the word with the port.
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]);
                Ok((command, Listens::At { port }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &ServerCommand) -> Vec<String> {
        let (command, _) = command.to_run(|| Ok(7000)).unwrap();
        command
            .get_args()
            .map(|word| word.to_str().unwrap().to_owned())
            .collect()
    }

    fn select() -> &'static Model {
        use clap::builder::TypedValueParser;
        let parser = crate::serve::model_parser();
        let command = clap::Command::new("");
        parser.parse_ref(&command, None, "select".as_ref()).unwrap()
    }

    #[test]
    fn a_model_s_server_takes_a_free_port_by_itself() {
        let command =
            ServerCommand::model(select(), Some(2)).with_arguments(&["--buffer-size", "9"]);
        assert_eq!(
            words(&command).join(" "),
            "serve --quiet --listen 127.0.0.1:0 --model select --threads 2 --buffer-size 9"
        );
        let unasked = || -> io::Result<u16> { unreachable!("it needs no port") };
        assert_eq!(command.to_run(unasked).unwrap().1, Listens::Announced);
        assert_eq!(command.origin(), Origin::Model { threads: Some(2) });
    }

    #[test]
    fn a_given_server_has_a_name_and_a_command() {
        let (name, command) = ServerCommand::named("my echo=run --at=127.0.0.1:{port} x").unwrap();
        assert_eq!(name, "my echo");
        assert_eq!(words(&command), ["--at=127.0.0.1:7000", "x"]);
        let command = "run --at=127.0.0.1:{port} x".to_owned();
        assert_eq!(
            ServerCommand::named("a=run --at=127.0.0.1:{port} x")
                .unwrap()
                .1
                .origin(),
            Origin::Command { command }
        );
    }

    #[test]
    fn the_stall_is_none_unless_it_is_asked_for() {
        let command = ServerCommand::given("run {port} {stall_ms}").unwrap();
        assert!(command.takes_stall_ms());
        assert_eq!(words(&command), ["7000", "0"]);
        assert_eq!(words(&command.with_stall_ms(10)), ["7000", "10"]);
        assert!(!ServerCommand::given("run {port}").unwrap().takes_stall_ms());
    }

    #[test]
    fn what_is_wrong_with_a_given_server_is_said_in_one_line() {
        let wrong = [
            ("run {port}", "expected NAME=COMMAND"),
            (" =run {port}", "expected a name"),
            ("a\nb=run {port}", "one line"),
            ("a=run", "{port}"),
            ("a=", "{port}"),
        ];
        for (text, expected) in wrong {
            let error = ServerCommand::named(text).unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
            assert!(!error.contains('\n'));
        }
    }
}
