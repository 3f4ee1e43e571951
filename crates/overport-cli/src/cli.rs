//! The command line.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::failure::Failure;
use crate::{compare, completions, doctor, load, man, output, report, serve};

/// The nine socket I/O models of Winsock, served and loaded.
#[derive(Debug, Parser)]
#[command(name = "overport", version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compare(compare::Args),
    Serve(serve::Args),
    Load(load::Args),
    Doctor(doctor::Args),
    Report(report::command::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// The whole command line, for what is made of it: completions and manual pages.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that `arguments` ask for, the program's name first.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return help_or_usage(&error),
    };
    match cli.command {
        Command::Compare(args) => compare::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Load(args) => load::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Report(args) => report::command::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}

fn help_or_usage(error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => output::printed(error.print()),
        _ => Err(Failure::usage(format!(
            "{} (--help shows the usage)",
            first_paragraph(&error.render().to_string())
        ))),
    }
}

/// What clap says before its usage and hints, as one line.
fn first_paragraph(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let line = lines.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn a_usage_error_is_one_line() {
        let text = "error: invalid value\n  [possible values: a, b]\n\nUsage: overport\n";
        assert_eq!(
            first_paragraph(text),
            "invalid value [possible values: a, b]"
        );
    }
}
