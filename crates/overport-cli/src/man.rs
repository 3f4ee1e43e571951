//! `overport man`: the manual pages.

use std::io::{self, Write};
use std::path::PathBuf;

use clap_mangen::Man;

use crate::cli;
use crate::failure::Failure;
use crate::output;
use crate::report::files::Output;

/// Print the manual page, or write all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the pages there, one for each subcommand too, instead of printing the first
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the program's page, in roff, or writes a file for it and for each subcommand.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let pages = pages().map_err(|error| Failure::failed(format!("cannot make pages: {error}")))?;
    match args.output {
        Some(folder) => Output::prepare(&folder)?.write(&pages),
        None => output::printed(io::stdout().write_all(&pages[0].1)),
    }
}

/// Names of files and what they hold; the program's own page is the first.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![page(command.clone())?];
    for subcommand in command.get_subcommands() {
        pages.push(page(subcommand.clone())?);
    }
    Ok(pages)
}

fn page(command: clap::Command) -> io::Result<(String, Vec<u8>)> {
    let man = Man::new(command).manual("Overport");
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok((man.get_filename(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_the_program_and_for_each_subcommand() {
        let pages = pages().expect("pages are made in memory");
        assert_eq!(pages[0].0, "overport.1");
        for subcommand in cli::command().get_subcommands() {
            let name = format!("overport-{}.1", subcommand.get_name());
            let (_, page) = pages.iter().find(|page| page.0 == name).expect(&name);
            let page = String::from_utf8_lossy(page);
            for section in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
                assert!(page.contains(section), "{name} lacks {section}");
            }
        }
    }
}
