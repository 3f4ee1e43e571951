//! What the textbook says of the models, beside what was measured.

mod facts;
mod goals;
mod judge;
mod models;
mod stalls;
mod thresholds;

use self::facts::Facts;
use super::data::Report;

/// A statement, and what the figures say to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    pub(crate) about: About,
    pub(crate) id: ClaimId,
    pub(crate) finding: Finding,
    /// The figures that the finding rests on, or that are missing for it.
    pub(crate) evidence: Vec<Evidence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// What a server is for.
    Goal,
    /// What a model must do for it.
    Demand,
    /// The run of that index: a model's advantage.
    Advantage(usize),
    Drawback(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Confirmed,
    Contradicted,
    /// It rests on a comparison of rounds, and these do not tell the models apart.
    NotToldApart,
    /// Figures are missing.
    NotMeasurableHere,
}

/// The statements. What each says is in the language's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClaimId {
    /// Goals: the completion port reaches each of them, and no model is better.
    GoalManyClients,
    GoalQuickAnswers,
    GoalLittleResources,
    /// Demands on the way there.
    DemandLittleBlocking,
    DemandSteadyThreads,
    DemandComputingBesideIo,
    DemandFewSwitches,
    /// Of the models, in their order.
    IterativeNeedsFewResources,
    IterativeOthersWait,
    ThreadServesAtOnce,
    ThreadCodeIsShort,
    ThreadCostsMemory,
    NonblockingNeverBlocks,
    NonblockingBurnsProcessor,
    SelectManyOnOneThread,
    SelectBoundTo64,
    SelectScans,
    AsyncSelectOneThread,
    AsyncSelectSharesOneQueue,
    EventSelectNeedsNoWindow,
    EventSelectCostsLessThanSelect,
    EventSelectBoundTo64,
    OverlappedEventWorksBesideIo,
    /// Than the models that wait until a socket is ready: select, async-select, event-select.
    OverlappedEventCostsLessThanReadiness,
    OverlappedEventBoundTo64,
    OverlappedRoutineNoLimitOfEvents,
    OverlappedRoutineCostsLessThanReadiness,
    OverlappedRoutineBoundToItsThread,
    PortServesManyWithFewThreads,
    PortCostsLeast,
    PortCodeIsLonger,
}

/// A measured figure, in the unit that its name says; parts are of 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Evidence {
    CpuUsPerMessage {
        run: usize,
        cpu_us: f64,
    },
    /// A run's cost by another one's.
    CostRatio {
        run: usize,
        to: usize,
        ratio: f64,
    },
    /// A run's cost with many connections by its own with few.
    CostGrowth {
        run: usize,
        from_connections: u64,
        to_connections: u64,
        ratio: f64,
    },
    CpuPartUnconnected {
        run: usize,
        part: f64,
    },
    Threads {
        run: usize,
        connections: u64,
        threads: u64,
    },
    BytesPerConnection {
        run: usize,
        bytes: f64,
    },
    MostConnections {
        run: usize,
        connections: u64,
    },
    P99Us {
        run: usize,
        p99_us: f64,
        rate_per_s: f64,
    },
    P99UsUnderStalls {
        run: usize,
        with_us: f64,
        /// Messages were left unsent, so `with_us` would have been higher.
        with_is_lower_bound: bool,
        without_us: f64,
    },
    P99UsUnderFlood {
        run: usize,
        with_us: f64,
        without_us: f64,
    },
    SyscallsPerMessage {
        run: usize,
        calls: f64,
    },
    ContextSwitchesPerMessage {
        run: usize,
        switches: f64,
    },
    FirstAnswerP99Us {
        run: usize,
        p99_us: f64,
        clients: u64,
    },
    Starved {
        run: usize,
        starved: u64,
        clients: u64,
    },
    SourceLines {
        run: usize,
        lines: u64,
    },
    /// This was not measured.
    Missing {
        what: MissingEvidence,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingEvidence {
    /// The model was not among the servers, or failed.
    Model,
    /// The processor's time.
    Cost,
    Latency,
    Connections,
    Stall,
    Idle,
    Flood,
    Sessions,
    Syscalls,
    Threads,
    /// The servers had one processor, so nothing ran beside anything.
    SecondProcessor,
    /// No view has handlers that compute.
    Computing,
    /// The machine was busy with something else while the view was measured, which happens once.
    Disturbed,
}

/// All statements, with what the report's figures say to them: goals and demands first, which are
/// about the completion port, then the models in their order. Only the program's own models
/// count. A model that was not entered has no claims.
///
/// What was measured while the machine was busy is not evidence, unless it is a count that this
/// does not change. Where a finding is not measurable here and the evidence is figures, they are
/// known from below only.
pub(crate) fn claims(report: &Report) -> Vec<Claim> {
    let facts = Facts::of(report);
    let mut claims = goals::claims(&facts);
    claims.extend(models::claims(&facts));
    claims
}

#[cfg(test)]
mod tests;
