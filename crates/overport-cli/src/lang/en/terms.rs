//! Names of what is shown.

use super::{English, counted};
use crate::lang::number::{self, significant};
use crate::lang::quantity::Quantity;
use crate::lang::terms::TermTexts;
use crate::report::data::{Origin, Settings, SyscallCounter, View};
use crate::report::ranking::{Metric, Ratio};

impl TermTexts for English {
    fn quantity(&self, quantity: Quantity) -> &'static str {
        match quantity {
            Quantity::CpuPerMessage => "CPU per message",
            Quantity::UserCpuPerMessage => "user CPU per message",
            Quantity::SystemCpuPerMessage => "system CPU per message",
            Quantity::CpuPerMessageAtRate => "CPU per message at the fixed rate",
            Quantity::MessagesPerSecond => "messages per second",
            Quantity::LatencyP50 => "latency p50",
            Quantity::LatencyP99 => "latency p99",
            Quantity::LatencyP99_9 => "latency p99.9",
            Quantity::SyscallsPerMessage => "system calls per message",
            Quantity::ContextSwitchesPerMessage => "context switches per message",
            Quantity::Threads => "threads",
            Quantity::PeakMemory => "peak memory",
            Quantity::MemoryPerIdleConnection => "memory per idle connection",
            Quantity::SourceLines => "lines of code",
            Quantity::Connections => "connections",
            Quantity::IdleCpuUnconnected => "CPU with nobody connected",
            Quantity::IdleCpuConnected => "CPU with idle connections",
            Quantity::StallP99 => "latency p99 while handlers block",
            Quantity::SessionsPerSecond => "sessions per second",
            Quantity::CpuPerSession => "CPU per session",
            Quantity::FirstAnswerP99 => "wait for the first answer, p99",
            Quantity::StarvedClients => "starved clients",
        }
    }

    fn short(&self, quantity: Quantity) -> &'static str {
        match quantity {
            Quantity::CpuPerMessage => "CPU/msg",
            Quantity::UserCpuPerMessage => "user/msg",
            Quantity::SystemCpuPerMessage => "system/msg",
            Quantity::CpuPerMessageAtRate => "at rate",
            Quantity::MessagesPerSecond => "msg/s",
            Quantity::LatencyP50 => "p50",
            Quantity::LatencyP99 => "p99",
            Quantity::LatencyP99_9 => "p99.9",
            Quantity::SyscallsPerMessage => "calls/msg",
            Quantity::ContextSwitchesPerMessage => "ctxsw/msg",
            Quantity::Threads => "threads",
            Quantity::PeakMemory => "memory",
            Quantity::MemoryPerIdleConnection => "mem/idle",
            Quantity::SourceLines => "lines",
            Quantity::Connections => "conns",
            Quantity::IdleCpuUnconnected => "idle CPU",
            Quantity::IdleCpuConnected => "idle CPU",
            Quantity::StallP99 => "stall p99",
            Quantity::SessionsPerSecond => "sessions/s",
            Quantity::CpuPerSession => "CPU/sess",
            Quantity::FirstAnswerP99 => "wait p99",
            Quantity::StarvedClients => "starved",
        }
    }

    fn view(&self, view: View) -> &'static str {
        match view {
            View::Latency => "latency",
            View::Connections => "over the number of connections",
            View::Stall => "handlers that block",
            View::Idle => "idle",
            View::Flood => "flooded message queue",
            View::Sessions => "short sessions",
            View::Syscalls => "system calls",
        }
    }

    fn metric(&self, metric: Metric) -> &'static str {
        match metric {
            Metric::Cost => "cost",
            Metric::Speed => "speed",
            Metric::Latency => "latency",
        }
    }

    fn model_title(&self, model: &str) -> Option<&'static str> {
        Some(match model {
            "iterative" => "Iterative (blocking)",
            "thread" => "Thread per client (blocking)",
            "nonblocking" => "Non-blocking",
            "select" => "select",
            "async-select" => "WSAAsyncSelect",
            "event-select" => "WSAEventSelect",
            "overlapped-event" => "Overlapped, event",
            "overlapped-routine" => "Overlapped, completion routine",
            "completion-port" => "Completion port",
            _ => return None,
        })
    }

    fn rests_on<'a>(&self, text: &'a str) -> &'a str {
        text
    }

    fn wine(&self, version: &str, system: &str) -> String {
        format!("Wine {version}, not Windows (it says {system})")
    }

    fn backend_reason(&self, text: &str) -> String {
        text.to_owned()
    }

    fn syscall_counter(&self, counter: SyscallCounter) -> &'static str {
        match counter {
            SyscallCounter::PerfEvents => {
                "System calls were counted by the system, which does not slow the server."
            }
            SyscallCounter::Tracing => {
                "System calls were counted by a tracer, which slows the server: one that polls, or whose threads wake each other, makes another number of them without it."
            }
        }
    }

    fn origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::Model { threads: None } => "a model of this program".into(),
            Origin::Model {
                threads: Some(threads),
            } => format!("a model of this program, {}", self.threads(*threads)),
            Origin::Command { command } => format!("the command {command}"),
        }
    }

    fn load(&self, settings: &Settings) -> String {
        format!(
            "{}, messages of {}, {} in flight on each",
            self.connections(settings.connections),
            counted(settings.message_bytes, "byte", "bytes"),
            number::count(settings.in_flight)
        )
    }

    fn not_told_apart(&self, rounds: usize) -> String {
        format!("not told apart at {}", self.rounds(rounds as u64))
    }

    fn not_available(&self) -> &'static str {
        "not available here"
    }

    fn load_limited(&self) -> &'static str {
        "limited by the load"
    }

    fn ratio(&self, ratio: &Ratio) -> String {
        let interval = if number::tells(ratio.low, ratio.high) {
            let (low, high) = (number::ratio(ratio.low), number::ratio(ratio.high));
            format!("{low} to {high}")
        } else {
            self.too_few_rounds().into()
        };
        format!("{} ({interval})", self.times(ratio.value))
    }

    fn too_few_rounds(&self) -> &'static str {
        "too few rounds"
    }

    fn too_few_rounds_note(&self) -> &'static str {
        "“too few rounds”: they leave an interval that is so wide that it says nothing."
    }

    fn intervals_note(&self) -> &'static str {
        "Intervals are those of each server's own level, in units of the first's. Servers whose \
         intervals overlap are not told apart."
    }

    fn threads_note(&self) -> &'static str {
        "Threads are all of the server's process, among them its main thread and the one that \
         waits for signals."
    }

    fn stall_threads(&self, servers: &[(&str, u64, u64)]) -> String {
        let servers: Vec<String> = servers
            .iter()
            .map(|(name, stalled, usual)| {
                format!(
                    "{name} has {}, not {}",
                    self.threads(*stalled),
                    number::count(*usual)
                )
            })
            .collect();
        format!("Where handlers may block, {}.", servers.join("; "))
    }

    fn bounded_duration(&self, us: f64, is_lower_bound: bool) -> String {
        let bound = if is_lower_bound { "at least " } else { "" };
        format!("{bound}{}", number::duration(us))
    }

    fn errors(&self, count: u64) -> String {
        counted(count, "error", "errors")
    }

    fn times(&self, ratio: f64) -> String {
        format!("{} times", number::ratio(ratio))
    }

    fn connections(&self, count: u64) -> String {
        counted(count, "connection", "connections")
    }

    fn threads(&self, count: u64) -> String {
        counted(count, "thread", "threads")
    }

    fn rounds(&self, count: u64) -> String {
        counted(count, "round", "rounds")
    }

    fn lines(&self, count: u64) -> String {
        counted(count, "line", "lines")
    }

    fn clients(&self, count: u64) -> String {
        counted(count, "client", "clients")
    }

    fn messages_per_second(&self, rate: f64) -> String {
        format!("{} messages per second", significant(rate))
    }

    fn list(&self, names: &[&str]) -> String {
        match names {
            [] => String::new(),
            [one] => (*one).into(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }
}
