//! What the messages hold: bytes that depend on the connection, the number of the message
//! and the offset in it, so that a byte out of place is a wrong byte. Some messages may begin
//! with the mark that makes their handler block.

use super::plan::Plan;
use crate::stall_mark::STALL_MARK;

/// A prime, so that no usual message or buffer size is a multiple of it; small enough that
/// the table stays in a core's second-level cache.
const PERIOD: usize = 65_521;

/// The content of every message of a run, computed once: a message is a stretch of a table
/// of pseudo-random bytes, and its number and connection say where it begins.
#[derive(Debug)]
pub(super) struct Pattern {
    table: Vec<u8>,
    message_size: usize,
    marks: Option<Marks>,
}

/// The messages of connections from this number on are never marked.
const FIRST_UNMARKED: u64 = 1 << 63;

/// One message in so many is marked.
#[derive(Clone, Copy, Debug)]
struct Marks {
    every: u64,
    /// Active connections at once.
    connections: u64,
}

impl Pattern {
    /// The pattern of the messages of `plan`. Messages without room for the mark have none.
    pub(super) fn of(plan: &Plan) -> Self {
        let has_room = plan.message_size >= STALL_MARK.len();
        let every = plan.mark_every.filter(|&every| every > 0 && has_room);
        Self {
            marks: every.map(|every| Marks {
                every,
                connections: plan.connections,
            }),
            ..Self::new(plan.message_size)
        }
    }

    /// The pattern of messages of `message_size` bytes, none of them marked.
    pub(super) fn new(message_size: usize) -> Self {
        let period: Vec<u8> = (0..PERIOD as u64)
            .map(|index| scramble(index).to_le_bytes()[0])
            .collect();
        let table = period.iter().copied().cycle();
        Self {
            table: table.take(PERIOD + message_size).collect(),
            message_size,
            marks: None,
        }
    }

    /// The bytes in every message.
    pub(super) fn message_size(&self) -> usize {
        self.message_size
    }

    /// Whether message `number` of `connection` begins with the mark. Of so many messages that
    /// the connections send in turn it is one; which one differs from turn to turn, so that the
    /// marks go round the connections whatever their number is.
    pub(super) fn is_marked(&self, connection: u64, number: u64) -> bool {
        let Some(Marks { every, connections }) = self.marks else {
            return false;
        };
        if connection >= FIRST_UNMARKED {
            return false;
        }
        let place = number
            .saturating_mul(connections)
            .saturating_add(connection);
        place % every == scramble(place / every) % every
    }

    /// A stretch of message `number` of `connection` from `offset` on: all that is left, or what
    /// is left of the mark.
    pub(super) fn stretch(&self, connection: u64, number: u64, offset: usize) -> &[u8] {
        if offset < STALL_MARK.len() && self.is_marked(connection, number) {
            return &STALL_MARK[offset..];
        }
        let begin = scramble(scramble(connection) ^ number) % PERIOD as u64;
        let begin = begin as usize;
        &self.table[begin + offset..begin + self.message_size]
    }
}

/// A bijection of the 64-bit numbers in which every bit of the result depends on every bit
/// of the number (the finalizer of SplitMix64).
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::plan::Bound;
    use super::super::plan::tests::plan;
    use super::*;

    fn marked(connections: u64, every: u64, message_size: usize) -> Pattern {
        Pattern::of(&Plan {
            mark_every: Some(every),
            message_size,
            ..plan(connections, Bound::Messages(1))
        })
    }

    #[test]
    fn messages_differ_by_connection_and_by_number() {
        let pattern = Pattern::new(64);
        assert_eq!(pattern.stretch(1, 7, 0), pattern.stretch(1, 7, 0));
        assert_ne!(pattern.stretch(1, 7, 0), pattern.stretch(2, 7, 0));
        assert_ne!(pattern.stretch(1, 7, 0), pattern.stretch(1, 8, 0));
    }

    #[test]
    fn a_message_may_be_longer_than_the_table_s_period() {
        let pattern = Pattern::new(3 * PERIOD);
        let message = pattern.stretch(5, 5, 0);
        assert_eq!(message.len(), 3 * PERIOD);
        assert_eq!(message[..PERIOD], message[PERIOD..2 * PERIOD]);
        assert_ne!(message[..64], message[64..128]);
    }

    #[test]
    fn one_message_in_so_many_is_marked_and_the_marks_go_round_the_connections() {
        let pattern = marked(10, 5, 64);
        let mut marks = [0; 10];
        for number in 0..100 {
            for connection in 0..10 {
                marks[connection as usize] += u64::from(pattern.is_marked(connection, number));
            }
        }
        assert_eq!(marks.iter().sum::<u64>(), 1000 / 5);
        assert!(marks.iter().all(|&marks| marks > 0), "{marks:?}");
        assert!((0..100).all(|number| !pattern.is_marked(!number, 0)));
    }

    #[test]
    fn a_marked_message_is_the_mark_and_then_the_pattern() {
        let pattern = marked(1, 1, 64);
        assert_eq!(pattern.stretch(0, 4, 0), STALL_MARK);
        assert_eq!(pattern.stretch(0, 4, 6), b"LL");
        let plain = Pattern::new(64);
        assert_eq!(pattern.stretch(0, 4, 8), plain.stretch(0, 4, 8));
        assert_eq!(
            marked(1, 1, 7).stretch(0, 4, 0),
            Pattern::new(7).stretch(0, 4, 0)
        );
    }
}
