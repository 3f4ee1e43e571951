//! The messages of a client: which may be sent, and what of them has come back.

use std::io::{self, Write};
use std::ops::Range;

use super::super::fault::Fault;
use super::super::pacing::{Pacing, Schedule};
use super::super::work::Work;
use super::Client;

impl Client {
    /// Counts the messages that were due and will not be sent; the time that they have waited
    /// is the least that they would have taken.
    pub(in crate::load) fn count_unsent(&mut self, work: &mut Work<'_>) {
        if let Pacing::Open(schedule) = &work.pacing {
            let first = self.before + self.exchange.released();
            let now_ns = work.run.now_ns();
            for number in first..first + self.due {
                let due_ns = schedule.due_ns(self.place, number);
                if work.run.span.counts(due_ns) {
                    let waited_ns = now_ns.saturating_sub(due_ns);
                    let marked = self.is_marked(number - self.before, work);
                    work.tally.record_message(marked, waited_ns);
                    work.tally.unsent += 1;
                }
            }
            self.due = 0;
        }
    }

    /// Allows as many messages as may be sent now.
    pub(super) fn release(&mut self, work: &mut Work<'_>) {
        let room = work.run.plan.in_flight - self.exchange.in_flight();
        let due = match self.schedule(work) {
            None => u64::MAX,
            Some(_) => self.due,
        };
        let count = room.min(due).min(self.left).min(self.quota(work));
        if count == 0 || work.stopping {
            return;
        }
        let now_ns = work.run.now_ns();
        if self.exchange.in_flight() == 0 {
            self.since_ns = now_ns;
        }
        if self.schedule(work).is_some() {
            self.due -= count;
        } else {
            let first = self.exchange.released();
            for number in first..first + count {
                let stamp = self.stamp(number);
                self.released_ns[stamp] = now_ns;
            }
        }
        if !self.holds {
            work.tally.begin_ns.get_or_insert(now_ns);
            if work.run.span.prepared_ns().is_some() {
                work.tally.sent_prepared += count;
            }
        }
        self.left -= count;
        self.exchange.release(count);
    }

    /// The schedule of its messages, in an open loop. A greeting has none.
    fn schedule<'work>(&self, work: &'work Work<'_>) -> Option<&'work Schedule> {
        match &work.pacing {
            Pacing::Open(schedule) if !self.holds => Some(schedule),
            _ => None,
        }
    }

    /// How many more messages this connection may carry.
    pub(super) fn quota(&self, work: &Work<'_>) -> u64 {
        match work.run.plan.messages_per_connection {
            Some(most) => most - self.exchange.released(),
            None => u64::MAX,
        }
    }

    pub(super) fn send(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        let pattern = work.run.pattern;
        while self.exchange.has_unsent() {
            let outgoing = self.exchange.outgoing(pattern, &mut work.scratch);
            match self.stream().write(outgoing) {
                Ok(bytes) => {
                    self.exchange.sent(pattern, bytes);
                    work.tally.bytes_sent += bytes as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(())
    }

    /// Checks the first `bytes` of the buffer, and takes the time of the messages that are
    /// whole with them.
    pub(super) fn take_echo(&mut self, bytes: usize, work: &mut Work<'_>) -> Result<(), Fault> {
        let first = self.exchange.echoed();
        let echoed = self
            .exchange
            .receive(work.run.pattern, &work.buffer[..bytes])?;
        let now_ns = work.run.now_ns();
        self.since_ns = now_ns;
        work.tally.last_echo_ns = now_ns;
        if self.holds {
            return Ok(());
        }
        self.count_echo(first..first + echoed, now_ns, work);
        if work.run.span.counts(now_ns) {
            work.tally.messages += echoed;
            work.tally.bytes_echoed += bytes as u64;
        }
        Ok(())
    }

    /// Takes the time of messages that came back whole.
    fn count_echo(&mut self, messages: Range<u64>, now_ns: u64, work: &mut Work<'_>) {
        let span = &work.run.span;
        if messages.contains(&0) {
            self.answered = true;
            if span.counts(now_ns) {
                let took_ns = now_ns - self.connect_ns;
                work.tally.first_answer.record_ns(took_ns);
            }
        }
        for number in messages {
            // In an open loop what was due in the window counts, however late it comes.
            let (from_ns, counts) = match &work.pacing {
                Pacing::Closed => (self.released_ns[self.stamp(number)], span.counts(now_ns)),
                Pacing::Open(schedule) => {
                    let due_ns = schedule.due_ns(self.place, self.before + number);
                    (due_ns, span.counts(due_ns))
                }
            };
            if counts {
                let marked = self.is_marked(number, work);
                work.tally.record_message(marked, now_ns - from_ns);
            }
        }
    }

    fn is_marked(&self, number: u64, work: &Work<'_>) -> bool {
        work.run.pattern.is_marked(self.connection, number)
    }

    fn stamp(&self, number: u64) -> usize {
        (number % self.released_ns.len() as u64) as usize
    }
}
