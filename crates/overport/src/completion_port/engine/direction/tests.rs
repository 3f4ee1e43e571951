//! Random histories of one direction, with a peer that sends and marks bytes as urgent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::super::edge::Edges;
use super::super::{Engine, Source};
use super::*;
use crate::completion_port::Backend;
use crate::completion_port::timers::Timers;
use crate::sys::poll::Readiness;

type TestEngine = Engine<(), Vec<u8>, ()>;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A receive into so many bytes, with a deadline after so many milliseconds or none, that
    /// is tried at once or not.
    Submit(usize, Option<u64>, bool),
    /// So many bytes come from the peer, behind a mark or not.
    Arrive(usize, bool),
    /// The edge of what has come reaches the direction.
    Edge,
    /// A thread has claimed the socket.
    Perform,
    /// The operation that has waited so many places is cancelled.
    Cancel(usize),
    /// Time passes, in milliseconds.
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..5_usize, prop::option::of(0..20_u64), any::<bool>())
            .prop_map(|(room, deadline, now)| Step::Submit(room, deadline, now)),
        3 => (1..8_usize, any::<bool>()).prop_map(|(count, mark)| Step::Arrive(count, mark)),
        3 => Just(Step::Edge),
        4 => Just(Step::Perform),
        1 => (0..5_usize).prop_map(Step::Cancel),
        1 => (0..10_u64).prop_map(Step::Pass),
    ]
}

struct World {
    direction: Direction<(), Vec<u8>, ()>,
    reset: Reset,
    source: Arc<Source<(), Vec<u8>, ()>>,
    edges: Edges,
    /// What waits in the socket; no receive goes over the border of two parts.
    parts: VecDeque<usize>,
    edge_is_due: bool,
    start: Instant,
    now: Instant,
    submitted: u64,
    /// The ids of those that ended, by what they received.
    received: Vec<u64>,
    others: Vec<u64>,
    arrived: usize,
    taken: usize,
    timers: Timers<()>,
}

impl World {
    fn new() -> Self {
        let engine =
            Arc::new(TestEngine::new(1, Backend::Epoll, false).expect("descriptors are left"));
        let (one, _other) =
            socket2::Socket::pair(socket2::Domain::UNIX, socket2::Type::STREAM, None)
                .expect("descriptors are left");
        let now = Instant::now();
        Self {
            direction: Direction::new(false),
            reset: Reset::default(),
            source: engine.associate(one.into(), ()).expect("it is open"),
            edges: Edges::default(),
            parts: VecDeque::new(),
            edge_is_due: false,
            start: now,
            now,
            submitted: 0,
            received: Vec::new(),
            others: Vec::new(),
            arrived: 0,
            taken: 0,
            timers: Timers::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Submit(room, deadline, now) => self.submit(room, deadline, now),
            Step::Arrive(count, mark) => {
                match self.parts.back_mut() {
                    Some(last) if !mark => *last += count,
                    _ => self.parts.push_back(count),
                }
                self.arrived += count;
                self.edge_is_due = true;
            }
            Step::Edge => self.edge(),
            Step::Perform => self.perform(),
            Step::Cancel(place) => {
                let mut operations = self.direction.iter();
                let id = operations.nth(place).map(|operation| operation.id);
                drop(operations);
                if let Some(id) = id {
                    assert!(self.direction.take(id).is_some());
                    assert!(self.direction.take(id).is_none());
                    self.others.push(id.0);
                }
            }
            Step::Pass(ms) => self.now += Duration::from_millis(ms),
        }
    }

    fn submit(&mut self, room: usize, deadline: Option<u64>, now: bool) {
        let id = self.submitted;
        let operation = Operation {
            id: OperationId(id),
            request: Request::Receive {
                buffer: Vec::with_capacity(room),
                received: 0,
            },
            source: Arc::clone(&self.source),
            deadline: deadline.map(|ms| (self.now + Duration::from_millis(ms)).into()),
        };
        self.submitted += 1;
        self.direction.note(self.edges.take_reading());
        if now {
            let attempt = |operation: &mut _| attempt(&mut self.parts, &mut self.taken, operation);
            if self
                .direction
                .begin(operation, &self.reset, attempt)
                .is_some()
            {
                self.received.push(id);
            }
        } else {
            self.direction.push(operation);
        }
        self.set_timer();
    }

    fn set_timer(&mut self) {
        if let Some(at) = self.direction.timer_to_set(self.now) {
            self.timers.set(at, ());
        }
    }

    fn edge(&mut self) {
        if std::mem::take(&mut self.edge_is_due) {
            self.edges.note(Readiness {
                readable: !self.parts.is_empty(),
                priority: self.parts.len() > 1,
                ..Readiness::default()
            });
        }
    }

    /// As the thread does that has claimed the socket.
    fn perform(&mut self) {
        self.direction.note(self.edges.take_reading());
        let front = self.direction.front().map(|operation| operation.id.0);
        let attempt = |operation: &mut _| attempt(&mut self.parts, &mut self.taken, operation);
        let step = self.direction.step(&self.reset, attempt);
        if step.is_some() {
            self.received.extend(front);
            return;
        }
        if let Some(expired) = self.direction.take_expired(self.now) {
            assert!(
                expired
                    .deadline
                    .is_some_and(|deadline| deadline <= self.now.into())
            );
            self.others.push(expired.id.0);
            return;
        }
        if self.direction.has_timer() {
            self.set_timer();
        }
    }
}

/// Receives up to the border of a part.
fn attempt(
    parts: &mut VecDeque<usize>,
    taken: &mut usize,
    operation: &mut Operation<(), Vec<u8>, ()>,
) -> Attempt {
    let Request::Receive { buffer, received } = &mut operation.request else {
        unreachable!("only receives are submitted");
    };
    let Some(part) = parts.front_mut() else {
        return Attempt::Pending;
    };
    let room = buffer.capacity();
    *received = room.min(*part);
    *taken += *received;
    *part -= *received;
    if *part == 0 {
        parts.pop_front();
    }
    if *received < room {
        Attempt::DoneShort
    } else {
        Attempt::Done(Ok(()))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn operations_end_once_and_in_order_and_none_is_forgotten(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut world = World::new();
        for &step in &steps {
            world.take(step);
        }
        // The last edge comes, and the socket is claimed for as long as there is a reason.
        world.edge();
        world.perform();
        for performed in 0.. {
            let can_step = world.direction.can_step();
            if !can_step && !world.direction.can_expire(|| world.now) {
                break;
            }
            prop_assert!(performed < 200, "there is always a reason");
            world.perform();
        }
        let left: Vec<_> = world.direction.iter().map(|operation| operation.id.0).collect();
        prop_assert!(left.is_empty() || world.parts.is_empty(), "{:?} wait for data", left);
        prop_assert!(world.received.is_sorted(), "{:?}", world.received);
        let mut all = [&world.received[..], &world.others, &left].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..world.submitted).collect::<Vec<_>>());
        prop_assert_eq!(world.arrived, world.taken + world.parts.iter().sum::<usize>());
        // Whoever has a deadline has a timer that is not later.
        let earliest = world.direction.iter().filter_map(|operation| operation.deadline).min();
        let earliest = earliest.map(Instant::from);
        if let Some(earliest) = earliest {
            prop_assert!(earliest > world.now && world.now >= world.start);
            while world.timers.take_due(world.now).is_some() {}
            prop_assert!(world.timers.next().is_some_and(|next| next <= earliest));
        }
    }
}

#[test]
fn the_reset_of_an_earlier_connection_is_not_one_of_the_next() {
    let end = Request::Receive {
        buffer: Vec::<u8>::new(),
        received: 0,
    };
    let connect = Request::<Vec<u8>>::Connect {
        peer: ([127, 0, 0, 1], 1).into(),
        begun: true,
    };
    let was_reset = || Err(from_errno(Errno::CONNRESET));
    let reset = Reset::default();
    assert!(reset.apply(&end, was_reset()).is_err());
    assert!(reset.apply(&end, Ok(())).is_err());
    assert!(reset.apply(&connect, was_reset()).is_err());
    assert!(reset.apply(&connect, Ok(())).is_ok());
    assert!(reset.apply(&end, Ok(())).is_ok());
}
