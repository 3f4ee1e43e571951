//! What a thread counts while it works, and the sum over the threads.

use super::durations::Durations;
use super::fault::Fault;

/// How many faults are kept in full; the others are counted.
const MAX_FAULTS: usize = 10;

/// The processor's time for one thread, from its first message on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ThreadUsage {
    pub(super) elapsed_ns: u64,
    pub(super) cpu_ns: u64,
    /// How long the thread could have run and had no processor, where the system tells.
    pub(super) waited_ns: Option<u64>,
}

/// A connection that failed, and how.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) connection: u64,
    pub(crate) fault: Fault,
}

/// What happened.
#[derive(Debug)]
pub(super) struct Tally {
    /// Messages that came back whole.
    pub(super) messages: u64,
    /// Messages that were sent since the window was prepared.
    pub(super) sent_prepared: u64,
    /// Bytes that were taken by the socket, and bytes that came back right.
    pub(super) bytes_sent: u64,
    pub(super) bytes_echoed: u64,
    /// In an open loop from when a message was due, in a closed one from when it was sent.
    pub(super) round_trip: Durations,
    /// The same of the messages with the mark, which are not among the others.
    pub(super) marked: Durations,
    /// In an open loop, how long after it was due a message was looked at.
    pub(super) lateness: Durations,
    /// In an open loop, messages that were due and never sent.
    pub(super) unsent: u64,
    /// From the connect to the established connection, active connections only.
    pub(super) connecting: Durations,
    /// From the end of sending to the peer's end of the stream.
    pub(super) closing: Durations,
    /// From the connect to the first message that came back, active connections only.
    pub(super) first_answer: Durations,
    pub(super) held: u64,
    pub(super) never_established: u64,
    /// Active clients to whom nothing had come back when the time was over.
    pub(super) starved: u64,
    pub(super) errors: u64,
    pub(super) faults: Vec<Failed>,
    /// The run's clock at the first message of a closed loop or the begin of an open one, and
    /// at the last echo.
    pub(super) begin_ns: Option<u64>,
    pub(super) last_echo_ns: u64,
    pub(super) threads: Vec<ThreadUsage>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            messages: 0,
            sent_prepared: 0,
            bytes_sent: 0,
            bytes_echoed: 0,
            round_trip: Durations::new(),
            marked: Durations::new(),
            lateness: Durations::new(),
            unsent: 0,
            connecting: Durations::new(),
            closing: Durations::new(),
            first_answer: Durations::new(),
            held: 0,
            never_established: 0,
            starved: 0,
            errors: 0,
            faults: Vec::new(),
            begin_ns: None,
            last_echo_ns: 0,
            threads: Vec::new(),
        }
    }

    /// Takes the time of a message, which is marked or not.
    pub(super) fn record_message(&mut self, marked: bool, duration_ns: u64) {
        let durations = match marked {
            true => &mut self.marked,
            false => &mut self.round_trip,
        };
        durations.record_ns(duration_ns);
    }

    pub(super) fn fail(&mut self, connection: u64, fault: Fault) {
        self.errors += 1;
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Failed { connection, fault });
        }
    }

    /// From the begin to the last echo, in nanoseconds.
    pub(super) fn elapsed_ns(&self) -> u64 {
        self.begin_ns
            .map_or(0, |begin_ns| self.last_echo_ns.saturating_sub(begin_ns))
    }

    /// Adds what another thread counted.
    pub(super) fn merge(&mut self, other: Self) {
        self.messages += other.messages;
        self.sent_prepared += other.sent_prepared;
        self.bytes_sent += other.bytes_sent;
        self.bytes_echoed += other.bytes_echoed;
        self.round_trip.merge(&other.round_trip);
        self.marked.merge(&other.marked);
        self.lateness.merge(&other.lateness);
        self.unsent += other.unsent;
        self.connecting.merge(&other.connecting);
        self.closing.merge(&other.closing);
        self.first_answer.merge(&other.first_answer);
        self.held += other.held;
        self.never_established += other.never_established;
        self.starved += other.starved;
        self.errors += other.errors;
        self.faults.extend(other.faults);
        self.faults.truncate(MAX_FAULTS);
        self.begin_ns = [self.begin_ns, other.begin_ns].into_iter().flatten().min();
        self.last_echo_ns = self.last_echo_ns.max(other.last_echo_ns);
        self.threads.extend(other.threads);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_elapsed_time_spans_all_threads() {
        let mut sum = Tally::new();
        let mut one = Tally::new();
        (one.begin_ns, one.last_echo_ns) = (Some(100), 900);
        let mut other = Tally::new();
        (other.begin_ns, other.last_echo_ns) = (Some(50), 700);
        sum.merge(one);
        sum.merge(other);
        assert_eq!(sum.elapsed_ns(), 850);
        assert_eq!(Tally::new().elapsed_ns(), 0);
    }

    #[test]
    fn faults_beyond_the_first_are_counted() {
        let mut tally = Tally::new();
        for connection in 0..50 {
            tally.fail(connection, Fault::NotAccepted);
        }
        assert_eq!((tally.errors, tally.faults.len()), (50, MAX_FAULTS));
    }
}
