//! The event loop of one thread.
//!
//! It stands on `mio`, which none of the models under test uses: what is measured and what
//! measures it have no line of code in common.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll, Token};

use super::client::{Client, Phase};
use super::error::Error;
use super::fault::Fault;
use super::pacing::Pacing;
use super::plan::Bound;
use super::tally::Tally;
use super::usage::Usage;
use super::work::{Run, Work};
use crate::sys::timer::Timer;

/// The token of the waker that ends the wait.
pub(super) const WAKE: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);

/// Events taken at once.
const EVENTS: usize = 1024;

/// Connects under way at once over all threads: a burst longer than the server's backlog
/// would lose handshakes, which come back a second later.
const MAX_CONNECTING: u64 = 128;

/// Messages of an open loop released between two looks at the events.
const MAX_RELEASED: usize = 4096;

/// The longest wait between two looks at whether the server has stalled.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// A thread's clients and what drives them.
pub(super) struct Worker<'run> {
    poll: Poll,
    timer: Timer,
    clients: Vec<Client>,
    /// Clients that wait for their turn to connect.
    resting: VecDeque<usize>,
    connecting: usize,
    max_connecting: usize,
    /// Active clients that are not gone.
    remaining: usize,
    deadline_ns: Option<u64>,
    usage: Option<Usage>,
    /// Something came from the server since the last look.
    served: bool,
    ending: Ending,
    work: Work<'run>,
}

/// How far a thread is whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    InFlight,
    AtRest,
    Closing,
}

impl<'run> Worker<'run> {
    /// The clients of `thread`.
    pub(super) fn new(poll: Poll, run: &'run Run<'run>, thread: u64) -> io::Result<Self> {
        let plan = run.plan;
        let timer = Timer::new(poll.registry(), TIMER, run.end.waker(thread))?;
        let active = (0..).zip(plan.part(thread, plan.connections));
        let mut clients: Vec<Client> = active
            .map(|(place, number)| {
                Client::active(number, place, plan.share(number), plan.in_flight)
            })
            .collect();
        let remaining = clients
            .iter()
            .filter(|client| client.phase() == Phase::Resting)
            .count();
        let first_held = clients.len();
        let held = plan.part(thread, plan.idle);
        clients.extend(held.map(|number| Client::held(number, plan.greet_idle)));
        // The idle connections come first: the active ones are measured beside them.
        let resting = (first_held..clients.len()).chain(0..remaining).collect();
        Ok(Self {
            poll,
            timer,
            clients,
            resting,
            connecting: 0,
            max_connecting: usize::try_from((MAX_CONNECTING / plan.threads).max(1))
                .unwrap_or(usize::MAX),
            remaining,
            deadline_ns: None,
            usage: None,
            served: false,
            ending: Ending::InFlight,
            work: Work::new(run, thread),
        })
    }

    /// Works until the active clients are gone and the window is closed, the run is ended from
    /// outside, or the server stalls. Fails if the server can't be reached at all.
    pub(super) fn work(mut self) -> Result<Tally, Error> {
        let result = self.work_on();
        let run = self.work.run;
        let early = result.is_err() || run.has_ended() || self.remaining > 0;
        if run.leave() || early {
            run.span.close(|| run.now_ns());
            run.conclude();
        }
        result?;
        self.end_time();
        for client in &mut self.clients {
            client.count_unsent(&mut self.work);
        }
        Ok(self.work.tally)
    }

    fn work_on(&mut self) -> Result<(), Error> {
        let mut events = Events::with_capacity(EVENTS);
        while self.has_work() && !self.work.run.has_ended() {
            self.connect_resting()?;
            self.work.run.prepare();
            self.begin_schedule();
            self.begin_measuring();
            self.release_due()?;
            self.wait(&mut events)?;
            for event in &events {
                self.on_event(event)?;
            }
            self.stop_at_deadline()?;
            self.conclude()?;
            if self.has_stalled() {
                self.give_up();
                break;
            }
        }
        Ok(())
    }

    /// Whether an active client is there, or a window that ends with its time.
    fn has_work(&self) -> bool {
        let run = self.work.run;
        let timed = run.span.is_measured() && matches!(run.plan.bound, Bound::Time(_));
        self.remaining > 0 || timed && run.span.keeps_open()
    }

    /// Connects as many clients as may connect at once.
    fn connect_resting(&mut self) -> Result<(), Error> {
        while self.connecting < self.max_connecting {
            let Some(index) = self.resting.pop_front() else {
                break;
            };
            self.connecting += 1;
            let client = &mut self.clients[index];
            let result = client.connect(self.poll.registry(), Token(index), &self.work);
            self.settle(index, Phase::Connecting, result)?;
        }
        Ok(())
    }

    /// An open loop begins when all connections are there and the window is prepared.
    fn begin_schedule(&mut self) {
        if let Pacing::Open(schedule) = &mut self.work.pacing {
            if !schedule.has_begun() && self.work.run.ready_ns().is_some() {
                let now_ns = self.work.run.now_ns();
                schedule.begin(now_ns);
                self.work.tally.begin_ns = Some(now_ns);
            }
        }
    }

    /// Gives messages of an open loop that are due to their clients: not all at once when the
    /// schedule is far ahead, so that events and the end are still seen. Whether it gave any.
    fn release_due(&mut self) -> Result<bool, Error> {
        let now_ns = self.work.run.now_ns();
        let until_ns = self.deadline_ns.map_or(now_ns, |end_ns| now_ns.min(end_ns));
        for given in 0..MAX_RELEASED {
            let due = match &mut self.work.pacing {
                Pacing::Closed => None,
                Pacing::Open(schedule) => schedule.take_due(until_ns),
            };
            let Some((place, due_ns)) = due else {
                return Ok(given > 0);
            };
            if self.work.run.span.counts(due_ns) {
                self.work.tally.lateness.record_ns(now_ns - due_ns);
            }
            // The active clients come first, in the order of the schedule.
            let index = place as usize;
            let before = self.clients[index].phase();
            let result = self.clients[index].add_due(&mut self.work);
            self.settle(index, before, result)?;
        }
        Ok(true)
    }

    /// Waits for events, for the next message that is due, or for the deadline.
    fn wait(&mut self, events: &mut Events) -> Result<(), Error> {
        let now_ns = self.work.run.now_ns();
        let mut timeout = self.work.run.plan.stall_timeout.min(MAX_WAIT);
        if !self.work.stopping {
            if let Pacing::Open(schedule) = &self.work.pacing {
                if let Some(due_ns) = schedule.next_due_ns() {
                    self.timer.set(due_ns, now_ns).map_err(Error::wait)?;
                }
            }
            if let Some(deadline_ns) = self.deadline_ns.or(self.work.run.opening_ns()) {
                let left_ns = deadline_ns.saturating_sub(now_ns);
                timeout = timeout.min(Duration::from_nanos(left_ns));
            }
        }
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(Error::wait(error)),
            _ => Ok(()),
        }
    }

    fn on_event(&mut self, event: &Event) -> Result<(), Error> {
        let index = event.token().0;
        let Some(client) = self.clients.get_mut(index) else {
            return Ok(());
        };
        let before = client.phase();
        let result = client.on_event(event, &mut self.work);
        self.served = true;
        self.settle(index, before, result)
    }

    /// Books what a step did to a client that was in the phase `before`.
    fn settle(
        &mut self,
        index: usize,
        before: Phase,
        result: Result<(), Fault>,
    ) -> Result<(), Error> {
        let client = &mut self.clients[index];
        if let Err(fault) = result {
            if let (Fault::Connect(text), false) = (&fault, self.work.run.has_established()) {
                return Err(Error::Unreachable {
                    target: self.work.run.plan.target,
                    text: text.clone(),
                });
            }
            self.work.tally.fail(client.connection(), fault);
            client.abandon();
        }
        let after = client.phase();
        if after == before {
            return Ok(());
        }
        if client.arrives() {
            self.work.run.arrive();
        }
        if before == Phase::Connecting {
            self.connecting -= 1;
        }
        match after {
            Phase::Resting => self.resting.push_back(index),
            Phase::Gone if !client.holds() => self.remaining -= 1,
            _ => {}
        }
        Ok(())
    }

    /// Opens the window when its time has come. The processor's time is measured, and the time
    /// of the run counts, from then on; without a window from the begin.
    fn begin_measuring(&mut self) {
        if self.work.stopping || self.usage.is_some() {
            return;
        }
        let run = self.work.run;
        if run.opening_ns().is_some_and(|at_ns| at_ns <= run.now_ns()) {
            run.span.open(|| run.now_ns());
        }
        let begin_ns = match run.span.is_measured() {
            true => run.span.opened_ns(),
            false => self.work.tally.begin_ns,
        };
        let Some(begin_ns) = begin_ns else {
            return;
        };
        self.usage = Some(Usage::now());
        if let Bound::Time(time) = run.plan.bound {
            let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            self.deadline_ns = Some(begin_ns.saturating_add(time_ns));
        }
    }

    fn stop_at_deadline(&mut self) -> Result<(), Error> {
        let now_ns = self.work.run.now_ns();
        if self.work.stopping || self.deadline_ns.is_none_or(|end_ns| now_ns < end_ns) {
            return Ok(());
        }
        let run = self.work.run;
        // A schedule may be far ahead, and the user may not want to wait for it.
        while !run.has_ended() && self.release_due()? {}
        run.span.close(|| run.now_ns());
        self.end_time();
        self.work.stopping = true;
        self.resting.clear();
        for index in 0..self.clients.len() {
            let before = self.clients[index].phase();
            let result = self.clients[index].stop(&mut self.work);
            self.settle(index, before, result)?;
        }
        Ok(())
    }

    /// When the time is over and nothing of this thread is in flight any more, it is at rest; when
    /// all threads are and the window is concluded, it closes its connections.
    fn conclude(&mut self) -> Result<(), Error> {
        let run = self.work.run;
        if !self.work.stopping || !run.span.is_measured() {
            return Ok(());
        }
        if self.ending == Ending::InFlight && !self.clients.iter().any(Client::is_being_answered) {
            self.ending = Ending::AtRest;
            if run.rest() {
                run.conclude();
            }
        }
        if self.ending != Ending::Closing && !run.span.keeps_open() {
            self.ending = Ending::Closing;
            for index in 0..self.clients.len() {
                let before = self.clients[index].phase();
                let result = self.clients[index].advance(&mut self.work);
                self.settle(index, before, result)?;
            }
        }
        Ok(())
    }

    /// The time is over, or the work is done before.
    fn end_time(&mut self) {
        if self.work.stopping {
            return;
        }
        if let Some(usage) = &self.usage {
            self.work.tally.threads.push(usage.since());
        }
        let clients = self.clients.iter();
        self.work.tally.starved += clients.filter(|client| client.is_starved()).count() as u64;
    }

    /// Whether nothing has come from the server for the stall timeout, to any thread, while
    /// it owed an answer to a client of this one.
    fn has_stalled(&mut self) -> bool {
        let run = self.work.run;
        let now_ns = run.now_ns();
        if std::mem::take(&mut self.served) {
            run.progress(now_ns);
        }
        let timeout_ns = u64::try_from(run.plan.stall_timeout.as_nanos()).unwrap_or(u64::MAX);
        let Some(limit_ns) = now_ns.checked_sub(timeout_ns) else {
            return false;
        };
        let incomplete = run.waits_for_clients();
        let mut clients = self.clients.iter();
        run.progress_ns() <= limit_ns
            && clients.any(|client| {
                (client.is_awaited() || !incomplete)
                    && client.waits_since_ns().is_some_and(|ns| ns <= limit_ns)
            })
    }

    /// Counts every answer that the server still owes as an error. A window that can't open any
    /// more ends the run.
    fn give_up(&mut self) {
        if self.work.run.waits_for_clients() {
            self.work.run.end.at_once();
        }
        for client in &mut self.clients {
            if client.waits_since_ns().is_some() {
                let fault = client.stalled(&self.work);
                self.work.tally.fail(client.connection(), fault);
            }
        }
    }
}
