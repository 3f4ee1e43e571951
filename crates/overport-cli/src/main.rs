//! The `overport` program: serve the nine models, load a server, examine the machine.

mod cli;
mod descriptors;
mod doctor;
mod failure;
mod load;
mod output;
mod serve;
mod stall_mark;
mod stop;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
