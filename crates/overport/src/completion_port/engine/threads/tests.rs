//! Random histories of threads at a gate that takes no lock and never waits: every critical
//! section of [`Gate`](super::super::gate::Gate) is one step here, and wake-ups are notes.

use std::thread;

use proptest::prelude::*;

use super::*;

const THREADS: usize = 4;

/// What one of the threads does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// Nothing at the port; it may have a seat.
    Rests,
    /// It waits, in the role it was given.
    Waits(Role),
    Runs,
    /// It blocks, and has said so.
    Blocks,
    /// It blocks without a word.
    Hangs,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A thread asks for a packet, or runs on with what it was woken for.
    Ask(usize),
    /// A wait ends, for whatever reason.
    Stir(usize),
    /// The deadline of a wait passes.
    Expire(usize),
    Leave(usize),
    Block(usize),
    Hang(usize),
    Resume(usize),
    /// A thread posts; one beyond the last stands for a thread without a seat.
    Push(usize),
    /// The kernel has an event.
    Event,
}

fn step() -> impl Strategy<Value = Step> {
    let thread = || 0..THREADS;
    prop_oneof![
        4 => thread().prop_map(Step::Ask),
        4 => thread().prop_map(Step::Stir),
        1 => thread().prop_map(Step::Expire),
        1 => thread().prop_map(Step::Leave),
        1 => thread().prop_map(Step::Block),
        1 => thread().prop_map(Step::Hang),
        2 => thread().prop_map(Step::Resume),
        3 => (0..=THREADS).prop_map(Step::Push),
        2 => Just(Step::Event),
    ]
}

/// The gate without its lock.
struct World {
    threads: Threads,
    concurrency: usize,
    handles: Vec<Thread>,
    seats: [Option<usize>; THREADS],
    does: [Does; THREADS],
    woken: [bool; THREADS],
    poller_woken: bool,
    queue: usize,
    events: usize,
    /// How many threads run beyond the value because they resumed.
    resumed: usize,
}

impl World {
    fn new(concurrency: usize) -> Self {
        let handles = (0..THREADS).map(|_| thread::spawn(|| {}).thread().clone());
        Self {
            threads: Threads::new(concurrency),
            concurrency,
            handles: handles.collect(),
            seats: [None; THREADS],
            does: [Does::Rests; THREADS],
            woken: [false; THREADS],
            poller_woken: false,
            queue: 0,
            events: 0,
            resumed: 0,
        }
    }

    fn deliver(&mut self, wake: &Wake) {
        match wake {
            Wake::Nobody => {}
            Wake::Poller => self.poller_woken = true,
            Wake::Parked(thread) => {
                let woken = self
                    .handles
                    .iter()
                    .position(|handle| handle.id() == thread.id());
                self.woken[woken.expect("all handles are known")] = true;
            }
        }
    }

    fn hand_on(&mut self) {
        if self.threads.is_waiting() {
            let released = self.threads.release(self.queue);
            let settled = self.threads.settle();
            self.deliver(&released);
            self.deliver(&settled);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask(thread) => self.ask(thread),
            Step::Stir(thread) => self.stir(thread),
            Step::Expire(thread) => self.expire(thread),
            Step::Leave(thread) => self.leave(thread),
            Step::Block(thread) => self.block(thread),
            Step::Hang(thread) => {
                if self.does[thread] == Does::Runs {
                    self.does[thread] = Does::Hangs;
                }
            }
            Step::Resume(thread) => self.resume(thread),
            Step::Push(thread) => self.push(thread),
            Step::Event => self.events += 1,
        }
    }

    fn ask(&mut self, thread: usize) {
        if !matches!(self.does[thread], Does::Rests | Does::Runs) {
            return;
        }
        let id = ThreadId::current();
        let handle = self.handles[thread].clone();
        let threads = &mut self.threads;
        let seat = *self.seats[thread].get_or_insert_with(|| threads.join(handle, id));
        self.threads.stop(seat);
        self.go_on(thread, seat);
    }

    /// The loop of a thread that asked.
    fn go_on(&mut self, thread: usize, seat: usize) {
        if !self.threads.is_waiting_at(seat) {
            if self.queue > 0 && self.threads.may_run() {
                self.queue -= 1;
                self.threads.stop(seat);
                self.threads.run(seat);
                self.does[thread] = Does::Runs;
                self.hand_on();
                return;
            }
            self.threads.stop(seat);
        }
        self.threads.wait(seat);
        let role = self.threads.role(seat);
        assert_ne!(role, Role::Claim, "it waits");
        let wake = self.threads.settle();
        if role == Role::Poll {
            self.threads.begin_poll();
        }
        self.deliver(&wake);
        self.does[thread] = Does::Waits(role);
    }

    fn stir(&mut self, thread: usize) {
        let (Does::Waits(role), Some(seat)) = (self.does[thread], self.seats[thread]) else {
            return;
        };
        self.woken[thread] = false;
        match role {
            Role::Poll => self.end_poll(seat),
            Role::Watch => self.watch(seat),
            Role::Claim | Role::Park => {}
        }
        self.go_on(thread, seat);
    }

    fn end_poll(&mut self, seat: usize) {
        let mine = self.threads.polled(seat);
        self.poller_woken = false;
        self.queue += std::mem::take(&mut self.events);
        if mine {
            if self.queue == 0 {
                self.look();
            }
            self.threads.take_turn(seat, self.queue);
        } else {
            let wake = self.threads.release(self.queue);
            self.deliver(&wake);
        }
    }

    fn watch(&mut self, seat: usize) {
        if !self.threads.is_waiting_at(seat) {
            return;
        }
        if self.threads.is_polling() || !self.threads.is_busy() {
            self.threads.unwatch(seat);
            return;
        }
        if !self.threads.may_run() {
            self.look();
        }
        if self.threads.may_run() {
            let wake = self.threads.succeed(self.queue);
            self.deliver(&wake);
        }
    }

    /// Finds those that hang, though only on the second look at the same packet.
    fn look(&mut self) {
        for suspect in self.threads.suspects() {
            let hangs = (0..THREADS).any(|thread| {
                self.does[thread] == Does::Hangs && self.seats[thread] == Some(suspect.seat)
            });
            if hangs {
                self.threads.found_blocked(&suspect);
            }
        }
    }

    fn expire(&mut self, thread: usize) {
        let (Does::Waits(role), Some(seat)) = (self.does[thread], self.seats[thread]) else {
            return;
        };
        if role == Role::Poll {
            self.end_poll(seat);
        }
        // A thread that was released takes its packet first, if it is there.
        if !self.threads.is_waiting_at(seat) && self.queue > 0 && self.threads.may_run() {
            self.go_on(thread, seat);
            return;
        }
        self.threads.stop(seat);
        self.does[thread] = Does::Rests;
        self.hand_on();
    }

    fn leave(&mut self, thread: usize) {
        if matches!(self.does[thread], Does::Rests | Does::Runs) {
            if let Some(seat) = self.seats[thread].take() {
                self.threads.leave(seat);
                self.does[thread] = Does::Rests;
                self.hand_on();
            }
        }
    }

    fn block(&mut self, thread: usize) {
        let (Does::Runs, Some(seat)) = (self.does[thread], self.seats[thread]) else {
            return;
        };
        if self.threads.block(seat) {
            self.does[thread] = Does::Blocks;
            let wake = self.threads.succeed(self.queue);
            self.deliver(&wake);
        }
    }

    fn resume(&mut self, thread: usize) {
        match (self.does[thread], self.seats[thread]) {
            (Does::Blocks, Some(seat)) => {
                let wake = self.threads.unblock(seat, ThreadId::current());
                self.deliver(&wake);
                self.does[thread] = Does::Runs;
                let beyond = self.threads.running.saturating_sub(self.concurrency);
                self.resumed = self.resumed.max(beyond);
            }
            (Does::Hangs, Some(_)) => self.does[thread] = Does::Runs,
            _ => {}
        }
    }

    fn push(&mut self, thread: usize) {
        let seat = self.seats.get(thread).copied().flatten();
        if thread < THREADS && !matches!(self.does[thread], Does::Runs | Does::Blocks) {
            return;
        }
        self.queue += 1;
        let runs = seat.is_some_and(|seat| self.threads.is_running(seat));
        let wake = self.threads.release(self.queue - usize::from(runs));
        self.deliver(&wake);
    }

    /// What must hold after each step.
    fn check(&mut self) {
        let places = |place| {
            let seats = self.threads.seats.iter();
            seats.filter(|(_, seat)| seat.place == place).count()
        };
        assert_eq!(self.threads.running, places(Place::Running));
        assert_eq!(self.threads.released, places(Place::Released));
        assert_eq!(self.threads.waiting.len(), places(Place::Waiting));
        assert!(self.threads.running <= self.concurrency + self.resumed);
        if self.threads.running <= self.concurrency {
            self.resumed = 0;
        }
        assert!(self.threads.running + self.threads.released <= self.concurrency + THREADS);
    }

    /// Lets those go on that have a reason: a wake-up, an event for the one that polls, and
    /// the clock for those that look after others. Nobody else does anything.
    fn come_to_rest(&mut self) {
        for _ in 0..1000 {
            let mut still = true;
            for thread in 0..THREADS {
                if self.stirs(thread) {
                    still = false;
                    self.stir(thread);
                    self.check();
                }
            }
            if still && !self.tick() {
                return;
            }
        }
        panic!("the threads do not come to rest");
    }

    /// Whether the wait of the thread ends by itself.
    fn stirs(&self, thread: usize) -> bool {
        match self.does[thread] {
            Does::Waits(Role::Poll) if self.poller_woken || self.events > 0 => true,
            Does::Waits(_) => self.woken[thread],
            _ => false,
        }
    }

    /// The clock; whether it changed anything.
    fn tick(&mut self) -> bool {
        let before = (self.queue, self.does, self.threads.running);
        for _ in 0..3 {
            for thread in 0..THREADS {
                let ticks = match self.does[thread] {
                    Does::Waits(Role::Watch) => true,
                    Does::Waits(Role::Poll) => !self.threads.polls_on,
                    _ => false,
                };
                if ticks {
                    self.stir(thread);
                    self.check();
                }
            }
        }
        let stirs = (0..THREADS).any(|thread| self.stirs(thread));
        stirs || before != (self.queue, self.does, self.threads.running)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_packet_and_no_event_is_forgotten_while_a_thread_waits_and_may_run(
        concurrency in 1..4_usize,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut world = World::new(concurrency);
        for &step in &steps {
            world.take(step);
            world.check();
        }
        world.come_to_rest();
        let waits = world.does.iter().any(|does| matches!(does, Does::Waits(_)));
        // Those that really run; the others are blocked, and have said so or must be found.
        let run = world.does.iter().filter(|&&does| does == Does::Runs).count();
        if waits && run < concurrency {
            prop_assert_eq!((world.queue, world.events), (0, 0), "{:?}", world.does);
            let polls = world.does.contains(&Does::Waits(Role::Poll));
            prop_assert!(polls, "nobody waits for events: {:?}", world.does);
        }
    }
}

#[test]
fn the_last_to_wait_is_released_first() {
    let mut threads = Threads::new(3);
    let id = ThreadId::current();
    let seats = [(); 3].map(|()| threads.join(thread::current(), id));
    for seat in seats {
        threads.wait(seat);
    }
    for packets in 1..4 {
        let _ = threads.release(packets);
        let latest = seats[3 - packets];
        assert!(!threads.is_waiting_at(latest));
        assert_eq!(threads.role(latest), Role::Claim);
    }
    assert!(matches!(threads.release(4), Wake::Nobody));
}

#[test]
fn the_thread_that_polls_is_not_quicker_than_one_that_was_released_before_it() {
    let mut threads = Threads::new(1);
    let id = ThreadId::current();
    let [first, last] = [(); 2].map(|()| threads.join(thread::current(), id));
    threads.wait(first);
    assert_eq!(threads.role(first), Role::Poll);
    threads.wait(last);
    let _ = threads.release(1);
    assert!(!threads.is_waiting_at(last));
    assert!(threads.polled(first), "it is the latest that waits now");
    threads.take_turn(first, 1);
    assert!(threads.is_waiting_at(first));
}
