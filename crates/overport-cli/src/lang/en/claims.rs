//! What the textbook says, and what the figures say to it.

use super::{English, counted};
use crate::lang::Names;
use crate::lang::claims::ClaimTexts;
use crate::lang::number::{bytes, count, duration, percent, significant};
use crate::lang::terms::TermTexts;
use crate::report::claims::{ClaimId, Evidence, Finding, MissingEvidence};

impl ClaimTexts for English {
    fn claim(&self, id: ClaimId) -> &'static str {
        match id {
            ClaimId::GoalManyClients => {
                "Many clients: no model serves more than the completion port, nor as many for less"
            }
            ClaimId::GoalQuickAnswers => {
                "Quick answers: no model answers sooner than the completion port"
            }
            ClaimId::GoalLittleResources => {
                "Little use of resources: the completion port takes least processor time"
            }
            ClaimId::DemandLittleBlocking => {
                "Little blocking: while handlers block, no model stays much quicker than the \
                 completion port"
            }
            ClaimId::DemandSteadyThreads => {
                "A steady number of threads: the completion port has as many with many clients as \
                 with few"
            }
            ClaimId::DemandComputingBesideIo => {
                "Computing and I/O side by side: at the completion port operations go on while \
                 handlers compute"
            }
            ClaimId::DemandFewSwitches => {
                "Few switches between user and kernel mode: the completion port needs as few system \
                 calls as any model, within 5 %"
            }
            ClaimId::IterativeNeedsFewResources => "One thread and little memory are enough for it",
            ClaimId::IterativeOthersWait => "While it serves one client, all others wait",
            ClaimId::ThreadServesAtOnce => "No client waits until another one has left",
            ClaimId::ThreadCodeIsShort => {
                "Its code is short, since each client has a thread of its own"
            }
            ClaimId::ThreadCostsMemory => "Each client costs a thread and its memory",
            ClaimId::NonblockingNeverBlocks => {
                "One thread serves several clients, and no call blocks"
            }
            ClaimId::NonblockingBurnsProcessor => {
                "It asks again and again, and burns the processor with nothing to do"
            }
            ClaimId::SelectManyOnOneThread => "One thread serves many sockets",
            ClaimId::SelectBoundTo64 => "A set holds 64 sockets; more of them take more threads",
            ClaimId::SelectScans => {
                "Each call scans its whole set, so the cost grows with the sockets"
            }
            ClaimId::AsyncSelectOneThread => {
                "One thread serves all sockets, as the events come as messages"
            }
            ClaimId::AsyncSelectSharesOneQueue => {
                "Sockets and the program's own messages share one queue, and slow each other down"
            }
            ClaimId::EventSelectNeedsNoWindow => {
                "Without a window, one thread waits for the events of many sockets"
            }
            ClaimId::EventSelectCostsLessThanSelect => "It costs less than select",
            ClaimId::EventSelectBoundTo64 => {
                "A wait takes 64 events; more of them take more threads"
            }
            ClaimId::OverlappedEventWorksBesideIo => {
                "Operations go on while the program does something else"
            }
            ClaimId::OverlappedEventCostsLessThanReadiness => {
                "It costs less than the models that wait until a socket is ready"
            }
            ClaimId::OverlappedEventBoundTo64 => {
                "A wait takes 64 events; more operations take more threads"
            }
            ClaimId::OverlappedRoutineNoLimitOfEvents => {
                "Without event objects, there is no limit of 64"
            }
            ClaimId::OverlappedRoutineCostsLessThanReadiness => {
                "It costs less than the models that wait until a socket is ready"
            }
            ClaimId::OverlappedRoutineBoundToItsThread => {
                "A routine runs on the thread that issued the operation only, so one that blocks \
                 holds all others back"
            }
            ClaimId::PortServesManyWithFewThreads => "A few threads serve any number of clients",
            ClaimId::PortCostsLeast => "It costs least of all models",
            ClaimId::PortCodeIsLonger => "Its only drawback is its code: there is more of it",
        }
    }

    fn finding(&self, finding: Finding) -> &'static str {
        match finding {
            Finding::Confirmed => "confirmed",
            Finding::Contradicted => "contradicted",
            Finding::NotToldApart => "not told apart by the rounds",
            Finding::NotMeasurableHere => "not measurable here",
        }
    }

    fn evidence(&self, evidence: &Evidence, names: &Names<'_>) -> String {
        match *evidence {
            Evidence::CpuUsPerMessage { run, cpu_us } => {
                format!("{}: {} CPU per message", names.of(run), duration(cpu_us))
            }
            Evidence::CostRatio { run, to, ratio } => {
                format!(
                    "{} costs {} {}",
                    names.of(run),
                    self.times(ratio),
                    names.of(to)
                )
            }
            Evidence::CostGrowth {
                run,
                from_connections,
                to_connections,
                ratio,
            } => format!(
                "{}: from {} to {} connections its cost becomes {}",
                names.of(run),
                count(from_connections),
                count(to_connections),
                self.times(ratio)
            ),
            Evidence::CpuPartUnconnected { run, part } => format!(
                "{}: {} of a processor with nobody connected",
                names.of(run),
                percent(part)
            ),
            Evidence::Threads {
                run,
                connections,
                threads,
            } => format!(
                "{}: {} with {}",
                names.of(run),
                self.threads(threads),
                self.connections(connections)
            ),
            Evidence::BytesPerConnection { run, bytes: each } => {
                format!("{}: {} a connection", names.of(run), bytes(each))
            }
            Evidence::MostConnections { run, connections } => {
                format!("{}: up to {}", names.of(run), self.connections(connections))
            }
            Evidence::P99Us {
                run,
                p99_us,
                rate_per_s,
            } => format!(
                "{}: p99 {} at {}",
                names.of(run),
                self.bounded_duration(p99_us, names.latency_is_lower_bound(run)),
                self.messages_per_second(rate_per_s)
            ),
            Evidence::P99UsUnderStalls {
                run,
                with_us,
                with_is_lower_bound,
                without_us,
            } => format!(
                "{}: p99 {} while handlers block, {} otherwise",
                names.of(run),
                self.bounded_duration(with_us, with_is_lower_bound),
                duration(without_us)
            ),
            Evidence::P99UsUnderFlood {
                run,
                with_us,
                without_us,
            } => format!(
                "{}: p99 {} beside the flood, {} without it",
                names.of(run),
                duration(with_us),
                duration(without_us)
            ),
            Evidence::SyscallsPerMessage { run, calls } => format!(
                "{}: {} system calls per message",
                names.of(run),
                significant(calls)
            ),
            Evidence::ContextSwitchesPerMessage { run, switches } => format!(
                "{}: {} context switches per message",
                names.of(run),
                significant(switches)
            ),
            Evidence::FirstAnswerP99Us {
                run,
                p99_us,
                clients,
            } => format!(
                "{}: {} to the first answer in the p99, with {}",
                names.of(run),
                duration(p99_us),
                self.clients(clients)
            ),
            Evidence::Starved {
                run,
                starved,
                clients,
            } => format!(
                "{}: {} of {} without an answer",
                names.of(run),
                count(starved),
                counted(clients, "client", "clients")
            ),
            Evidence::SourceLines { run, lines } => {
                format!("{}: {} of code", names.of(run), self.lines(lines))
            }
            Evidence::Missing { what } => self.missing(what).into(),
        }
    }

    fn missing(&self, what: MissingEvidence) -> &'static str {
        match what {
            MissingEvidence::Model => "a server that this takes was not measured, or failed",
            MissingEvidence::Cost => "processor time was not measured",
            MissingEvidence::Latency => "latency was not measured",
            MissingEvidence::Connections => "other numbers of connections were not measured",
            MissingEvidence::Stall => "handlers that block were not measured",
            MissingEvidence::Idle => "idle servers were not measured",
            MissingEvidence::Flood => "the flooded queue was not measured",
            MissingEvidence::Sessions => "short sessions were not measured",
            MissingEvidence::Syscalls => "system calls were not counted",
            MissingEvidence::Threads => "threads were not counted",
            MissingEvidence::Computing => "handlers that compute were not measured",
            MissingEvidence::Disturbed => "the machine was busy with something else meanwhile",
            MissingEvidence::SecondProcessor => {
                "the servers had one processor, so nothing ran side by side"
            }
        }
    }
}
