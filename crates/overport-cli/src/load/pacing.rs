//! When messages are due, and from when their time counts: the clock is the caller's.

/// The loop that a thread's clients run in. Times are nanoseconds of the run's clock.
#[derive(Debug)]
pub(super) enum Pacing {
    /// A message is due when the echo of an earlier one is there.
    Closed,
    /// Messages are due at fixed times, the clients in turn.
    Open(Schedule),
}

/// The times of an open loop: message `k` of the thread is due at `begin + offset +
/// k * interval`, and is for client `k % clients`; there are `total` of them.
#[derive(Debug)]
pub(super) struct Schedule {
    interval_ns: f64,
    clients: u64,
    total: u64,
    begin_ns: Option<u64>,
    offset_ns: u64,
    next: u64,
}

impl Schedule {
    /// A schedule of `total` messages, `rate` of them a second, the first one `offset_ns`
    /// after the begin.
    pub(super) fn new(rate: f64, clients: u64, total: u64, offset_ns: u64) -> Self {
        Self {
            interval_ns: 1e9 / rate,
            clients,
            total,
            begin_ns: None,
            offset_ns,
            next: 0,
        }
    }

    /// Whether the times count already.
    pub(super) fn has_begun(&self) -> bool {
        self.begin_ns.is_some()
    }

    /// The times count from now.
    pub(super) fn begin(&mut self, now_ns: u64) {
        self.begin_ns = Some(now_ns);
    }

    /// When the next message is due, once the schedule has begun and until it has ended.
    pub(super) fn next_due_ns(&self) -> Option<u64> {
        self.begin_ns
            .filter(|_| self.next < self.total)
            .map(|begin_ns| self.at_ns(begin_ns, self.next))
    }

    /// Takes the next message if it is due: its client and when it was due.
    pub(super) fn take_due(&mut self, now_ns: u64) -> Option<(u64, u64)> {
        let due_ns = self.next_due_ns().filter(|&due_ns| due_ns <= now_ns)?;
        let client = self.next % self.clients;
        self.next += 1;
        Some((client, due_ns))
    }

    /// When message `number` of `client` was due.
    pub(super) fn due_ns(&self, client: u64, number: u64) -> u64 {
        self.at_ns(self.begin_ns.unwrap_or(0), number * self.clients + client)
    }

    /// The time of a slow schedule may be beyond the clock's end, where it stays.
    fn at_ns(&self, begin_ns: u64, index: u64) -> u64 {
        let after_ns = (index as f64 * self.interval_ns) as u64;
        begin_ns
            .saturating_add(self.offset_ns)
            .saturating_add(after_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_due_at_the_rate_and_go_round_the_clients() {
        let mut schedule = Schedule::new(1000.0, 2, 3, 500);
        assert_eq!(schedule.take_due(u64::MAX), None);
        schedule.begin(10_000);
        assert_eq!(schedule.take_due(10_499), None);
        assert_eq!(schedule.take_due(10_500), Some((0, 10_500)));
        assert_eq!(schedule.take_due(10_500), None);
        assert_eq!(schedule.next_due_ns(), Some(1_010_500));
        assert_eq!(schedule.take_due(9_000_000), Some((1, 1_010_500)));
        assert_eq!(schedule.take_due(9_000_000), Some((0, 2_010_500)));
        assert_eq!(schedule.take_due(9_000_000), None);
        assert_eq!(schedule.next_due_ns(), None);
    }

    #[test]
    fn a_rate_of_almost_nothing_makes_one_message_due_and_no_other() {
        let mut schedule = Schedule::new(1e-12, 1, u64::MAX, 5);
        schedule.begin(10_000);
        assert_eq!(schedule.take_due(20_000), Some((0, 10_005)));
        assert_eq!(schedule.take_due(u64::MAX - 1), None);
    }

    #[test]
    fn a_message_s_time_can_be_asked_for_later() {
        let mut schedule = Schedule::new(3333.0, 5, 5000, 0);
        schedule.begin(77);
        for number in 0..1000 {
            for client in 0..5 {
                let (taken, due_ns) = schedule.take_due(u64::MAX).unwrap();
                assert_eq!(taken, client);
                assert_eq!(due_ns, schedule.due_ns(client, number));
            }
        }
    }
}
