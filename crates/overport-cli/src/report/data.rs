//! The report as data: what `report.json` holds.
//!
//! A figure that could not be had is null, and the run's `unavailable` says why; it is never 0.
//! Times are in microseconds, sizes in bytes, rates a second, where the name says so.

mod read;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::read::read;

/// The version of this format. It changes when a reader of the old one would go wrong.
pub(crate) const SCHEMA: u32 = 1;

/// A whole comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Report {
    #[schemars(extend("const" = SCHEMA))]
    pub(crate) schema: u32,
    /// The version of the program that made it.
    pub(crate) overport: String,
    /// When it was begun, by RFC 3339, in UTC.
    pub(crate) created: String,
    /// How long it took.
    pub(crate) elapsed_s: f64,
    /// The command that repeats it.
    pub(crate) command: String,
    pub(crate) host: Host,
    pub(crate) settings: Settings,
    pub(crate) noise: Noise,
    /// One a server, in the order in which they were given.
    pub(crate) runs: Vec<Run>,
}

/// The machine, as far as it decides about the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Host {
    /// Such as "Linux 6.18.44".
    pub(crate) system: String,
    /// The version of Wine, where that ran this program in place of Windows; `system` is then what
    /// it says to be. None in reports of versions that did not run on Windows.
    #[serde(default)]
    pub(crate) wine: Option<String>,
    /// The processor's name, where the system tells.
    pub(crate) cpu: Option<String>,
    /// Processors that this process may use.
    pub(crate) cores: u64,
    pub(crate) memory_bytes: Option<u64>,
    /// The hypervisor's mark in the processor's flags.
    pub(crate) virtual_machine: Option<bool>,
    /// What carries the completion port here, on the servers' processors.
    pub(crate) backend: String,
    /// Why: who asked for it, that io_uring works, or why it does not. None in reports of versions
    /// that had no choice.
    #[serde(default)]
    pub(crate) backend_reason: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) pinning: Pinning,
}

/// Limits that bound the number of connections; none where there is no limit or it can't be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Limits {
    /// Descriptors that a process may raise its limit to.
    pub(crate) descriptors: Option<u64>,
    /// Local ports, and so connections to one server's address.
    pub(crate) local_ports: Option<u64>,
    /// Connections that a listener keeps until they are accepted.
    pub(crate) somaxconn: Option<u64>,
}

/// Which processors the servers and the load had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pinning {
    pub(crate) server_cpus: Vec<u64>,
    pub(crate) load_cpus: Vec<u64>,
    /// No processor was both a server's and the load's.
    pub(crate) separate: bool,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Settings {
    pub(crate) connections: u64,
    pub(crate) message_bytes: u64,
    /// Messages of a connection that were on their way at once.
    pub(crate) in_flight: u64,
    /// Rounds of the main load.
    pub(crate) rounds: u64,
    /// How long a measurement took, and the load before it that does not count.
    pub(crate) round_s: f64,
    pub(crate) warm_up_s: f64,
    /// Messages a second of the open loop, over all connections.
    pub(crate) latency_rate_per_s: Option<f64>,
    /// How long a server had to listen, and to answer.
    pub(crate) patience_s: f64,
    pub(crate) views: Vec<View>,
    /// Connections of the view over the connections.
    pub(crate) connection_counts: Vec<u64>,
    /// Connections that were held without a message in the idle view.
    pub(crate) idle_connections: u64,
    /// The stall view: a handler blocked so long, at one message in so many, at so many
    /// messages a second.
    pub(crate) stall_ms: u64,
    pub(crate) stall_every: u64,
    pub(crate) stall_rate_per_s: f64,
    /// Messages a second of the program's own that async-select's queue was flooded with.
    pub(crate) flood_per_s: u64,
    /// Messages of a session in the view of short sessions.
    pub(crate) session_messages: u64,
}

/// What is looked at beside the main load.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum View {
    /// Answers at a fixed rate, in an open loop.
    Latency,
    /// From one connection to as many as there can be.
    Connections,
    /// Handlers that block.
    Stall,
    /// Nobody connected, and many who say nothing.
    Idle,
    /// Async-select's queue, filled with messages of the program's own.
    Flood,
    /// Connections that come, say little and go.
    Sessions,
    /// System calls, counted.
    Syscalls,
}

/// How quiet the machine was, over all measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Noise {
    /// Part of the processors' time that the hypervisor gave to others; none where the system does
    /// not tell.
    pub(crate) steal_part: Option<f64>,
    /// Part of the processors' time that processes took which were neither server nor load.
    pub(crate) foreign_part: Option<f64>,
    /// Measurements that were disturbed, and done again.
    pub(crate) repeated: u64,
    /// Measurements that were disturbed, and are in the report all the same.
    pub(crate) disturbed: u64,
}

/// One server under the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Run {
    /// The model's name, or the one that the server was given.
    pub(crate) model: String,
    pub(crate) origin: Origin,
    /// What the model rested on, as its server said when it listened; none for a server from
    /// outside, and for a completion port that never listened.
    pub(crate) backend: Option<String>,
    /// Lines of its server's code, without comments, blank lines and tests.
    pub(crate) source_lines: Option<u64>,
    pub(crate) connections: u64,
    pub(crate) message_bytes: u64,
    /// It serves one client at a time, as is known of a model and seen of a command in the first
    /// turn. So its main load was one of short sessions, connecting and closing included, and it is
    /// not ranked.
    pub(crate) one_at_a_time: bool,
    /// What is wrong with the server; one with a problem is not ranked.
    pub(crate) problem: Option<Problem>,
    /// Median over the rounds.
    pub(crate) messages_per_s: Option<f64>,
    /// In most rounds the load could not have sent more: the server may do better.
    pub(crate) load_limited: bool,
    /// From when a message was due to its echo, in an open loop.
    pub(crate) latency_us: Option<Latency>,
    pub(crate) server: ServerFigures,
    /// Every round of the main load, in order.
    pub(crate) rounds: Vec<Round>,
    /// Every round of the open loop.
    pub(crate) latency_rounds: Vec<LatencyRound>,
    pub(crate) over_connections: Vec<ConnectionsPoint>,
    pub(crate) stall: Option<Stall>,
    pub(crate) idle: Option<Idle>,
    pub(crate) flood: Option<Flood>,
    pub(crate) sessions: Option<Sessions>,
    /// Why figures are null.
    pub(crate) unavailable: BTreeMap<Figure, Reason>,
    /// Wrong or missing answers, over all that was measured.
    pub(crate) errors: u64,
}

/// Where a server comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Origin {
    /// One of this program's models.
    Model {
        /// Threads that it was told to use, where it takes a number.
        threads: Option<u64>,
    },
    /// A command that was given.
    Command { command: String },
}

/// What is wrong with a server. Texts are the system's, or the load's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Problem {
    /// There is no such program, or it can't be run.
    CannotStart { text: String },
    /// It ended by itself: "exit code 3", "signal 11".
    Died { how: String },
    /// It never listened.
    NeverListened { after_s: f64 },
    /// It refused a connection, or dropped one.
    Refused { text: String },
    /// It did not answer any more.
    Hung { after_s: f64, text: String },
    /// It lost, changed or repeated bytes.
    Wrong { text: String },
}

/// What the server's processes cost; each the median over the rounds, but for the peaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ServerFigures {
    /// User and system together.
    pub(crate) cpu_us_per_message: Option<f64>,
    pub(crate) user_us_per_message: Option<f64>,
    pub(crate) system_us_per_message: Option<f64>,
    /// The same at the open loop's rate, where a server has time to spare.
    pub(crate) cpu_us_per_message_at_rate: Option<f64>,
    pub(crate) rss_peak_bytes: Option<u64>,
    pub(crate) threads_peak: Option<u64>,
    pub(crate) syscalls_per_message: Option<f64>,
    /// How they were counted.
    pub(crate) syscall_counter: Option<SyscallCounter>,
    pub(crate) context_switches_per_message: Option<f64>,
}

/// What counts system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SyscallCounter {
    /// The system, which does not slow the server.
    PerfEvents,
    /// A tracer, for which the server stops twice a call. It is so much slower that a server whose
    /// calls depend on its speed (one that polls, or whose threads wake each other) makes another
    /// number of them than without.
    Tracing,
}

/// Quantiles of a latency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
}

/// One measurement of the main load: a closed loop on a server that was started for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Round {
    /// From 1.
    pub(crate) round: u64,
    /// Which it was among the servers of its round, from 1.
    pub(crate) turn: u64,
    pub(crate) seconds: f64,
    pub(crate) messages: u64,
    pub(crate) messages_per_s: f64,
    pub(crate) cpu_us_per_message: Option<f64>,
    pub(crate) user_us_per_message: Option<f64>,
    pub(crate) system_us_per_message: Option<f64>,
    pub(crate) context_switches_per_message: Option<f64>,
    pub(crate) rss_peak_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    pub(crate) load_limited: bool,
    pub(crate) noise: RoundNoise,
    pub(crate) errors: u64,
}

/// What disturbed one measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RoundNoise {
    pub(crate) steal_part: Option<f64>,
    pub(crate) foreign_part: Option<f64>,
    /// Beyond what a measurement bears.
    pub(crate) disturbed: bool,
}

/// One measurement of the open loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LatencyRound {
    pub(crate) round: u64,
    pub(crate) turn: u64,
    pub(crate) rate_per_s: f64,
    pub(crate) messages: u64,
    pub(crate) latency_us: Latency,
    /// Messages that were due and not sent, since the server had not answered enough.
    pub(crate) unsent: u64,
    /// Part of the messages that the load itself sent more than 1 ms late.
    pub(crate) late_part: f64,
    pub(crate) cpu_us_per_message: Option<f64>,
    pub(crate) noise: RoundNoise,
    pub(crate) errors: u64,
}

/// The main load with another number of connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ConnectionsPoint {
    pub(crate) connections: u64,
    /// Of one measurement; at the main load's number, the medians of its rounds.
    pub(crate) messages_per_s: Option<f64>,
    pub(crate) cpu_us_per_message: Option<f64>,
    pub(crate) rss_peak_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    pub(crate) load_limited: bool,
    /// The machine was busy with something else meanwhile.
    pub(crate) disturbed: bool,
    /// Why the server, or this machine, stops before it.
    pub(crate) stopped: Option<Reason>,
}

/// Answers while every so-many-th message makes its handler block. The latencies are those of
/// the other messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Stall {
    pub(crate) with: Latency,
    /// The same load without a message that blocks.
    pub(crate) without: Latency,
    /// Messages that were due and not sent.
    pub(crate) unsent: u64,
    pub(crate) threads: Option<u64>,
    /// The machine was busy with something else meanwhile.
    pub(crate) disturbed: bool,
}

/// What a server costs that has nothing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Idle {
    /// Parts of one processor's time.
    pub(crate) cpu_part_unconnected: Option<f64>,
    pub(crate) cpu_part_connected: Option<f64>,
    /// How many were connected.
    pub(crate) connections: u64,
    /// The server's own memory for each of them, without the kernel's for the socket.
    pub(crate) bytes_per_connection: Option<f64>,
    pub(crate) threads_unconnected: Option<u64>,
    pub(crate) threads_connected: Option<u64>,
    /// The machine was busy with something else meanwhile.
    pub(crate) disturbed: bool,
}

/// Async-select beside a flood of messages that are not the sockets'.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Flood {
    pub(crate) own_messages_per_s: u64,
    pub(crate) with: Latency,
    pub(crate) without: Latency,
    /// The processor's time for a socket's message, the flood's included.
    pub(crate) cpu_us_per_message_with: Option<f64>,
    pub(crate) cpu_us_per_message_without: Option<f64>,
    /// The machine was busy with something else meanwhile.
    pub(crate) disturbed: bool,
}

/// Clients that connect, exchange a few messages and go, again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sessions {
    pub(crate) sessions_per_s: f64,
    /// Connecting and closing included.
    pub(crate) cpu_us_per_session: Option<f64>,
    /// From the connect to the first answer.
    pub(crate) first_answer_us: Latency,
    /// Clients that had no answer at all when the time was over.
    pub(crate) starved: u64,
    pub(crate) clients: u64,
    /// The machine was busy with something else meanwhile.
    pub(crate) disturbed: bool,
}

/// A figure of a run that may be missing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// The main load as a whole: the rounds, the speed and the cost.
    Rounds,
    Cpu,
    LatencyUs,
    RssPeakBytes,
    ThreadsPeak,
    SyscallsPerMessage,
    ContextSwitchesPerMessage,
    OverConnections,
    Stall,
    Idle,
    Flood,
    Sessions,
}

/// Why a figure is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Reason {
    /// It was not asked for.
    NotAskedFor,
    /// The server has a problem, so the rest was not measured.
    Problem,
    /// The system does not tell.
    NotTold,
    /// The system has no call that tells it.
    NoSuchCall,
    /// No message came through in the time.
    TooFewMessages,
    /// The system does not permit it, or has no such thing: its own words.
    System { text: String },
    /// The model serves one client at a time; its clients would wait for each other's end.
    OneClientAtATime,
    /// Its queue has no messages but the sockets'.
    NoQueueOfItsOwn,
    /// The server's command does not take what the view needs.
    NoPlaceholder { placeholder: String },
    /// Messages that should have blocked their handlers for so long were answered in this time.
    DidNotBlock { stall_ms: u64, took_us: f64 },
    /// The message has no room for the mark that makes its handler block.
    MessageTooShort { least_bytes: u64 },
    /// So many descriptors are needed, and the limit is that.
    Descriptors { needed: u64, limit: u64 },
    /// So many local ports are needed, and there are that many.
    LocalPorts { needed: u64, limit: u64 },
    /// The server had this problem at this point only.
    Failed { problem: Problem },
}
