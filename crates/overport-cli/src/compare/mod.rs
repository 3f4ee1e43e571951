//! `overport compare`: the models, and any server, under the same load.
//!
//! A `trial` starts a server in a process of its own, loads it and samples what it costs; the
//! `bench` has what all trials share. The `views` make trials of all candidates in interleaved
//! rounds and put what they find into the runs of a `comparison`; `summary` makes medians of
//! them. What they mean is the business of `crate::report`.

mod args;
mod bench;
mod candidate;
mod comparison;
mod limits;
mod outcome;
pub(crate) mod progress;
mod rounds;
mod summary;
mod trial;
mod views;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

pub(crate) use args::Args;
use bench::{Bench, NoiseTally};
use candidate::Candidate;
use comparison::Comparison;
use progress::Progress;
use views::Rounds;

use crate::descriptors;
use crate::failure::Failure;
use crate::load::ports;
use crate::measure::cpus::{Cpus, parse_list};
use crate::measure::host;
use crate::report::data::{Host, Report, SCHEMA, Settings};
use crate::serve::{self, RestsOn};
use crate::stop::{self, Stop};
use crate::sys::{affinity, group, words};

/// A handler that blocks does so for this time, at one message in so many.
const STALL_MS: u64 = 10;
const STALL_EVERY: u64 = 100;

/// Messages a second of the stall view where none were asked for, or less where that is too many for the slowest server:
/// the handlers of a server with one thread block for 30 % of the time.
const STALL_RATE: f64 = 3000.0;

/// Messages of the program's own in async-select's queue.
const FLOOD_PER_S: u64 = 100_000;

/// Messages of a session.
const SESSION_MESSAGES: u64 = 10;

/// The load before a measurement that does not count is this part of it.
const WARM_UP_PART: u32 = 3;

/// What a turn takes beside its measurement and the load before it, about: a server's start and end,
/// and connecting.
const A_TURN_BESIDE: Duration = Duration::from_millis(60);

/// Rounds that are made however long they take: fewer tell nothing apart.
const LEAST_ROUNDS: u64 = 3;

/// Compares, prints and writes the report. Blocks for as long as that takes.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let begin = Instant::now();
    let created = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    // What can be wrong before the first round is known before the first round.
    descriptors::ensure(usize::try_from(args.connections).unwrap_or(usize::MAX), 1)?;
    ports::ensure(args.connections)?;
    let candidates = candidate::candidates(args.models(), args.servers.clone())?;
    let outcome = outcome::Outcome::prepare(&args)?;
    let usable = affinity::usable().map_err(cannot_start)?;
    let cpus = cpus(&args, &usable)?;
    let stop = Arc::new(Stop::default());
    stop::on_interrupts(&stop).map_err(cannot_start)?;
    group::adopt_orphans().map_err(cannot_start)?;
    descriptors::raise();
    let host = host::examine(usable.len(), &cpus, port_rests_on(&cpus)?);
    // The threads of the load are started from this one.
    affinity::pin(&cpus.load).map_err(cannot_start)?;

    let settings = settings(&args);
    if let Some(time) = args.time {
        enough(Duration::from_secs_f64(time), &settings, &candidates)?;
    }
    let mut comparison = Comparison {
        bench: Bench {
            stop: &stop,
            cpus,
            limits: host.limits.clone(),
            message_size: usize::try_from(args.message_size).unwrap_or(usize::MAX),
            in_flight: args.in_flight,
            patience: Duration::from_secs_f64(args.patience),
            noise: NoiseTally::default(),
        },
        runs: candidates
            .iter()
            .map(|candidate| candidate.run(&settings))
            .collect(),
        progress: Progress::new(steps(&settings, &candidates), outcome.lang()),
        settings,
        candidates,
    };
    limits::leave_out(&mut comparison);
    compare(
        &mut comparison,
        args.stall_rate,
        args.time.map(|time| begin + Duration::from_secs_f64(time)),
    )?;
    let report = report(comparison, host, created, begin);
    outcome.show(&report)
}

/// All that is looked at, in order: what the views do not need comes last, since only that has
/// no certain end.
fn compare(
    comparison: &mut Comparison<'_>,
    stall_rate: Option<f64>,
    deadline: Option<Instant>,
) -> Result<(), Failure> {
    let slowest = views::calibrate(comparison)?;
    let settings = &mut comparison.settings;
    if let Some(rate) = slowest.map(views::easy) {
        settings.latency_rate_per_s.get_or_insert(rate);
        if stall_rate.is_none() {
            settings.stall_rate_per_s = settings.stall_rate_per_s.min(rate);
        }
    }
    for view in settings.views.clone() {
        views::view(comparison, view)?;
    }
    let rounds = match deadline {
        None => Rounds::Exactly(comparison.settings.rounds),
        Some(deadline) => Rounds::Until {
            deadline,
            least: LEAST_ROUNDS,
        },
    };
    views::main_load(comparison, rounds)?;
    for run in &mut comparison.runs {
        summary::summarise(run, &comparison.settings.views);
    }
    Ok(())
}

fn settings(args: &Args) -> Settings {
    Settings {
        connections: args.connections,
        message_bytes: args.message_size,
        in_flight: args.in_flight,
        rounds: args.rounds,
        round_s: args.round_seconds,
        warm_up_s: (Duration::from_secs_f64(args.round_seconds) / WARM_UP_PART).as_secs_f64(),
        latency_rate_per_s: args.rate,
        patience_s: args.patience,
        views: args.views(),
        connection_counts: args.connection_counts(),
        idle_connections: args.idle,
        stall_ms: STALL_MS,
        stall_every: STALL_EVERY,
        stall_rate_per_s: args.stall_rate.unwrap_or(STALL_RATE),
        flood_per_s: FLOOD_PER_S,
        session_messages: SESSION_MESSAGES,
    }
}

/// The processors that were asked for, or those that suit.
fn cpus(args: &Args, usable: &[usize]) -> Result<Cpus, Failure> {
    let asked = |option, list: &Option<String>| {
        let list = list.as_deref();
        let parsed = list.map(|list| parse_list(list, usable)).transpose();
        parsed.map_err(|error| Failure::usage(format!("{option}: {error}")))
    };
    let server = asked("--server-cpus", &args.server_cpus)?;
    let load = asked("--load-cpus", &args.load_cpus)?;
    Ok(Cpus::choose(usable, server, load))
}

/// What a completion port rests on that is made on the servers' processors: how many there are
/// decides what kind of port a server has.
fn port_rests_on(cpus: &Cpus) -> Result<RestsOn, Failure> {
    let ask = || {
        affinity::pin(&cpus.server).map_err(cannot_start)?;
        Ok(serve::port_rests_on()?)
    };
    // Another thread, since this one is not bound yet.
    thread::scope(|scope| scope.spawn(ask).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn cannot_start(error: io::Error) -> Failure {
    Failure::failed(format!("cannot start: {error}"))
}

/// How many turns there are, as far as it is known before.
fn steps(settings: &Settings, candidates: &[Candidate]) -> u64 {
    (view_rounds(settings) + settings.rounds) * candidates.len() as u64
}

/// Rounds before those of the main load.
fn view_rounds(settings: &Settings) -> u64 {
    let views = settings.views.iter();
    1 + views
        .map(|&view| views::rounds(view, settings))
        .sum::<u64>()
}

/// Fails where `time` is over before the main load could begin.
fn enough(time: Duration, settings: &Settings, candidates: &[Candidate]) -> Result<(), Failure> {
    let a_turn = Duration::from_secs_f64(settings.round_s + settings.warm_up_s) + A_TURN_BESIDE;
    let turns = (view_rounds(settings) + LEAST_ROUNDS) * candidates.len() as u64;
    let needed = a_turn * u32::try_from(turns).unwrap_or(u32::MAX);
    if needed <= time {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "--time: these servers and views take about {:.0} s: give more time, or ask for fewer --views \
         or shorter --round-seconds",
        needed.as_secs_f64().ceil()
    )))
}

fn report(comparison: Comparison<'_>, host: Host, created: String, begin: Instant) -> Report {
    Report {
        schema: SCHEMA,
        overport: env!("CARGO_PKG_VERSION").to_owned(),
        created,
        elapsed_s: begin.elapsed().as_secs_f64(),
        command: command(),
        host,
        noise: comparison.bench.noise.noise(),
        settings: comparison.settings,
        runs: comparison.runs,
    }
}

/// The command line as a shell takes it.
fn command() -> String {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let program = std::iter::once("overport");
    words::join(program.chain(arguments.iter().map(String::as_str)))
}
