//! The rules against a socket that is only a few numbers: whatever happens in whatever order,
//! no event is lost and none is reported twice without its re-arming call.

use proptest::prelude::*;

use super::*;
use crate::network_events::NetworkEvent;

/// Rules: EV17, EV24
#[test]
fn an_event_is_reported_once_until_its_call_is_made() {
    let mut rearm = Rearm::new(NetworkEvents::ALL, false);
    assert_eq!(rearm.look(NetworkEvents::READ), NetworkEvents::READ);
    assert_eq!(rearm.look(NetworkEvents::READ), NetworkEvents::NONE);
    assert_eq!(rearm.called(Call::Receive, Outcome::Failed), Next::Look);
    assert_eq!(rearm.look(NetworkEvents::READ), NetworkEvents::READ);
}

/// Rules: EV19
#[test]
fn only_a_send_that_would_block_arms_write() {
    let mut rearm = Rearm::new(NetworkEvents::WRITE, false);
    rearm.look(NetworkEvents::WRITE);
    assert_eq!(rearm.called(Call::Send, Outcome::Done), Next::Rest);
    assert_eq!(rearm.called(Call::Send, Outcome::Failed), Next::Rest);
    assert_eq!(rearm.look(NetworkEvents::WRITE), NetworkEvents::NONE);
    assert_eq!(rearm.called(Call::Send, Outcome::WouldBlock), Next::Look);
    assert_eq!(rearm.look(NetworkEvents::WRITE), NetworkEvents::WRITE);
}

/// Rules: EV12, EV20
#[test]
fn a_connection_that_was_there_before_the_selection_is_no_connect() {
    let mut rearm = Rearm::new(NetworkEvents::ALL, false);
    let holding = NetworkEvents::CONNECT | NetworkEvents::WRITE;
    assert_eq!(rearm.look(holding), NetworkEvents::WRITE);
    let mut rearm = Rearm::new(NetworkEvents::ALL, true);
    assert_eq!(rearm.look(holding), holding);
}

/// Rules: EV22
#[test]
fn an_accept_that_fails_is_answered_later() {
    let mut rearm = Rearm::new(NetworkEvents::ACCEPT, false);
    rearm.look(NetworkEvents::ACCEPT);
    assert_eq!(rearm.called(Call::Accept, Outcome::Failed), Next::Later);
    assert_eq!(rearm.look(NetworkEvents::ACCEPT), NetworkEvents::NONE);
    rearm.rested();
    assert_eq!(rearm.look(NetworkEvents::ACCEPT), NetworkEvents::ACCEPT);
}

/// Rules: EV13, AS6
#[test]
fn selecting_again_repeats_nothing_and_starting_again_everything_that_holds() {
    let mut rearm = Rearm::new(NetworkEvents::READ, false);
    let holding = NetworkEvents::READ | NetworkEvents::WRITE;
    rearm.look(holding);
    rearm.select_again(NetworkEvents::ALL, NetworkEvents::NONE);
    assert_eq!(rearm.look(holding), NetworkEvents::WRITE);
    rearm.start_again(NetworkEvents::ALL, NetworkEvents::NONE);
    assert_eq!(rearm.look(holding), holding);
}

/// What may happen, in any order.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The peer or the network changes the socket, and an edge is under way.
    Change(NetworkEvent),
    /// The kernel's part of a call; what the rules are told of it comes with a later step, as
    /// a thread may be held up in between.
    Call(Call),
    /// An accept that finds no descriptor left.
    AcceptFailed,
    /// The rules are told of the earliest call that they don't know of.
    Told,
    /// The edges that are under way arrive.
    Edge,
    /// The while is over after which to look again.
    Rested,
    /// The program selects as `event_select` does.
    SelectAgain(NetworkEvents),
    /// The program selects as `async_select` does.
    StartAgain(NetworkEvents),
}

fn events() -> impl Strategy<Value = NetworkEvents> {
    prop::collection::vec(prop::sample::select(&NetworkEvent::ORDER[..]), 0..6)
        .prop_map(|events| events.into_iter().collect())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let calls = [
        Call::Accept,
        Call::Connect,
        Call::Receive,
        Call::ReceiveOutOfBand,
        Call::Send,
    ];
    let step = prop_oneof![
        6 => prop::sample::select(&NetworkEvent::ORDER[..]).prop_map(Step::Change),
        6 => prop::sample::select(calls.to_vec()).prop_map(Step::Call),
        1 => Just(Step::AcceptFailed),
        6 => Just(Step::Told),
        4 => Just(Step::Edge),
        2 => Just(Step::Rested),
        1 => events().prop_map(Step::SelectAgain),
        1 => events().prop_map(Step::StartAgain),
    ];
    prop::collection::vec(step, 0..60)
}

/// The socket, the program's books and the rules.
struct World {
    rearm: Rearm,
    holding: NetworkEvents,
    /// What may be reported by the contract: not reported yet, or answered since.
    owed: NetworkEvents,
    edge_under_way: bool,
    untold: Vec<(Call, Outcome)>,
    resting: bool,
}

impl World {
    fn new(selected: NetworkEvents) -> Self {
        Self {
            rearm: Rearm::new(selected, false),
            holding: NetworkEvents::NONE,
            owed: NetworkEvents::ALL.without(NetworkEvents::CONNECT),
            edge_under_way: false,
            untold: Vec::new(),
            resting: false,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Change(event) => {
                self.holding |= event.into();
                self.edge_under_way = true;
            }
            Step::Call(call) => self.call(call),
            Step::AcceptFailed => self.untold.push((Call::Accept, Outcome::Failed)),
            Step::Told => self.told(),
            Step::Edge => {
                if std::mem::take(&mut self.edge_under_way) {
                    self.look();
                }
            }
            Step::Rested => {
                self.rested();
                self.rearm.rested();
                self.look();
            }
            Step::SelectAgain(selected) => {
                self.rested();
                self.rearm.select_again(selected, NetworkEvents::NONE);
                self.look();
            }
            Step::StartAgain(selected) => {
                self.rested();
                self.owed |= NetworkEvents::ALL.without(NetworkEvents::CONNECT);
                self.rearm.start_again(selected, NetworkEvents::NONE);
                self.look();
            }
        }
    }

    /// A rest ends with its time or a new selection; a timer that comes later says nothing.
    fn rested(&mut self) {
        if std::mem::take(&mut self.resting) {
            self.owed |= NetworkEvents::ACCEPT;
        }
    }

    /// What the kernel does in a call: it takes one piece of what there is.
    fn call(&mut self, call: Call) {
        let takes = match call {
            Call::Accept => NetworkEvents::ACCEPT,
            Call::Receive => NetworkEvents::READ,
            Call::ReceiveOutOfBand => NetworkEvents::OUT_OF_BAND,
            Call::Send => NetworkEvents::WRITE,
            Call::Connect => NetworkEvents::NONE,
        };
        let outcome = if self.holding.contains(takes) && call != Call::Connect {
            Outcome::Done
        } else {
            Outcome::WouldBlock
        };
        self.holding = self.holding.without(takes);
        if call == Call::Connect {
            self.holding = NetworkEvents::NONE;
        }
        self.untold.push((call, outcome));
    }

    fn told(&mut self) {
        if self.untold.is_empty() {
            return;
        }
        let (call, outcome) = self.untold.remove(0);
        if call == Call::Accept {
            self.resting = outcome == Outcome::Failed;
        }
        self.owed |= match (call, outcome) {
            (Call::Accept, Outcome::Failed) => NetworkEvents::NONE,
            (Call::Accept, _) => NetworkEvents::ACCEPT,
            (Call::Receive, _) => NetworkEvents::READ,
            (Call::ReceiveOutOfBand, _) => NetworkEvents::OUT_OF_BAND,
            (Call::Send, Outcome::WouldBlock) => NetworkEvents::WRITE,
            (Call::Send, _) => NetworkEvents::NONE,
            (Call::Connect, _) => NetworkEvents::ALL.without(NetworkEvents::ACCEPT),
        };
        match self.rearm.called(call, outcome) {
            Next::Rest => {}
            Next::Look => self.look(),
            Next::Later => {}
        }
    }

    fn look(&mut self) {
        let reported = self.rearm.look(self.holding);
        assert!(self.holding.contains(reported), "what does not hold");
        assert!(self.rearm.selected().contains(reported), "not selected");
        assert!(self.owed.contains(reported), "twice without its call");
        self.owed = self.owed.without(reported);
    }

    /// Lets everything arrive that is under way.
    fn settle(&mut self) {
        while !self.untold.is_empty() {
            self.step(Step::Told);
        }
        self.step(Step::Edge);
        self.step(Step::Rested);
    }
}

proptest! {
    /// Rules: EV16, EV17, EV18, EV19, EV20, EV22, EV24, EV26, AS9
    #[test]
    fn no_event_is_lost_and_none_comes_twice_without_its_call(
        selected in events(),
        steps in steps(),
    ) {
        let mut world = World::new(selected);
        for step in steps {
            world.step(step);
        }
        world.settle();
        let lost = world.holding & world.owed & world.rearm.selected();
        prop_assert!(lost.is_empty(), "lost: {lost:?}");
    }
}
