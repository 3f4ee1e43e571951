//! Compares what a message costs two echo servers: the processor time that each one takes
//! under the same load, in interleaved rounds.

mod load;
mod server;
mod statistics;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use load::Load;
use server::{Server, ServerCommand};
use statistics::{median, median_interval, quartiles};

/// Compare the processor time a message costs two echo servers
///
/// A server is `overport`, which stands for `overport serve`, or the name of a program beside
/// this one that takes `--listen ADDR` and prints `listening on ADDR`. Each round starts both
/// anew, one after the other and in alternating order, each on a core of its own beside the
/// load's. Comparing a server with itself shows how far two equal ones seem apart.
#[derive(Parser)]
struct Args {
    /// The server whose cost is compared
    #[arg(default_value = "overport")]
    subject: String,

    /// The server that it is compared with
    #[arg(default_value = "tokio-echo")]
    peer: String,

    /// The model that `overport serve` serves with
    #[arg(long, value_name = "M", default_value = "completion-port")]
    model: String,

    /// The program `overport` [default: the one beside this program]
    #[arg(long, value_name = "PATH")]
    overport: Option<PathBuf>,

    /// Rounds, each with one run of either server
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    rounds: u32,

    /// Seconds of load before a measurement, on the same server
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5)]
    warm_up: f64,

    /// Seconds of load that are measured
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    seconds: f64,

    /// Connections of the load
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: u32,

    /// Bytes in a message
    #[arg(long, value_name = "BYTES", default_value_t = 64)]
    message_size: u32,

    /// Messages in flight on a connection
    #[arg(long, value_name = "N", default_value_t = 1)]
    in_flight: u32,

    /// The core that the server runs on
    #[arg(long, value_name = "CORE", default_value_t = 0)]
    server_core: usize,

    /// The core that the load runs on
    #[arg(long, value_name = "CORE", default_value_t = 1)]
    load_core: usize,

    /// Further arguments of `overport serve`
    #[arg(last = true)]
    serve_args: Vec<String>,
}

/// What one run of a server showed.
struct Sample {
    cpu_us_per_message: f64,
    messages_per_second: f64,
    load_was_limit: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let subject = server_command(&args, &args.subject)?;
    let peer = server_command(&args, &args.peer)?;
    let load = Load {
        program: overport(&args)?,
        connections: args.connections,
        message_size: args.message_size,
        in_flight: args.in_flight,
        core: args.load_core,
    };

    println!(
        "processor time in microseconds per message: {} connections of {} bytes, {} in flight, \
         {} s measured after {} s",
        args.connections, args.message_size, args.in_flight, args.seconds, args.warm_up
    );
    println!("round  {:>16}  {:>16}  ratio", args.subject, args.peer);
    let mut rounds = Vec::new();
    for round in 1..=args.rounds {
        let (first, second) = match round % 2 {
            1 => (&subject, &peer),
            _ => (&peer, &subject),
        };
        let first = measure(first, &load, &args)?;
        let second = measure(second, &load, &args)?;
        let (subject, peer) = match round % 2 {
            1 => (first, second),
            _ => (second, first),
        };
        println!(
            "{round:>5}  {:>16.3}  {:>16.3}  {:.3}",
            subject.cpu_us_per_message,
            peer.cpu_us_per_message,
            subject.cpu_us_per_message / peer.cpu_us_per_message
        );
        rounds.push((subject, peer));
    }
    report(&args, &rounds);
    Ok(())
}

fn server_command(args: &Args, name: &str) -> anyhow::Result<ServerCommand> {
    let (program, arguments) = match name {
        "overport" => {
            let mut arguments = vec!["serve".into(), "--quiet".into()];
            arguments.extend(["--model".into(), args.model.clone()]);
            arguments.extend(args.serve_args.iter().cloned());
            (overport(args)?, arguments)
        }
        _ => (beside(name)?, Vec::new()),
    };
    Ok(ServerCommand {
        program,
        arguments,
        core: args.server_core,
    })
}

fn overport(args: &Args) -> anyhow::Result<PathBuf> {
    match &args.overport {
        Some(path) => Ok(path.clone()),
        None => beside("overport"),
    }
}

/// The program of that name in the folder of this one.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(
        path.exists(),
        "{} is not there; build it first",
        path.display()
    );
    Ok(path)
}

/// One run: start, warm up, measure, end.
fn measure(command: &ServerCommand, load: &Load, args: &Args) -> anyhow::Result<Sample> {
    let server = Server::start(command)?;
    let run = |seconds: f64| {
        load.run(server.address(), Duration::try_from_secs_f64(seconds)?)
            .with_context(|| format!("the load on {}", command.program.display()))
    };
    if args.warm_up > 0.0 {
        run(args.warm_up)?;
    }
    let before = server.cpu_time()?;
    let report = run(args.seconds)?;
    let cpu_time = server.cpu_time()?.saturating_sub(before);
    Ok(Sample {
        cpu_us_per_message: cpu_time.as_secs_f64() * 1e6 / report.messages as f64,
        messages_per_second: report.messages_per_second,
        load_was_limit: report.load_was_limit,
    })
}

fn report(args: &Args, rounds: &[(Sample, Sample)]) {
    let subject: Vec<&Sample> = rounds.iter().map(|(subject, _)| subject).collect();
    let peer: Vec<&Sample> = rounds.iter().map(|(_, peer)| peer).collect();
    for (name, samples) in [(&args.subject, subject), (&args.peer, peer)] {
        let cpu: Vec<f64> = samples.iter().map(|s| s.cpu_us_per_message).collect();
        let rate: Vec<f64> = samples.iter().map(|s| s.messages_per_second).collect();
        println!(
            "{name}: median {:.3} us (quartiles {}), {:.0} messages a second, the load at its \
             limit in {} of {} runs",
            median(&cpu),
            range(&quartiles(&cpu)),
            median(&rate),
            samples.iter().filter(|s| s.load_was_limit).count(),
            samples.len()
        );
    }
    let ratios: Vec<f64> = rounds
        .iter()
        .map(|(subject, peer)| subject.cpu_us_per_message / peer.cpu_us_per_message)
        .collect();
    println!(
        "{} / {}: median of the rounds' ratios {:.3}, 95 % interval {} ({} rounds)",
        args.subject,
        args.peer,
        median(&ratios),
        range(&median_interval(&ratios)),
        ratios.len()
    );
}

fn range(range: &RangeInclusive<f64>) -> String {
    format!("{:.3} to {:.3}", range.start(), range.end())
}
