//! What the messages hold: bytes that depend on the connection, the number of the message
//! and the offset in it, so that a byte out of place is a wrong byte.

/// A prime, so that no usual message or buffer size is a multiple of it; small enough that
/// the table stays in a core's second-level cache.
const PERIOD: usize = 65_521;

/// The content of every message of a run, computed once: a message is a stretch of a table
/// of pseudo-random bytes, and its number and connection say where it begins.
#[derive(Debug)]
pub(super) struct Pattern {
    table: Vec<u8>,
    message_size: usize,
}

impl Pattern {
    /// The pattern of messages of `message_size` bytes.
    pub(super) fn new(message_size: usize) -> Self {
        let period: Vec<u8> = (0..PERIOD as u64)
            .map(|index| scramble(index).to_le_bytes()[0])
            .collect();
        let table = period.iter().copied().cycle();
        Self {
            table: table.take(PERIOD + message_size).collect(),
            message_size,
        }
    }

    /// The bytes in every message.
    pub(super) fn message_size(&self) -> usize {
        self.message_size
    }

    /// The content of message `number` of `connection`.
    pub(super) fn message(&self, connection: u64, number: u64) -> &[u8] {
        let begin = scramble(scramble(connection) ^ number) % PERIOD as u64;
        let begin = begin as usize;
        &self.table[begin..begin + self.message_size]
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
    use super::*;

    #[test]
    fn messages_differ_by_connection_and_by_number() {
        let pattern = Pattern::new(64);
        assert_eq!(pattern.message(1, 7), pattern.message(1, 7));
        assert_ne!(pattern.message(1, 7), pattern.message(2, 7));
        assert_ne!(pattern.message(1, 7), pattern.message(1, 8));
    }

    #[test]
    fn a_message_may_be_longer_than_the_table_s_period() {
        let pattern = Pattern::new(3 * PERIOD);
        let message = pattern.message(5, 5);
        assert_eq!(message.len(), 3 * PERIOD);
        assert_eq!(message[..PERIOD], message[PERIOD..2 * PERIOD]);
        assert_ne!(message[..64], message[64..128]);
    }
}
