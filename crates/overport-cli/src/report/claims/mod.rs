//! What the textbook says of the models, beside what was measured.

mod facts;
mod goals;
mod judge;
mod models;
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
    /// Goals: the completion port reaches each of them, and better than the others.
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
/// count. A model that was not entered has no claims of its own.
///
/// Where a finding rests on a comparison of rounds and the rounds don't tell two models apart, it
/// is not measurable here, and the evidence is the figures that are too near to each other.
pub(crate) fn claims(report: &Report) -> Vec<Claim> {
    let facts = Facts::of(report);
    let mut claims = goals::claims(&facts);
    claims.extend(models::claims(&facts));
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::{Origin, Problem};
    use crate::report::sample::{self, Sample, servers};

    fn find(claims: &[Claim], id: ClaimId) -> &Claim {
        let mut found = claims.iter().filter(|claim| claim.id == id);
        let claim = found.next().expect("it is there");
        assert_eq!(found.next(), None, "{id:?} is there once");
        claim
    }

    fn finding(report: &Report, id: ClaimId) -> Finding {
        find(&claims(report), id).finding
    }

    #[test]
    fn the_textbook_is_right_about_the_sample() {
        use ClaimId as Id;
        let claims = claims(&sample::report());
        assert_eq!(claims.len(), 31);
        let otherwise: Vec<(Id, Finding)> = claims
            .iter()
            .filter(|claim| claim.finding != Finding::Confirmed)
            .map(|claim| (claim.id, claim.finding))
            .collect();
        assert_eq!(
            otherwise,
            [
                (Id::DemandComputingBesideIo, Finding::NotMeasurableHere),
                (Id::EventSelectCostsLessThanSelect, Finding::Contradicted),
                (Id::OverlappedEventWorksBesideIo, Finding::NotMeasurableHere),
                (
                    Id::OverlappedEventCostsLessThanReadiness,
                    Finding::Contradicted
                ),
                (
                    Id::OverlappedRoutineCostsLessThanReadiness,
                    Finding::NotMeasurableHere
                ),
            ]
        );
        assert!(claims.iter().all(|claim| !claim.evidence.is_empty()));
    }

    #[test]
    fn the_select_model_is_bound_when_threads_grow_with_its_clients() {
        let mut report = sample::report();
        let bound = find(&claims(&report), ClaimId::SelectBoundTo64).clone();
        assert_eq!(bound.about, About::Drawback(3));
        assert_eq!(
            bound.evidence,
            [(1, 1), (10_000, 159)].map(|(connections, threads)| Evidence::Threads {
                run: 3,
                connections,
                threads
            })
        );
        for point in &mut report.runs[3].over_connections {
            point.threads = Some(2);
        }
        assert_eq!(
            finding(&report, ClaimId::SelectBoundTo64),
            Finding::Contradicted
        );
        // A report may hold any number.
        for point in &mut report.runs[3].over_connections {
            point.threads = Some(if point.connections == 1 { 0 } else { u64::MAX });
        }
        assert_eq!(
            finding(&report, ClaimId::SelectBoundTo64),
            Finding::Confirmed
        );
    }

    #[test]
    fn the_goals_are_missed_when_another_model_is_better() {
        let mut sample = Sample::default();
        sample.servers[7].cpu_us = 3.0;
        sample.servers[7].p99_us = 60.0;
        let report = sample.report();
        for id in [
            ClaimId::GoalManyClients,
            ClaimId::GoalQuickAnswers,
            ClaimId::GoalLittleResources,
            ClaimId::PortCostsLeast,
        ] {
            assert_eq!(finding(&report, id), Finding::Contradicted, "{id:?}");
        }
    }

    #[test]
    fn a_server_from_outside_is_no_model() {
        let mut sample = Sample::default();
        sample.servers[7].cpu_us = 3.0;
        let mut report = sample.report();
        report.runs[7].origin = Origin::Command {
            command: "./fast".into(),
        };
        assert_eq!(
            finding(&report, ClaimId::PortCostsLeast),
            Finding::Confirmed
        );
        let claims = claims(&report);
        assert!(!claims.iter().any(|claim| claim.about == About::Drawback(7)));
    }

    #[test]
    fn too_few_rounds_are_said_to_tell_nothing() {
        let sample = Sample {
            rounds: 1,
            ..Sample::default()
        };
        let claims = claims(&sample.report());
        let least = find(&claims, ClaimId::PortCostsLeast);
        assert_eq!(least.finding, Finding::NotMeasurableHere);
        assert!(matches!(
            least.evidence[2],
            Evidence::CostRatio { run: 8, .. }
        ));
    }

    #[test]
    fn what_was_not_looked_at_is_missing() {
        let sample = Sample {
            views: Vec::new(),
            ..Sample::default()
        };
        let claims = claims(&sample.report());
        for (id, what) in [
            (ClaimId::GoalManyClients, MissingEvidence::Connections),
            (ClaimId::GoalQuickAnswers, MissingEvidence::Latency),
            (ClaimId::GoalLittleResources, MissingEvidence::Idle),
            (ClaimId::DemandLittleBlocking, MissingEvidence::Stall),
            (ClaimId::DemandFewSwitches, MissingEvidence::Syscalls),
            (ClaimId::AsyncSelectSharesOneQueue, MissingEvidence::Flood),
            (ClaimId::ThreadServesAtOnce, MissingEvidence::Sessions),
            (
                ClaimId::DemandComputingBesideIo,
                MissingEvidence::SecondProcessor,
            ),
        ] {
            let claim = find(&claims, id);
            assert_eq!(claim.finding, Finding::NotMeasurableHere, "{id:?}");
            assert_eq!(claim.evidence, [Evidence::Missing { what }]);
        }
    }

    #[test]
    fn a_model_that_failed_has_its_claims_without_figures() {
        let mut report = sample::report();
        report.runs[8].problem = Some(Problem::Died {
            how: "signal 11".into(),
        });
        let claims = claims(&report);
        for id in [ClaimId::GoalManyClients, ClaimId::PortCostsLeast] {
            let claim = find(&claims, id);
            assert_eq!(
                claim.evidence,
                [Evidence::Missing {
                    what: MissingEvidence::Model
                }]
            );
        }
    }

    #[test]
    fn several_processors_do_not_make_a_view_that_computes() {
        let mut report = sample::report();
        report.host.pinning.server_cpus = vec![0, 1, 2];
        let claims = claims(&report);
        let beside = find(&claims, ClaimId::OverlappedEventWorksBesideIo);
        assert_eq!(
            beside.evidence,
            [Evidence::Missing {
                what: MissingEvidence::Computing
            }]
        );
    }

    #[test]
    fn no_model_at_all_leaves_the_goals() {
        let sample = Sample {
            servers: servers().split_off(9),
            ..Sample::default()
        };
        assert_eq!(claims(&sample.report()).len(), 7);
    }
}
