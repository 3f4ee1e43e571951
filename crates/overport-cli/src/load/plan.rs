//! What a run does.

use std::net::SocketAddr;
use std::time::Duration;

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    Time(Duration),
    /// So many messages over all connections; a connection closes when its share is done.
    Messages(u64),
}

/// A load: what it is put on, how much, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) target: SocketAddr,
    /// Active connections at once. With none of them the idle ones are held for the time of the
    /// bound.
    pub(crate) connections: u64,
    /// Connections that are held beside the active ones, without a message.
    pub(crate) idle: u64,
    /// Each idle connection first exchanges one message. So the server has accepted it, and has
    /// whatever it needs for a client that has spoken.
    pub(crate) greet_idle: bool,
    /// Bytes in a message, from 1 on.
    pub(crate) message_size: usize,
    /// Messages of a connection that may be on their way at once, from 1 on.
    pub(crate) in_flight: u64,
    /// Load before the measured window: it begins when all connections are established, and
    /// nothing of it counts. Of use in [`measure`](super::measure) only.
    pub(crate) warm_up: Duration,
    pub(crate) bound: Bound,
    /// After how many messages a connection gives way to a new one.
    pub(crate) messages_per_connection: Option<u64>,
    /// Messages a second over all connections, in an open loop; none is a closed loop.
    pub(crate) rate: Option<f64>,
    /// One message in so many, over all connections, begins with the
    /// [mark](crate::stall_mark::STALL_MARK) that makes its handler block. The messages must have
    /// room for it.
    pub(crate) mark_every: Option<u64>,
    /// Threads that share the connections, from 1 on.
    pub(crate) threads: u64,
    /// The server has stalled when nothing came from it for so long while it owed an answer.
    pub(crate) stall_timeout: Duration,
}

impl Plan {
    /// How many messages the active connection `number` and those that take its place send.
    pub(super) fn share(&self, number: u64) -> u64 {
        match self.bound {
            Bound::Time(_) => u64::MAX,
            Bound::Messages(total) => {
                total / self.connections + u64::from(number < total % self.connections)
            }
        }
    }

    /// How many connections are to be established in the beginning.
    pub(super) fn clients(&self) -> u64 {
        self.idle
            + match self.bound {
                Bound::Time(_) => self.connections,
                Bound::Messages(total) => self.connections.min(total),
            }
    }

    /// The numbers, below `count`, that are for `thread`.
    pub(super) fn part(&self, thread: u64, count: u64) -> impl Iterator<Item = u64> + use<> {
        let threads = self.threads;
        (thread..count).step_by(usize::try_from(threads).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A closed loop on a server that is not there.
    pub(in crate::load) fn plan(connections: u64, bound: Bound) -> Plan {
        Plan {
            target: SocketAddr::from(([127, 0, 0, 1], 1)),
            connections,
            idle: 0,
            greet_idle: false,
            message_size: 64,
            in_flight: 1,
            warm_up: Duration::ZERO,
            bound,
            messages_per_connection: None,
            rate: None,
            mark_every: None,
            threads: 1,
            stall_timeout: Duration::from_secs(10),
        }
    }

    #[test]
    fn the_shares_of_the_connections_add_up() {
        let plan = plan(7, Bound::Messages(100));
        let shares: Vec<u64> = (0..7).map(|number| plan.share(number)).collect();
        assert_eq!(shares, [15, 15, 14, 14, 14, 14, 14]);
    }

    #[test]
    fn every_connection_is_for_one_thread() {
        let plan = Plan {
            threads: 3,
            ..plan(10, Bound::Messages(100))
        };
        let mut all: Vec<u64> = (0..3).flat_map(|thread| plan.part(thread, 10)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<u64>>());
    }
}
