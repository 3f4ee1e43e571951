//! When another server than the chosen one is right.

use super::*;

#[test]
fn the_samples_choice_changes_for_memory_and_code() {
    let choice = choice(&sample::report());
    let [
        Change::IdleMemory { run: 3, .. },
        Change::SimplerCode {
            run: 1,
            lines: 27,
            ratio,
        },
    ] = choice.changes[..]
    else {
        panic!("{:?}", choice.changes);
    };
    assert!((ratio - 7.3 / 4.1).abs() < 0.1);
}

#[test]
fn disturbed_points_and_those_near_the_main_load_are_no_change() {
    let growing = Server {
        growth: 1.6,
        ..server("growing")
    };
    let flat = Server {
        cpu_us: 6.6,
        growth: 1.0,
        ..server("flat")
    };
    let mut report = two(growing, flat);
    let connections = |report: &Report| {
        let changes = choice(report).changes;
        changes.iter().find_map(|change| match change {
            Change::Connections { connections, .. } => Some(*connections),
            _ => None,
        })
    };
    assert_eq!(connections(&report), Some(1000));
    for run in &mut report.runs {
        run.over_connections[3].connections = 200;
    }
    assert_eq!(connections(&report), Some(10_000));
    report.runs[1].over_connections[4].disturbed = true;
    assert_eq!(connections(&report), None);
}

#[test]
fn one_that_is_passed_over_is_no_advice_for_another_load() {
    let burning = Server {
        cpu_us: 3.0,
        p99_us: 50.0,
        stalled_p99_us: 100.0,
        idle_cpu_part: 0.99,
        growth: 0.9,
        ..server("burning")
    };
    let choice = choice(&two(burning, server("other")));
    assert_eq!((choice.run, choice.passed_over.len()), (1, 1));
    assert_eq!(choice.changes, []);
}

#[test]
fn other_loads_change_the_choice() {
    let cheap = Server {
        growth: 1.6,
        stops_at: Some(10_000),
        idle_bytes: 9000.0,
        ..server("cheap")
    };
    let wide = Server {
        cpu_us: 6.6,
        p99_us: 60.0,
        stalled_p99_us: 500.0,
        growth: 1.0,
        ..server("wide")
    };
    let choice = choice(&two(cheap, wide));
    assert_eq!(choice.run, 0);
    let kinds: Vec<&Change> = choice.changes.iter().collect();
    assert!(
        matches!(
            kinds[..],
            [
                Change::Connections {
                    connections: 1000,
                    run: 1,
                    ..
                },
                Change::HandlersBlock {
                    run: 1,
                    p99_us: 500.0,
                    ..
                },
                Change::LatencyFirst { run: 1, .. },
                Change::IdleMemory { run: 1, .. },
                Change::ChosenStops { connections: 1000 },
            ]
        ),
        "{kinds:?}"
    );
}

#[test]
fn the_fastest_is_named_where_the_cheapest_is_slower() {
    let mut report = two(
        server("cheap"),
        Server {
            cpu_us: 9.0,
            ..server("parallel")
        },
    );
    for round in &mut report.runs[1].rounds {
        round.messages_per_s *= 4.0;
    }
    let choice = choice(&report);
    assert!(matches!(
        choice.changes[..],
        [Change::SpeedFirst { run: 1, .. }]
    ));
}
