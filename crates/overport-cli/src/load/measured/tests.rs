//! Measurements of servers that echo and of servers that do not.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use super::super::fault::{Fault, FaultKind};
use super::super::plan::Bound;
use super::super::plan::tests::plan;
use super::servers::{Server, echo, echo_with, flawed, mute};
use super::*;
use crate::stall_mark::STALL_MARK;

const SHORT: Duration = Duration::from_millis(100);

/// Long enough for anybody to get an answer, also on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);

/// A closed loop on `server` with as many connections, for a short time.
fn short(server: &Server, connections: u64) -> Plan {
    Plan {
        target: server.address,
        ..plan(connections, Bound::Time(SHORT))
    }
}

/// What a server has done, as its behaviour counts it.
#[derive(Debug, Default)]
struct Counts {
    messages: AtomicU64,
    ended: AtomicU64,
}

impl Counts {
    fn of(&self) -> (u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::SeqCst);
        (load(&self.messages), load(&self.ended))
    }

    fn echo(&self, stream: TcpStream) -> io::Result<()> {
        let result = echo_with(stream, |_, _| {
            self.messages.fetch_add(1, Ordering::SeqCst);
        });
        self.ended.fetch_add(1, Ordering::SeqCst);
        result
    }
}

/// A window that does something when it is told, and keeps what that gives.
struct Told<F, T> {
    look: F,
    seen: Mutex<Vec<(&'static str, T)>>,
}

impl<F: Fn(&'static str) -> T + Sync, T: Send> Told<F, T> {
    fn new(look: F) -> Self {
        Self {
            look,
            seen: Mutex::default(),
        }
    }

    fn tell(&self, what: &'static str) {
        let seen = (self.look)(what);
        self.seen.lock().unwrap().push((what, seen));
    }

    fn seen(self) -> Vec<(&'static str, T)> {
        self.seen.into_inner().unwrap()
    }
}

impl<F: Fn(&'static str) -> T + Sync, T: Send> Window for Told<F, T> {
    fn prepares(&self) {
        self.tell("prepares");
    }

    fn opens(&self) {
        self.tell("opens");
    }

    fn closes(&self) {
        self.tell("closes");
    }

    fn concludes(&self) {
        self.tell("concludes");
    }
}

/// Measures without interest in the window.
fn figures(plan: &Plan) -> Measured {
    measure(plan, &Told::new(|_| ()), &Stop::default()).unwrap()
}

fn kind(measured: &Measured) -> Option<FaultKind> {
    measured.fault.as_ref().map(|failed| failed.fault.kind())
}

#[test]
fn the_window_is_told_once_each_while_all_connections_are_open() {
    let counts = Arc::new(Counts::default());
    let counting = Arc::clone(&counts);
    let server = Server::concurrent(move |stream| counting.echo(stream));
    let window = Told::new(|_| (server.accepted(), counts.of().1));
    let plan = Plan {
        idle: 3,
        greet_idle: true,
        threads: 2,
        ..short(&server, 2)
    };
    let measured = measure(&plan, &window, &Stop::default()).unwrap();
    let seen = window.seen();
    assert!(
        matches!(
            seen[..],
            [
                ("prepares", (3..=5, 0)),
                ("opens", (3..=5, 0)),
                ("closes", (5, 0)),
                ("concludes", (5, 0))
            ]
        ),
        "{seen:?}"
    );
    assert_eq!((measured.errors, measured.held), (0, 3), "{measured:?}");
    assert!(measured.seconds >= SHORT.as_secs_f64());
    assert!(measured.messages > 0);
    assert!(!measured.interrupted);
}

#[test]
fn what_comes_back_in_the_window_is_all_that_counts() {
    let counts = Arc::new(Counts::default());
    let counting = Arc::clone(&counts);
    let server = Server::concurrent(move |stream| counting.echo(stream));
    let window = Told::new(|_| counts.of().0);
    let plan = Plan {
        warm_up: SHORT,
        ..short(&server, 4)
    };
    let measured = measure(&plan, &window, &Stop::default()).unwrap();
    let seen = window.seen();
    let [
        ("prepares", prepared),
        ("opens", before),
        ("closes", after),
        ("concludes", concluded),
    ] = seen[..]
    else {
        panic!("{seen:?}");
    };
    assert!(before > 0, "no load before the window");
    // Each connection may have had an echo under way at the opening.
    assert!(
        (1..=after - before + 4).contains(&measured.messages),
        "{seen:?} {measured:?}"
    );
    // The server may have counted those that were on their way when it was prepared.
    let between = prepared..=prepared + 4;
    assert!(
        between.contains(&(concluded - measured.messages_between_looks)),
        "{seen:?} {measured:?}"
    );
    assert!(measured.first_answer.is_none(), "{measured:?}");
    assert!(measured.latency.is_none(), "a closed loop has no latency");
    assert_eq!((measured.errors, measured.starved), (0, 0));
}

#[test]
fn idle_connections_are_held_for_the_time_without_active_ones() {
    let counts = Arc::new(Counts::default());
    let counting = Arc::clone(&counts);
    let server = Server::concurrent(move |stream| counting.echo(stream));
    for (greet_idle, greetings) in [(false, 0), (true, 3)] {
        let window = Told::new(|_| counts.of().0);
        let plan = Plan {
            idle: 3,
            greet_idle,
            ..short(&server, 0)
        };
        let measured = measure(&plan, &window, &Stop::default()).unwrap();
        let steps = ["prepares", "opens", "closes", "concludes"];
        assert_eq!(window.seen(), steps.map(|step| (step, greetings)));
        assert!(measured.seconds >= SHORT.as_secs_f64());
        assert_eq!(
            (measured.messages, measured.held, measured.errors),
            (0, 3, 0),
            "{measured:?}"
        );
    }
}

#[test]
fn a_greeting_has_no_place_in_the_schedule_of_an_open_loop() {
    let server = Server::concurrent(echo);
    let measured = figures(&Plan {
        idle: 3,
        greet_idle: true,
        rate: Some(1000.0),
        ..short(&server, 2)
    });
    assert_eq!((measured.errors, measured.held), (0, 3), "{measured:?}");
    let latency = measured.latency.unwrap();
    assert!((99..=101).contains(&latency.count), "{measured:?}");
}

#[test]
fn a_thread_may_have_idle_connections_only() {
    let server = Server::concurrent(echo);
    let measured = figures(&Plan {
        idle: 2,
        threads: 2,
        rate: Some(1000.0),
        ..short(&server, 1)
    });
    assert_eq!((measured.errors, measured.held), (0, 2), "{measured:?}");
    assert!(measured.messages > 0);
}

#[test]
fn a_run_that_is_ended_early_closes_its_window() {
    let server = Server::concurrent(echo);
    let stop = Stop::default();
    let window = Told::new(|what| {
        if what == "opens" {
            stop.begin();
        }
    });
    let plan = Plan {
        target: server.address,
        ..plan(2, Bound::Time(Duration::from_secs(600)))
    };
    let measured = measure(&plan, &window, &stop).unwrap();
    let steps = ["prepares", "opens", "closes", "concludes"];
    assert_eq!(window.seen(), steps.map(|step| (step, ())));
    assert!(measured.interrupted);
    assert_eq!(measured.errors, 0);
}

#[test]
fn a_run_that_is_ended_before_its_window_opens_tells_nothing() {
    let (sender, first_message) = mpsc::channel();
    let (tell_prepared, prepared) = mpsc::channel();
    let server = Server::concurrent(move |stream| {
        let sender = sender.clone();
        echo_with(stream, move |_, before| {
            if before == 0 {
                // The test waits for one only.
                let _ = sender.send(());
            }
        })
    });
    let stop = Stop::default();
    let window = Told::new(move |_| {
        // It is waited for once.
        let _ = tell_prepared.send(());
    });
    let plan = Plan {
        warm_up: Duration::from_secs(600),
        ..short(&server, 2)
    };
    let measured = thread::scope(|scope| {
        let measuring = scope.spawn(|| measure(&plan, &window, &stop).unwrap());
        let patience = Duration::from_secs(10);
        first_message.recv_timeout(patience).unwrap();
        prepared.recv_timeout(patience).unwrap();
        stop.begin();
        measuring.join().unwrap()
    });
    assert_eq!(window.seen(), [("prepares", ())]);
    assert!(measured.interrupted);
    assert_eq!((measured.messages, measured.seconds), (0, 0.0));
}

#[test]
fn a_window_that_panics_ends_the_run() {
    let server = Server::concurrent(echo);
    let window = Told::new(|_| panic!("on purpose"));
    let plan = Plan {
        threads: 2,
        ..short(&server, 2)
    };
    let measuring = || measure(&plan, &window, &Stop::default());
    let result = catch_unwind(AssertUnwindSafe(measuring));
    assert!(result.is_err());
}

#[test]
fn clients_that_wait_for_the_end_of_another_are_starved() {
    let server = Server::iterative(echo);
    let measured = figures(&Plan {
        bound: Bound::Time(PATIENCE),
        ..short(&server, 3)
    });
    assert_eq!((measured.starved, measured.clients), (2, 3), "{measured:?}");
    // At the end each gets the answer that it is owed.
    assert_eq!(measured.errors, 0, "{measured:?}");
}

#[test]
fn short_sessions_are_counted_with_their_first_answers() {
    let server = Server::iterative(echo);
    let measured = figures(&Plan {
        messages_per_connection: Some(2),
        bound: Bound::Time(PATIENCE),
        ..short(&server, 3)
    });
    assert_eq!((measured.errors, measured.starved), (0, 0), "{measured:?}");
    assert!(measured.sessions > 3, "{measured:?}");
    let first_answers = measured.first_answer.unwrap().count;
    assert!(measured.messages.abs_diff(2 * first_answers) <= 3);
    assert!(measured.sessions.abs_diff(first_answers) <= 3);
}

#[test]
fn marked_messages_are_checked_and_timed_apart() {
    let stall = Duration::from_millis(3);
    let counts = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&counts);
    let server = Server::concurrent(move |stream| {
        echo_with(stream, |piece, _| {
            if piece.starts_with(STALL_MARK) {
                counting.fetch_add(1, Ordering::SeqCst);
                thread::sleep(stall);
            }
        })
    });
    let measured = figures(&Plan {
        rate: Some(1000.0),
        mark_every: Some(10),
        ..short(&server, 7)
    });
    assert_eq!(measured.errors, 0, "{measured:?}");
    let marked = measured.marked_latency.unwrap();
    let came = counts.load(Ordering::SeqCst);
    assert!(came > 0 && marked.count <= came + measured.unsent);
    // Of any hundred messages that follow each other it is ten, give or take one at each end.
    assert!((8..=12).contains(&marked.count), "{measured:?}");
    let others = measured.latency.unwrap().count;
    assert!((88..=92).contains(&others), "{measured:?}");
    assert!(marked.max >= stall.as_secs_f64() * 1e6, "{marked:?}");
}

#[test]
fn a_changed_byte_is_wrong_and_so_is_a_lost_one() {
    let flaws: [fn(&mut Vec<u8>, usize); 2] = [
        |piece, at| piece[at] ^= 1,
        |piece, at| {
            piece.remove(at);
        },
    ];
    for flaw in flaws {
        // The last byte of a message, so that the lost one shows by its absence.
        let server = Server::concurrent(flawed(63, flaw));
        let measured = figures(&Plan {
            stall_timeout: PATIENCE,
            ..short(&server, 1)
        });
        assert_eq!(kind(&measured), Some(FaultKind::Wrong), "{measured:?}");
    }
}

#[test]
fn a_server_that_does_not_answer_has_hung() {
    let server = Server::concurrent(mute);
    let measured = figures(&Plan {
        stall_timeout: SHORT,
        ..short(&server, 1)
    });
    assert_eq!(kind(&measured), Some(FaultKind::Hung), "{measured:?}");
    assert_eq!(measured.starved, 1);
}

#[test]
fn a_connection_that_is_dropped_is_told_from_an_answer_that_is_missing() {
    let server = Server::concurrent(|mut stream| stream.read_exact(&mut [0; 64]));
    let measured = figures(&short(&server, 1));
    assert_eq!(kind(&measured), Some(FaultKind::Dropped), "{measured:?}");
}

#[test]
fn the_worst_fault_is_kept() {
    let failed = |connection, fault| Failed { connection, fault };
    let worst = worst(vec![
        failed(1, Fault::ClosedIdle),
        failed(2, Fault::NotAccepted),
        failed(3, Fault::NotClosed),
    ]);
    assert_eq!(worst.unwrap().connection, 2);
}

#[test]
fn a_server_that_is_not_there_is_an_error_of_its_own() {
    let window = Told::new(|_| ());
    let plan = plan(2, Bound::Time(SHORT));
    let result = measure(&plan, &window, &Stop::default());
    assert!(
        matches!(result, Err(Error::Unreachable { .. })),
        "{result:?}"
    );
    assert!(window.seen().is_empty());
}

#[test]
fn a_client_that_never_comes_ends_the_run_though_others_are_served() {
    // A greeting is one message; the active clients have two on their way.
    let server = Server::concurrent(|mut stream| {
        let mut two_messages = [0; 128];
        stream.read_exact(&mut two_messages)?;
        stream.write_all(&two_messages)?;
        echo(stream)
    });
    let window = Told::new(|_| ());
    let plan = Plan {
        idle: 1,
        greet_idle: true,
        in_flight: 2,
        stall_timeout: SHORT,
        threads: 2,
        ..short(&server, 2)
    };
    let measured = measure(&plan, &window, &Stop::default()).unwrap();
    assert_eq!(kind(&measured), Some(FaultKind::Hung), "{measured:?}");
    assert!(window.seen().is_empty());
}
