//! The figures that are shown, and the unit of each. Their names are the languages'.

use super::number;

/// A figure of a server, or of one of its views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    CpuPerMessage,
    UserCpuPerMessage,
    SystemCpuPerMessage,
    /// At the open loop's rate, where a server has time to spare.
    CpuPerMessageAtRate,
    MessagesPerSecond,
    LatencyP50,
    LatencyP99,
    LatencyP99_9,
    SyscallsPerMessage,
    ContextSwitchesPerMessage,
    Threads,
    PeakMemory,
    MemoryPerIdleConnection,
    SourceLines,
    Connections,
    /// Of one processor, with nobody connected.
    IdleCpuUnconnected,
    /// Of one processor, with clients that say nothing.
    IdleCpuConnected,
    /// The p99 of the messages beside those that block their handler.
    StallP99,
    SessionsPerSecond,
    CpuPerSession,
    FirstAnswerP99,
    StarvedClients,
}

impl Quantity {
    /// The unit of `plain`; none where the name says all.
    pub(crate) fn unit(self) -> Option<&'static str> {
        match self {
            Self::CpuPerMessage
            | Self::UserCpuPerMessage
            | Self::SystemCpuPerMessage
            | Self::CpuPerMessageAtRate
            | Self::LatencyP50
            | Self::LatencyP99
            | Self::LatencyP99_9
            | Self::StallP99
            | Self::CpuPerSession
            | Self::FirstAnswerP99 => Some("µs"),
            Self::PeakMemory => Some("MiB"),
            Self::MemoryPerIdleConnection => Some("KiB"),
            Self::IdleCpuUnconnected | Self::IdleCpuConnected => Some("%"),
            Self::MessagesPerSecond
            | Self::SyscallsPerMessage
            | Self::ContextSwitchesPerMessage
            | Self::Threads
            | Self::SourceLines
            | Self::Connections
            | Self::SessionsPerSecond
            | Self::StarvedClients => None,
        }
    }

    /// `value`, in the unit in which reports keep it, as a number of `unit`; for columns and
    /// axes whose head has the unit.
    pub(crate) fn plain(self, value: f64) -> String {
        match self {
            Self::PeakMemory => number::significant(value / (1024.0 * 1024.0)),
            Self::MemoryPerIdleConnection => number::significant(value / 1024.0),
            Self::IdleCpuUnconnected | Self::IdleCpuConnected => {
                let text = number::percent(value);
                text.trim_end_matches(" %").into()
            }
            Self::Threads | Self::SourceLines | Self::Connections | Self::StarvedClients => {
                number::count(value as u64)
            }
            _ => number::significant(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_unit() {
        assert_eq!(Quantity::LatencyP99.plain(12_345.0), "12,300");
        assert_eq!(Quantity::PeakMemory.plain(3_670_016.0), "3.50");
        assert_eq!(Quantity::IdleCpuConnected.plain(0.998), "99.8");
    }
}
