//! Which thread runs, waits, polls or watches: the rules of the concurrency value, without
//! locks and without I/O.
//!
//! A thread takes a *seat* at the port and is from then on in one [`Place`]. The threads
//! that wait form a stack; the latest to wait is the first to be released. At most one of
//! them *polls*, that is, waits for the system; it alone gives that role up, since nobody
//! else knows when it has left the kernel. While threads run and nobody polls, one of those
//! that wait *watches*: it looks from time to time whether a running thread holds the
//! others up.

use slab::Slab;

use crate::sync::{Thread, ThreadId};

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the program, with no packet.
    Away,
    /// In the stack of those that wait.
    Waiting,
    /// Woken for a packet that it has yet to claim.
    Released,
    /// With a packet, and counted.
    Running,
    /// With a packet, but not counted: it is blocked, or was seen to be.
    Blocked,
}

/// What a thread that asks for a packet is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Look for a packet.
    Claim,
    /// Wait for events.
    Poll,
    /// Wait, and look after the running threads from time to time.
    Watch,
    /// Wait to be woken.
    Park,
}

/// Whom to wake, once the lock is released.
#[derive(Clone, Debug)]
#[must_use]
pub(super) enum Wake {
    Nobody,
    /// The thread that polls.
    Poller,
    /// A parked thread.
    Parked(Thread),
}

#[derive(Debug)]
struct Seat {
    place: Place,
    thread: Thread,
    id: ThreadId,
    /// How many packets the thread has claimed; tells one claim from the next.
    claims: u64,
    /// `claims` when the watching thread looked last.
    claims_seen: u64,
}

/// A thread that has been with one packet since the watching thread looked last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspect {
    seat: usize,
    claims: u64,
    pub(super) id: ThreadId,
}

#[derive(Debug)]
pub(super) struct Threads {
    concurrency: usize,
    running: usize,
    released: usize,
    seats: Slab<Seat>,
    waiting: Vec<usize>,
    polling: Option<usize>,
    /// The thread that polls began when nobody ran, and so without an end to its wait.
    polls_on: bool,
    watching: Option<usize>,
}

impl Threads {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            running: 0,
            released: 0,
            seats: Slab::new(),
            waiting: Vec::new(),
            polling: None,
            polls_on: false,
            watching: None,
        }
    }

    /// Gives a thread its seat.
    pub(super) fn join(&mut self, thread: Thread, id: ThreadId) -> usize {
        self.seats.insert(Seat {
            place: Place::Away,
            thread,
            id,
            claims: 0,
            claims_seen: 0,
        })
    }

    pub(super) fn leave(&mut self, seat: usize) {
        self.stop(seat);
        self.seats.remove(seat);
    }

    /// The thread has no packet any more, and waits for none.
    pub(super) fn stop(&mut self, seat: usize) {
        match self.seats[seat].place {
            Place::Away | Place::Blocked => {}
            Place::Running => self.running -= 1,
            Place::Released => self.released -= 1,
            Place::Waiting => self.waiting.retain(|&waiting| waiting != seat),
        }
        if self.watching == Some(seat) {
            self.watching = None;
        }
        self.seats[seat].place = Place::Away;
    }

    /// Whether one more thread may have a packet.
    pub(super) fn may_run(&self) -> bool {
        self.running < self.concurrency
    }

    /// The thread, which waits for nothing, has claimed a packet.
    pub(super) fn run(&mut self, seat: usize) {
        debug_assert_eq!(self.seats[seat].place, Place::Away);
        self.seats[seat].place = Place::Running;
        self.seats[seat].claims += 1;
        self.running += 1;
    }

    /// The thread waits from now on, unless it does already.
    pub(super) fn wait(&mut self, seat: usize) {
        if self.seats[seat].place == Place::Away {
            self.seats[seat].place = Place::Waiting;
            self.waiting.push(seat);
        }
    }

    /// Whether any thread waits.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether this thread waits, and is not released.
    pub(super) fn is_waiting_at(&self, seat: usize) -> bool {
        self.seats[seat].place == Place::Waiting
    }

    pub(super) fn is_running(&self, seat: usize) -> bool {
        self.seats
            .get(seat)
            .is_some_and(|seat| seat.place == Place::Running)
    }

    pub(super) fn is_polling(&self) -> bool {
        self.polling.is_some()
    }

    /// The thread that polls begins its wait. Whether it is to look after running threads.
    pub(super) fn begin_poll(&mut self) -> bool {
        let busy = self.is_busy();
        self.polls_on = !busy;
        busy
    }

    /// Lets the thread, which does not wait, look at the events, unless another one polls.
    pub(super) fn start_poll(&mut self, seat: usize) -> bool {
        let free = self.polling.is_none();
        if free {
            self.polling = Some(seat);
        }
        free
    }

    /// What the thread, which asked for a packet, is to do now.
    pub(super) fn role(&mut self, seat: usize) -> Role {
        if self.seats[seat].place != Place::Waiting {
            return Role::Claim;
        }
        let latest = self.waiting.last() == Some(&seat);
        if self.polling.is_none() && latest && self.may_run() {
            self.polling = Some(seat);
            if self.watching == Some(seat) {
                self.watching = None;
            }
            return Role::Poll;
        }
        if self.watching == Some(seat) || (self.watching.is_none() && self.needs_watch()) {
            self.watching = Some(seat);
            return Role::Watch;
        }
        Role::Park
    }

    /// The thread came back from polling. Whether it is still the one to take what came.
    pub(super) fn polled(&mut self, seat: usize) -> bool {
        debug_assert_eq!(self.polling, Some(seat));
        self.polling = None;
        self.polls_on = false;
        !self.is_waiting_at(seat) || self.waiting.last() == Some(&seat)
    }

    /// The watching thread has seen nothing to watch for a while.
    pub(super) fn unwatch(&mut self, seat: usize) {
        if self.watching == Some(seat) {
            self.watching = None;
        }
    }

    /// The thread that came back from polling waits no more, if it would be released now, or
    /// has been: it must not be quicker than one that was released before it.
    pub(super) fn take_turn(&mut self, seat: usize, surplus: usize) {
        if !self.is_waiting_at(seat) || self.may_release(surplus) {
            self.stop(seat);
        }
    }

    /// Releases the latest of the waiting threads if `surplus` packets are more than those
    /// released already will take, and one more thread may run.
    pub(super) fn release(&mut self, surplus: usize) -> Wake {
        if !self.may_release(surplus) {
            return Wake::Nobody;
        }
        let Some(seat) = self.waiting.pop() else {
            return Wake::Nobody;
        };
        self.seats[seat].place = Place::Released;
        self.released += 1;
        self.unwatch(seat);
        self.wake(seat)
    }

    /// Whom to wake so that somebody polls while nobody runs, that the poller is the latest
    /// to wait, and that somebody watches while others run and nobody polls.
    pub(super) fn settle(&mut self) -> Wake {
        let Some(&latest) = self.waiting.last() else {
            return Wake::Nobody;
        };
        match self.polling {
            // One that is released, or only looks, leaves by itself and settles this again.
            Some(seat) if seat != latest && self.is_waiting_at(seat) => Wake::Poller,
            Some(_) => Wake::Nobody,
            None if self.running + self.released == 0 => self.wake(latest),
            None if self.watching.is_none() && self.needs_watch() => {
                self.watching = Some(latest);
                self.wake(latest)
            }
            None => Wake::Nobody,
        }
    }

    /// The thread, if it runs, gives its unit of the concurrency value back.
    pub(super) fn block(&mut self, seat: usize) -> bool {
        let running = self.seats[seat].place == Place::Running;
        if running {
            self.seats[seat].place = Place::Blocked;
            self.running -= 1;
        }
        running
    }

    /// The thread that blocked runs on, unless it has done with its packet, or has left;
    /// the count may be above the concurrency value now. Whoever polls has to know, since it
    /// alone may be there to look after this thread.
    pub(super) fn unblock(&mut self, seat: usize, id: ThreadId) -> Wake {
        let blocked = self
            .seats
            .get_mut(seat)
            .filter(|entry| entry.place == Place::Blocked && entry.id == id);
        let Some(entry) = blocked else {
            return Wake::Nobody;
        };
        entry.place = Place::Running;
        self.running += 1;
        if self.polls_on {
            Wake::Poller
        } else {
            Wake::Nobody
        }
    }

    /// Lets the latest to wait take a running thread's place, if one more may run: for one of
    /// `surplus` packets, or else to poll.
    pub(super) fn succeed(&mut self, surplus: usize) -> Wake {
        let released = self.release(surplus);
        if !matches!(released, Wake::Nobody) {
            return released;
        }
        match self.waiting.last() {
            Some(&latest) if self.polling.is_none() && self.running < self.concurrency => {
                self.wake(latest)
            }
            _ => Wake::Nobody,
        }
    }

    /// Takes note of the packets that the running threads are with, for the first look.
    pub(super) fn mark(&mut self) {
        for (_, entry) in &mut self.seats {
            entry.claims_seen = entry.claims;
        }
    }

    /// The running threads that have been with one packet since the last look.
    pub(super) fn suspects(&mut self) -> Vec<Suspect> {
        let mut suspects = Vec::new();
        for (seat, entry) in &mut self.seats {
            if entry.place == Place::Running && entry.claims == entry.claims_seen {
                suspects.push(Suspect {
                    seat,
                    claims: entry.claims,
                    id: entry.id,
                });
            }
            entry.claims_seen = entry.claims;
        }
        suspects
    }

    /// The thread was seen to be blocked, with the packet it had.
    pub(super) fn found_blocked(&mut self, suspect: &Suspect) {
        let same_claim = self
            .seats
            .get(suspect.seat)
            .is_some_and(|seat| seat.claims == suspect.claims && seat.id == suspect.id);
        if same_claim {
            self.block(suspect.seat);
        }
    }

    /// Everybody who waits, to be told that the port is closed.
    pub(super) fn all_waiting(&self) -> Vec<Wake> {
        let parked = self.waiting.iter().map(|&seat| self.wake(seat));
        self.polling
            .map(|_| Wake::Poller)
            .into_iter()
            .chain(parked)
            .collect()
    }

    /// Whether any thread has a packet, or is on its way to one.
    pub(super) fn is_busy(&self) -> bool {
        self.running + self.released > 0
    }

    fn may_release(&self, surplus: usize) -> bool {
        surplus > self.released && self.running + self.released < self.concurrency
    }

    fn needs_watch(&self) -> bool {
        self.polling.is_none() && self.is_busy()
    }

    fn wake(&self, seat: usize) -> Wake {
        if self.polling == Some(seat) {
            Wake::Poller
        } else {
            Wake::Parked(self.seats[seat].thread.clone())
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
