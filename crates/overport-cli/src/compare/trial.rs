//! One measurement: a server is started, loaded, looked at around and at both ends of a window,
//! and ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bench::Bench;
use super::candidate::{Candidate, Role};
use crate::failure::Failure;
use crate::load::{self, Failed, FaultKind, Measured, Quantiles, Window};
use crate::measure::moment::{Moment, Window as Span};
use crate::measure::server::ServerProcess;
use crate::measure::survey::{Size, Survey};
use crate::measure::syscalls::SyscallCount;
use crate::measure::usage::{Clocks, PerMessage, Usage};
use crate::report::data::{
    Figure, Latency, Problem, Reason, RoundNoise, Run, Settings, SyscallCounter,
};

/// What a server is put to.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) connections: u64,
    /// Connections beside them that say one thing and then nothing.
    pub(super) idle: u64,
    pub(super) time: Duration,
    pub(super) warm_up: Duration,
    /// How long the server is watched before anybody connects.
    pub(super) unconnected: Option<Duration>,
    /// Messages a second of an open loop; a closed one without it.
    pub(super) rate: Option<f64>,
    /// One message in so many makes its handler block, for so long.
    pub(super) mark_every: Option<u64>,
    pub(super) stall_ms: u64,
    pub(super) own_messages_per_s: u64,
    /// A connection gives way to a new one after so many messages.
    pub(super) session_messages: Option<u64>,
    /// The system calls are counted, which slows the server.
    pub(super) count_calls: bool,
}

/// What it came to.
#[derive(Debug)]
pub(super) struct Measurement {
    pub(super) load: Measured,
    /// What its model rested on; none of a given command.
    pub(super) rests_on: Option<String>,
    /// Of the server, within the window.
    pub(super) usage: Usage,
    /// Before anybody connected, where that was watched.
    pub(super) unconnected: Option<Usage>,
    /// The server before anybody connected, and at the end of the window.
    pub(super) before: Result<Size, Reason>,
    pub(super) after: Result<Size, Reason>,
    pub(super) threads: Option<u64>,
    /// Between the long looks, as the messages that the load has counted between them.
    context_switches: Result<u64, Reason>,
    pub(super) calls: Option<Result<Calls, Reason>>,
    pub(super) noise: RoundNoise,
}

/// System calls of the server, and how they were counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calls {
    pub(super) count: u64,
    pub(super) counter: SyscallCounter,
}

/// Why there is no measurement.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The comparison was ended by a signal.
    Interrupted,
    /// Something is wrong with the server.
    Server { problem: Problem, errors: u64 },
    /// This machine does not have what it takes.
    Here(Reason),
    /// This program can't go on.
    Own(Failure),
}

impl Trial {
    /// The load that was asked for.
    pub(super) fn main_load(settings: &Settings) -> Self {
        Self {
            connections: settings.connections,
            idle: 0,
            time: Duration::from_secs_f64(settings.round_s),
            warm_up: Duration::from_secs_f64(settings.warm_up_s),
            unconnected: None,
            rate: None,
            mark_every: None,
            stall_ms: 0,
            own_messages_per_s: 0,
            session_messages: None,
            count_calls: false,
        }
    }

    /// The same for a server that may serve one client at a time: such a one has clients that
    /// go again soon.
    pub(super) fn fitting(&self, run: &Run, settings: &Settings) -> Self {
        let mut trial = self.clone();
        if run.one_at_a_time {
            trial.session_messages = Some(settings.session_messages);
        }
        trial
    }

    fn role(&self) -> Role {
        // Where clients come and go, a new one may be there before its predecessor's end was seen.
        let at_once = match self.session_messages {
            Some(_) => 2 * self.connections,
            None => self.connections,
        };
        Role {
            clients: at_once + self.idle,
            stall_ms: self.stall_ms,
            own_messages_per_s: self.own_messages_per_s,
        }
    }
}

/// Makes the trial.
pub(super) fn run(
    bench: &Bench<'_>,
    candidate: &Candidate,
    trial: &Trial,
) -> Result<Measurement, Trouble> {
    let server = bench.start(&candidate.command(trial.role()))?;
    let before = Survey::of(&server).size();
    let unconnected = trial.unconnected;
    let unconnected = unconnected.map(|time| watch(bench, &server, time));
    let unconnected = unconnected.transpose()?;
    let ends = Ends::new(&server, bench, trial);
    let load = load::measure(&bench.plan(trial, server.address()), &ends, bench.stop);
    let died = server.died();
    let seen = std::mem::take(&mut *ends.seen());
    drop(ends);
    let rests_on = server.rests_on().map(str::to_owned);
    server.end();

    let load = sound(load, died, bench.patience)?;
    let too_few = Trouble::Here(Reason::TooFewMessages);
    if load.messages == 0 && trial.connections > 0 {
        return Err(too_few);
    }
    let (Some((prepared, concluded)), Some((opened, closed))) = (
        seen.prepared.zip(seen.concluded),
        seen.opened.zip(seen.closed),
    ) else {
        return Err(too_few);
    };
    let Span { server, noise, .. } = closed.since(&opened);
    Ok(Measurement {
        noise,
        usage: server,
        unconnected,
        rests_on,
        before,
        after: concluded.size(),
        threads: most_threads([&prepared, &concluded]),
        context_switches: concluded.context_switches_since(&prepared),
        calls: seen.calls,
        load,
    })
}

/// What a server uses in this time.
fn watch(bench: &Bench<'_>, server: &ServerProcess, time: Duration) -> Result<Usage, Trouble> {
    let before = Clocks::of(server);
    bench.wait(time)?;
    Ok(Clocks::of(server).since(&before))
}

/// What the load found, unless something is wrong.
fn sound(
    load: Result<Measured, load::Error>,
    died: Option<Problem>,
    patience: Duration,
) -> Result<Measured, Trouble> {
    let load = match load {
        Ok(load) if load.interrupted => return Err(Trouble::Interrupted),
        Ok(load) => load,
        Err(load::Error::Unreachable { text, .. }) => {
            let problem = died.unwrap_or(Problem::Refused { text });
            return Err(Trouble::Server { problem, errors: 1 });
        }
        Err(error) => return Err(Trouble::Own(error.into())),
    };
    let errors = load.errors;
    match (&load.fault, died) {
        // A byte that is wrong is worse than what the server did then.
        (Some(failed), _) if failed.fault.kind() == FaultKind::Wrong => Err(Trouble::Server {
            problem: problem(failed, patience),
            errors,
        }),
        (_, Some(problem)) => Err(Trouble::Server { problem, errors }),
        (Some(failed), None) => Err(Trouble::Server {
            problem: problem(failed, patience),
            errors,
        }),
        (None, None) => Ok(load),
    }
}

fn problem(failed: &Failed, patience: Duration) -> Problem {
    let text = failed.fault.to_string();
    match failed.fault.kind() {
        FaultKind::Wrong => Problem::Wrong { text },
        FaultKind::Dropped => Problem::Refused { text },
        FaultKind::Hung => Problem::Hung {
            after_s: patience.as_secs_f64(),
            text,
        },
    }
}

impl Measurement {
    /// How often threads left the processor for a message.
    pub(super) fn context_switches_per_message(&self) -> Option<f64> {
        let count = *self.context_switches.as_ref().ok()?;
        let messages = self.load.messages_between_looks;
        (messages > 0).then(|| count as f64 / messages as f64)
    }

    /// Why figures are missing that only the system tells.
    pub(super) fn missing(&self) -> impl Iterator<Item = (Figure, &Reason)> {
        let cpu = self.usage.cpu_ns.as_ref().err();
        let switches = self.context_switches.as_ref().err();
        let missing = [
            (Figure::Cpu, cpu),
            (Figure::ContextSwitchesPerMessage, switches),
        ];
        let missing = missing.into_iter();
        missing.filter_map(|(figure, reason)| Some((figure, reason?)))
    }

    /// What a message cost.
    pub(super) fn per_message(&self) -> PerMessage {
        self.usage.per_message(self.load.messages)
    }

    /// The open loop's quantiles.
    pub(super) fn latency(&self) -> Result<Latency, Trouble> {
        self.load
            .latency
            .map(Latency::from)
            .ok_or(Trouble::Here(Reason::TooFewMessages))
    }

    /// From the connect to the first answer.
    pub(super) fn first_answer(&self) -> Result<Latency, Trouble> {
        let first_answer = self.load.first_answer.map(Latency::from);
        first_answer.ok_or(Trouble::Here(Reason::TooFewMessages))
    }
}

impl From<Quantiles> for Latency {
    fn from(quantiles: Quantiles) -> Self {
        Self {
            p50: quantiles.p50,
            p99: quantiles.p99,
            p99_9: quantiles.p99_9,
        }
    }
}

/// Looks at the server around and at both ends of the window.
struct Ends<'trial> {
    server: &'trial ServerProcess,
    cpus: Vec<usize>,
    counts_calls: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    prepared: Option<Survey>,
    opened: Option<Moment>,
    closed: Option<Moment>,
    concluded: Option<Survey>,
    counting: Option<Result<SyscallCount, Reason>>,
    calls: Option<Result<Calls, Reason>>,
}

impl<'trial> Ends<'trial> {
    fn new(server: &'trial ServerProcess, bench: &Bench<'_>, trial: &Trial) -> Self {
        Self {
            server,
            cpus: bench.cpus.all(),
            counts_calls: trial.count_calls,
            seen: Mutex::default(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the clocks of the processes say that were found when the window was prepared.
    fn moment(&self, seen: &Seen) -> Option<Moment> {
        let prepared = seen.prepared.as_ref();
        prepared.map(|survey| Moment::now(survey, &self.cpus))
    }
}

impl Window for Ends<'_> {
    fn prepares(&self) {
        let mut seen = self.seen();
        seen.prepared = Some(Survey::of(self.server));
        // Last, since a server is slower that is traced.
        if self.counts_calls {
            seen.counting = Some(SyscallCount::begin(self.server));
        }
    }

    fn opens(&self) {
        let mut seen = self.seen();
        seen.opened = self.moment(&seen);
    }

    fn closes(&self) {
        let mut seen = self.seen();
        seen.closed = self.moment(&seen);
    }

    fn concludes(&self) {
        let mut seen = self.seen();
        let counting = seen.counting.take();
        seen.calls = counting.map(|counting| counting.and_then(count));
        let concluded = Survey::of(self.server);
        let Seen {
            prepared, closed, ..
        } = &mut *seen;
        if let (Some(prepared), Some(closed)) = (prepared, closed) {
            closed.add_newcomers(prepared, &concluded);
        }
        seen.concluded = Some(concluded);
    }
}

fn count(counting: SyscallCount) -> Result<Calls, Reason> {
    let counter = counting.counter();
    let count = counting.end()?;
    Ok(Calls { count, counter })
}

/// The most of both looks, as far as they are known: the system keeps no peak.
fn most_threads(looks: [&Survey; 2]) -> Option<u64> {
    let sizes = looks.into_iter().map(Survey::size);
    sizes.flatten().map(|size| size.threads).max()
}
