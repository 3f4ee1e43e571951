//! `overport completions`: what a shell needs to complete the command line.

use std::io;

use clap_complete::Shell;

use crate::cli;
use crate::failure::Failure;
use crate::output;

/// Print a shell's completions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell that is to complete
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the completions of the whole command line on standard output.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    output::printed(io::Write::write_all(&mut io::stdout(), &script(args.shell)))
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut command = cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn each_shell_gets_a_script_that_knows_each_subcommand() {
        for &shell in Shell::value_variants() {
            let script = String::from_utf8(script(shell)).expect("a script is text");
            for subcommand in cli::command().get_subcommands() {
                let name = subcommand.get_name();
                assert!(script.contains(name), "{shell} lacks {name}");
            }
        }
    }
}
