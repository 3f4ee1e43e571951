mod changes;

use super::*;
use crate::report::data::Run;
use crate::report::sample::{self, Outcome, Sample, Server, server};

fn choice(report: &Report) -> Choice {
    match verdict(report) {
        Verdict::Choose(choice) => choice,
        other => panic!("{other:?}"),
    }
}

fn two(one: Server, other: Server) -> Report {
    Sample {
        servers: vec![one, other],
        ..Sample::default()
    }
    .report()
}

fn without_cost(run: &mut Run) {
    for round in &mut run.rounds {
        round.cpu_us_per_message = None;
    }
}

#[test]
fn the_cheapest_is_chosen_and_the_next_is_named() {
    let choice = choice(&sample::report());
    assert_eq!((choice.run, choice.not_told_apart.len()), (8, 0));
    let [
        Because::CostsLeast {
            cpu_us_per_message,
            next: Some((7, ratio)),
        },
    ] = choice.because[..]
    else {
        panic!("{:?}", choice.because);
    };
    assert!((cpu_us_per_message - 4.1).abs() < 0.1);
    assert!((ratio.value - 6.8 / 4.1).abs() < 0.1 && ratio.low > 1.5);
}

#[test]
fn equal_costs_are_decided_by_latency_then_stalls_then_lines_then_order() {
    let report = two(
        server("one"),
        Server {
            p99_us: 100.0,
            ..server("quicker")
        },
    );
    let quicker = choice(&report);
    assert_eq!((quicker.run, &quicker.not_told_apart[..]), (1, &[0][..]));
    assert!(matches!(
        quicker.because[..],
        [Because::CostsLeast { next: None, .. }, Because::AnswersSoonest { rate_per_s, .. }]
            if rate_per_s == 20_000.0
    ));

    let report = two(
        server("one"),
        Server {
            stalled_p99_us: 400.0,
            ..server("steady")
        },
    );
    let steady = choice(&report);
    assert_eq!(steady.run, 1);
    assert_eq!(steady.because[1], Because::BearsStalls { p99_us: 400.0 });

    let mut report = two(server("one"), server("short"));
    report.runs[0].source_lines = Some(50);
    report.runs[1].source_lines = Some(40);
    let short = choice(&report);
    assert_eq!(
        (short.run, &short.because[1..]),
        (1, &[Because::ShortestCode { lines: 40 }][..])
    );

    let first = choice(&two(server("one"), server("two")));
    assert_eq!(
        (first.run, &first.because[1..]),
        (0, &[Because::ListedFirst][..])
    );
}

#[test]
fn the_steadiest_is_chosen_with_its_own_figure() {
    let stalled = |name: &str, stalled_p99_us: f64| Server {
        stalled_p99_us,
        ..server(name)
    };
    let mut report = Sample {
        servers: vec![
            stalled("held-up", 13_000.0),
            stalled("near", 6000.0),
            stalled("steadiest", 4000.0),
        ],
        ..Sample::default()
    }
    .report();
    report.runs[1].source_lines = Some(10);
    let choice = choice(&report);
    assert_eq!(choice.run, 2);
    assert_eq!(
        choice.because[1..],
        [Because::BearsStalls { p99_us: 4000.0 }]
    );
}

#[test]
fn one_that_burns_a_processor_is_passed_over_unless_it_is_the_only_one() {
    let burning = Server {
        cpu_us: 3.0,
        idle_cpu_part: 0.99,
        ..server("burning")
    };
    let passing = choice(&two(burning.clone(), server("other")));
    assert_eq!(passing.run, 1);
    assert_eq!(
        passing.passed_over,
        [PassedOver {
            run: 0,
            why: WhyPassedOver::BurnsIdle { cpu_part: 0.99 }
        }]
    );
    let broken = sample::servers().pop().expect("there are servers");
    let left = choice(&two(broken, burning));
    assert_eq!((left.run, &left.because[..]), (1, &[Because::OnlyOne][..]));
    assert_eq!(left.passed_over, []);
}

#[test]
fn nobody_is_chosen_who_did_not_come_through() {
    let serial = Server {
        outcome: Outcome::OneAtATime,
        ..server("serial")
    };
    let broken = sample::servers().pop().expect("there are servers");
    assert_eq!(verdict(&two(serial, broken)), Verdict::NoChoice);
}

#[test]
fn without_any_cost_nobody_is_chosen() {
    let mut report = two(server("one"), server("two"));
    for run in &mut report.runs {
        without_cost(run);
    }
    assert_eq!(verdict(&report), Verdict::NoChoice);
}

#[test]
fn one_without_a_cost_is_not_chosen_and_does_not_make_the_other_the_cheapest() {
    let mut report = two(server("one"), server("unknown"));
    without_cost(&mut report.runs[1]);
    let choice = choice(&report);
    assert_eq!(choice.run, 0);
    assert!(matches!(
        choice.because[..],
        [Because::OnlyCostKnown { cpu_us_per_message }] if (cpu_us_per_message - 6.0).abs() < 0.2
    ));
}

#[test]
fn one_that_answered_nothing_did_not_come_through() {
    let mut report = two(server("one"), server("silent"));
    for round in &mut report.runs[1].rounds {
        round.messages = 0;
        round.cpu_us_per_message = None;
    }
    assert_eq!(choice(&report).because, [Because::OnlyOne]);
}

#[test]
fn servers_that_too_few_rounds_do_not_tell_apart_leave_it_undecided() {
    for rounds in [1, 2] {
        let report = Sample {
            servers: vec![server("one"), server("two"), server("three")],
            rounds,
            ..Sample::default()
        }
        .report();
        let Verdict::Undecided {
            mut leaders,
            rounds: counted,
            caveats,
        } = verdict(&report)
        else {
            panic!("{rounds} rounds");
        };
        leaders.sort_unstable();
        assert_eq!((&leaders[..], counted), (&[0, 1, 2][..], rounds as usize));
        assert_eq!(caveats, []);
    }
}

#[test]
fn costs_that_may_be_twice_each_other_leave_it_undecided() {
    let noisy = |noise_part| {
        let report = Sample {
            noise_part,
            ..Sample::default()
        };
        let servers = vec![server("one"), server("two")];
        verdict(&Sample { servers, ..report }.report())
    };
    assert!(matches!(noisy(0.35), Verdict::Undecided { .. }));
    assert!(matches!(noisy(0.05), Verdict::Choose(_)));
}

#[test]
fn two_rounds_that_tell_the_cheapest_apart_are_enough() {
    let report = Sample {
        servers: vec![
            Server {
                cpu_us: 200.0,
                ..server("dear")
            },
            server("cheap"),
        ],
        rounds: 2,
        noise_part: 0.001,
        ..Sample::default()
    }
    .report();
    assert_eq!(choice(&report).run, 1);
}

#[test]
fn many_disturbed_measurements_are_a_caveat() {
    let mut report = two(server("one"), server("two"));
    let disturb = |report: &mut Report, count: usize| {
        for round in report.runs[0].rounds.iter_mut().take(count) {
            round.noise.disturbed = true;
            round.noise.foreign_part = Some(0.3);
        }
    };
    disturb(&mut report, 3);
    assert_eq!(choice(&report).caveats, []);
    disturb(&mut report, 4);
    let caveat = Caveat::Disturbed {
        disturbed: 4,
        of: 16,
        foreign_part: Some(0.3),
    };
    assert_eq!(choice(&report).caveats, std::slice::from_ref(&caveat));
    for run in &mut report.runs {
        run.rounds.truncate(1);
    }
    let Verdict::Undecided { caveats, .. } = verdict(&report) else {
        panic!("one round");
    };
    let caveat = Caveat::Disturbed {
        disturbed: 1,
        of: 2,
        foreign_part: Some(0.3),
    };
    assert_eq!(caveats, [caveat]);
}

#[test]
fn a_server_does_not_lose_by_a_figure_that_it_lacks() {
    let steady = || Server {
        p99_us: 100.0,
        stalled_p99_us: 400.0,
        source_lines: Some(10),
        ..server("steady")
    };
    let unknown = |report: &mut Report| {
        report.runs[0].stall = None;
        report.runs[0].latency_rounds.clear();
        report.runs[0].source_lines = None;
    };
    let mut report = two(
        Server {
            cpu_us: 5.98,
            ..server("unknown")
        },
        steady(),
    );
    assert_eq!(choice(&report).run, 1);
    unknown(&mut report);
    let kept = choice(&report);
    assert_eq!(
        (kept.run, &kept.because[1..]),
        (0, &[Because::ListedFirst][..])
    );
}

#[test]
fn a_disturbed_stall_decides_nothing() {
    let held_up = |name: &str, stalled_p99_us| Server {
        stalled_p99_us,
        ..server(name)
    };
    let mut report = two(held_up("held-up", 13_000.0), held_up("steady", 400.0));
    assert_eq!(choice(&report).run, 1);
    report.runs[0]
        .stall
        .as_mut()
        .expect("it is there")
        .disturbed = true;
    assert_eq!(choice(&report).because[1], Because::ListedFirst);
    for round in &mut report.runs[0].rounds {
        round.cpu_us_per_message = round.cpu_us_per_message.map(|cpu_us| cpu_us / 2.0);
    }
    let held_up = choice(&report);
    assert_eq!((held_up.run, held_up.changes), (0, Vec::new()));
}

#[test]
fn a_stall_that_is_known_from_below_only_can_lose_but_not_win() {
    let mut report = two(
        server("held-up"),
        Server {
            stalled_p99_us: 400.0,
            ..server("steady")
        },
    );
    report.runs[0].stall.as_mut().expect("it is there").unsent = 7;
    assert_eq!(choice(&report).run, 1);
    report.runs[0].stall.as_mut().expect("it is there").with.p99 = 100.0;
    assert_eq!(choice(&report).because[1], Because::ListedFirst);
}
