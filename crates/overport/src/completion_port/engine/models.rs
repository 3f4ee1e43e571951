//! Models of the queue, its threads and the edges, whose interleavings loom tries.
//!
//! `ci/loom` runs them. LOOM_MAX_PREEMPTIONS, if set, goes before the bound that each has.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::edge::Edges;
use super::gate::{Gate, Poller};
use crate::sys::poll::Readiness;

/// A kernel that brings numbers instead of events.
#[derive(Default)]
struct Kernel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    woken: bool,
    events: VecDeque<u32>,
}

impl Kernel {
    /// Something happens that nobody pushes.
    fn bring(&self, event: u32) {
        self.state.lock().unwrap().events.push_back(event);
        self.changed.notify_one();
    }
}

impl Poller for Kernel {
    type Entry = u32;

    fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        // loom knows no time: a wait with a deadline ends when others have run.
        if deadline.is_some() {
            thread::yield_now();
            return Ok(());
        }
        let mut state = self.state.lock().unwrap();
        while !state.woken && state.events.is_empty() {
            state = self.changed.wait(state).unwrap();
        }
        Ok(())
    }

    fn collect(&self, queue: &mut VecDeque<u32>) {
        let mut state = self.state.lock().unwrap();
        state.woken = false;
        queue.append(&mut state.events);
    }

    fn wake(&self) {
        self.state.lock().unwrap().woken = true;
        self.changed.notify_one();
    }

    fn push_on(&self) {}
}

/// A flag to wait for.
#[derive(Default)]
struct Flag {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    fn set(&self) {
        *self.set.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let mut set = self.set.lock().unwrap();
        while !*set {
            set = self.changed.wait(set).unwrap();
        }
    }
}

fn gate(concurrency: usize) -> Arc<Gate<Kernel>> {
    Arc::new(Gate::new(concurrency, Kernel::default()))
}

/// A thread that takes one entry and leaves.
fn taker(gate: &Arc<Gate<Kernel>>) -> thread::JoinHandle<Option<u32>> {
    let gate = Arc::clone(gate);
    thread::spawn(move || {
        let seat = gate.join();
        let entry = gate.next(seat, None).unwrap();
        gate.leave(seat);
        entry
    })
}

/// Tries the interleavings with a few preemptions; that is where the known errors are, and
/// all of them would take hours.
fn model(preemptions: usize, code: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(code);
}

fn assert_each_once(taken: impl IntoIterator<Item = Option<u32>>, expected: &[Option<u32>]) {
    let mut taken: Vec<_> = taken.into_iter().collect();
    taken.sort_unstable();
    assert_eq!(taken, expected);
}

#[test]
fn loom_what_is_pushed_reaches_two_threads_that_wait() {
    for concurrency in [1, 2] {
        model(3, move || {
            let gate = gate(concurrency);
            let takers = [taker(&gate), taker(&gate)];
            gate.push(1, None);
            gate.push(2, None);
            let taken = takers.map(|taker| taker.join().unwrap());
            assert_each_once(taken, &[Some(1), Some(2)]);
        });
    }
}

#[test]
fn loom_what_the_kernel_brings_reaches_two_threads_that_wait() {
    for concurrency in [1, 2] {
        model(3, move || {
            let gate = gate(concurrency);
            let takers = [taker(&gate), taker(&gate)];
            gate.poller().bring(1);
            gate.poller().bring(2);
            let taken = takers.map(|taker| taker.join().unwrap());
            assert_each_once(taken, &[Some(1), Some(2)]);
        });
    }
}

#[test]
fn loom_the_task_of_polling_goes_from_hand_to_hand() {
    model(2, || {
        let gate = gate(2);
        let takers = [taker(&gate), taker(&gate), taker(&gate)];
        gate.poller().bring(1);
        gate.push(2, None);
        gate.poller().bring(3);
        let taken = takers.map(|taker| taker.join().unwrap());
        assert_each_once(taken, &[Some(1), Some(2), Some(3)]);
    });
}

#[test]
fn loom_a_close_ends_all_waits() {
    model(3, || {
        let gate = gate(1);
        let takers = [taker(&gate), taker(&gate)];
        gate.push(1, None);
        let left = gate.close();
        let taken = takers.map(|taker| taker.join().unwrap());
        let all = taken.into_iter().flatten().chain(left).count();
        assert_eq!(all, 1);
        assert_eq!(gate.push(2, None), Some(2));
    });
}

#[test]
fn loom_a_wait_that_ends_by_its_deadline_takes_nothing_with_it() {
    model(3, || {
        let gate = gate(1);
        let patient = taker(&gate);
        let hasty = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                let seat = gate.join();
                let entry = gate.next(seat, Some(Instant::now())).unwrap();
                gate.leave(seat);
                entry
            })
        };
        gate.push(1, None);
        let hasty = hasty.join().unwrap();
        if hasty.is_some() {
            gate.push(2, None);
        }
        let taken = [hasty, patient.join().unwrap()];
        assert!(taken.contains(&Some(1)), "{taken:?}");
    });
}

/// Two threads, of which the one with packet 1 waits for the other to handle packet 2, which
/// it pushes itself.
fn one_waits_for_the_other(concurrency: usize, told: bool) {
    let gate = gate(concurrency);
    let handled = Arc::new(Flag::default());
    let handlers = [(); 2].map(|()| {
        let (gate, handled) = (Arc::clone(&gate), Arc::clone(&handled));
        thread::spawn(move || {
            let seat = gate.join();
            let entry = gate.next(seat, None).unwrap();
            if entry == Some(1) {
                if told {
                    assert!(gate.block(seat));
                }
                gate.push(2, Some(seat));
                handled.wait();
                if told {
                    gate.unblock(seat);
                }
            } else {
                handled.set();
            }
            gate.leave(seat);
            entry
        })
    });
    gate.push(1, None);
    let taken = handlers.map(|handler| handler.join().unwrap());
    assert_each_once(taken, &[Some(1), Some(2)]);
}

#[test]
fn loom_what_a_thread_that_blocks_waits_for_is_handled() {
    model(3, || one_waits_for_the_other(1, true));
}

#[test]
fn loom_what_a_thread_waits_for_without_a_word_is_handled() {
    model(3, || one_waits_for_the_other(1, false));
    model(3, || one_waits_for_the_other(2, false));
}

#[test]
fn loom_a_thread_that_resumed_is_looked_after() {
    model(3, || {
        let gate = gate(1);
        let handled = Arc::new(Flag::default());
        let seat = gate.join();
        gate.push(1, None);
        assert_eq!(gate.next(seat, None).unwrap(), Some(1));
        let other = {
            let (gate, handled) = (Arc::clone(&gate), Arc::clone(&handled));
            thread::spawn(move || {
                let seat = gate.join();
                assert_eq!(gate.next(seat, None).unwrap(), Some(2));
                handled.set();
                gate.leave(seat);
            })
        };
        assert!(gate.block(seat));
        gate.unblock(seat);
        gate.push(2, Some(seat));
        handled.wait();
        gate.leave(seat);
        other.join().unwrap();
    });
}

#[test]
fn loom_packets_that_a_leaving_thread_leaves_behind_are_handled() {
    model(3, || {
        let gate = gate(1);
        gate.push(1, None);
        let takers = [taker(&gate), taker(&gate)];
        gate.push(2, None);
        let taken = takers.map(|taker| taker.join().unwrap());
        assert_each_once(taken, &[Some(1), Some(2)]);
    });
}

/// What the thread that polls does with an edge, and the queue of one socket.
fn note(edges: &Edges, queued: &Mutex<usize>, readiness: Readiness) {
    edges.note(readiness);
    if edges.enqueue() {
        *queued.lock().unwrap() += 1;
    }
}

/// What a thread does that claims the socket; whether it found an edge to read or to write.
fn perform(edges: &Edges, queued: &Mutex<usize>) -> Option<(bool, bool)> {
    {
        let mut queued = queued.lock().unwrap();
        *queued = queued.checked_sub(1)?;
    }
    edges.dequeue();
    let writing = edges.take_writing().is_ready();
    Some((edges.take_reading().is_ready(), writing))
}

#[test]
fn loom_no_edge_is_lost_between_the_thread_that_polls_and_those_that_act() {
    model(3, || {
        let shared = Arc::new((Edges::default(), Mutex::new(0)));
        let actors = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || perform(&shared.0, &shared.1).unwrap_or_default())
        });
        let readable = Readiness {
            readable: true,
            ..Readiness::default()
        };
        let writable = Readiness {
            writable: true,
            ..Readiness::default()
        };
        note(&shared.0, &shared.1, readable);
        note(&shared.0, &shared.1, writable);
        let mut seen: Vec<_> = actors.map(|actor| actor.join().unwrap()).into();
        while let Some(last) = perform(&shared.0, &shared.1) {
            seen.push(last);
        }
        assert!(seen.iter().any(|&(readable, _)| readable), "{seen:?}");
        assert!(seen.iter().any(|&(_, writable)| writable), "{seen:?}");
    });
}
