//! The `overport` program: serve the nine models, load a server, compare servers, examine the
//! machine.

mod cli;
mod compare;
mod completions;
mod descriptors;
mod doctor;
mod failure;
mod lang;
mod load;
mod man;
mod measure;
mod number_argument;
mod output;
mod report;
mod serve;
mod stall_mark;
mod stop;
mod sys;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
