use super::*;
use crate::report::data::{Origin, Problem, Stall};
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
                Finding::NotToldApart
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
    assert_eq!(least.finding, Finding::NotToldApart);
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
fn goals_and_demands_are_left_out_without_a_completion_port() {
    let sample = Sample {
        servers: servers().split_off(9),
        ..Sample::default()
    };
    assert_eq!(claims(&sample.report()), []);
    let sample = Sample {
        servers: servers().drain(..8).collect(),
        ..Sample::default()
    };
    let claims = claims(&sample.report());
    assert!(!claims.is_empty());
    let goals = [About::Goal, About::Demand];
    assert!(!claims.iter().any(|claim| goals.contains(&claim.about)));
}

fn missing(report: &Report, id: ClaimId) -> Option<MissingEvidence> {
    match find(&claims(report), id).evidence[..] {
        [Evidence::Missing { what }] => Some(what),
        _ => None,
    }
}

fn stall(report: &mut Report, run: usize) -> &mut Stall {
    report.runs[run].stall.as_mut().expect("it was measured")
}

/// A handler blocks for 10 ms, and without one the p99 is 159 us.
#[test]
fn who_waits_half_of_a_blocked_handlers_time_is_held_up() {
    let id = ClaimId::OverlappedRoutineBoundToItsThread;
    let mut report = sample::report();
    for (with_us, without_us, expected) in [
        (5000.0, 159.0, Finding::Confirmed),
        (4999.0, 159.0, Finding::Contradicted),
        (5000.0, 3400.0, Finding::Contradicted),
        (7200.0, 4800.0, Finding::Confirmed),
    ] {
        let stall = stall(&mut report, 7);
        (stall.with.p99, stall.without.p99) = (with_us, without_us);
        assert_eq!(finding(&report, id), expected, "{with_us}, {without_us}");
        assert_eq!(missing(&report, id), None);
    }
}

#[test]
fn who_is_as_slow_without_a_handler_that_blocks_shows_nothing() {
    let id = ClaimId::OverlappedRoutineBoundToItsThread;
    let mut report = sample::report();
    stall(&mut report, 7).without.p99 = 5000.0;
    assert_eq!(missing(&report, id), Some(MissingEvidence::Disturbed));
}

#[test]
fn a_lower_bound_confirms_that_others_are_held_up_but_not_the_contrary() {
    let id = ClaimId::OverlappedRoutineBoundToItsThread;
    let mut report = sample::report();
    stall(&mut report, 7).unsent = 3;
    assert_eq!(finding(&report, id), Finding::Confirmed);
    stall(&mut report, 7).with.p99 = 400.0;
    let claims = claims(&report);
    let claim = find(&claims, id);
    assert_eq!(claim.finding, Finding::NotMeasurableHere);
    assert_eq!(
        claim.evidence,
        [Evidence::P99UsUnderStalls {
            run: 7,
            with_us: 400.0,
            with_is_lower_bound: true,
            without_us: 159.0,
        }]
    );
}

/// The completion port's p99 is then 300 us, the thread model's 410 us.
#[test]
fn little_blocking_is_as_little_as_with_any_other_model() {
    let id = ClaimId::DemandLittleBlocking;
    let mut report = sample::report();
    for (port_us, expected) in [(610.0, Finding::Confirmed), (620.0, Finding::Contradicted)] {
        stall(&mut report, 8).with.p99 = port_us;
        assert_eq!(finding(&report, id), expected, "{port_us}");
    }
    // Whose p99 is known from below may be slower than the completion port.
    stall(&mut report, 1).unsent = 1;
    assert_eq!(finding(&report, id), Finding::NotMeasurableHere);
    stall(&mut report, 8).with.p99 = 300.0;
    assert_eq!(finding(&report, id), Finding::Confirmed);
    stall(&mut report, 8).unsent = 1;
    assert_eq!(finding(&report, id), Finding::NotMeasurableHere);
}

#[test]
fn a_flood_is_in_the_way_or_not_or_something_else_was() {
    let id = ClaimId::AsyncSelectSharesOneQueue;
    let mut report = sample::report();
    for (with_us, expected) in [
        (150.0, Finding::Confirmed),
        (140.0, Finding::Contradicted),
        (70.0, Finding::Contradicted),
        (60.0, Finding::NotMeasurableHere),
    ] {
        let flood = report.runs[4].flood.as_mut().expect("it was measured");
        (flood.with.p99, flood.without.p99) = (with_us, 100.0);
        assert_eq!(finding(&report, id), expected, "{with_us}");
    }
    assert_eq!(missing(&report, id), Some(MissingEvidence::Disturbed));
}

#[test]
fn what_was_disturbed_is_no_evidence() {
    let mut report = sample::report();
    for run in &mut report.runs {
        let flags = [
            run.stall.as_mut().map(|view| &mut view.disturbed),
            run.idle.as_mut().map(|view| &mut view.disturbed),
            run.flood.as_mut().map(|view| &mut view.disturbed),
            run.sessions.as_mut().map(|view| &mut view.disturbed),
        ];
        for flag in flags.into_iter().flatten() {
            *flag = true;
        }
        for point in &mut run.over_connections {
            point.disturbed = true;
        }
    }
    use ClaimId as Id;
    for id in [
        Id::GoalManyClients,
        Id::GoalLittleResources,
        Id::DemandLittleBlocking,
        Id::IterativeOthersWait,
        Id::ThreadServesAtOnce,
        Id::ThreadCostsMemory,
        Id::SelectScans,
        Id::AsyncSelectSharesOneQueue,
        Id::OverlappedRoutineBoundToItsThread,
    ] {
        assert_eq!(finding(&report, id), Finding::NotMeasurableHere, "{id:?}");
        assert_eq!(missing(&report, id), Some(MissingEvidence::Disturbed));
    }
    // Neither the number of threads nor time that the server itself took comes from elsewhere.
    for id in [Id::SelectBoundTo64, Id::NonblockingBurnsProcessor] {
        assert_eq!(finding(&report, id), Finding::Confirmed, "{id:?}");
    }
    let idle = report.runs[2].idle.as_mut().expect("it was measured");
    idle.cpu_part_unconnected = Some(0.1);
    let id = Id::NonblockingBurnsProcessor;
    assert_eq!(missing(&report, id), Some(MissingEvidence::Disturbed));
}

#[test]
fn five_of_a_hundred_system_calls_more_are_as_few() {
    let mut report = sample::report();
    for (calls, expected) in [(2.1, Finding::Confirmed), (2.2, Finding::Contradicted)] {
        report.runs[8].server.syscalls_per_message = Some(calls);
        // The thread model makes 2.0, the iterative one too, which is of another load.
        assert_eq!(finding(&report, ClaimId::DemandFewSwitches), expected);
    }
}
