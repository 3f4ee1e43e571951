//! What one connection has sent, what must come back, and whether it did: no socket, no clock.

use super::fault::Fault;
use super::pattern::Pattern;

/// A message of which this many bytes are to be sent goes out by itself; shorter ones are
/// copied together, which costs less than a call for each, or an entry of `writev` for each.
const ALONE: usize = 4096;

/// A place in a connection's stream of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Position {
    message: u64,
    offset: usize,
}

impl Position {
    fn advance(&mut self, bytes: usize, message_size: usize) {
        let offset = self.offset + bytes;
        self.message += (offset / message_size) as u64;
        self.offset = offset % message_size;
    }
}

/// The messages of one connection: released one after the other, sent in order, echoed in
/// order.
#[derive(Debug)]
pub(super) struct Exchange {
    connection: u64,
    released: u64,
    sent: Position,
    received: Position,
}

impl Exchange {
    /// The exchange of `connection`, a number that no other connection of the run has.
    pub(super) fn new(connection: u64) -> Self {
        Self {
            connection,
            released: 0,
            sent: Position::default(),
            received: Position::default(),
        }
    }

    /// How many messages may have been sent so far.
    pub(super) fn released(&self) -> u64 {
        self.released
    }

    /// How many messages came back whole.
    pub(super) fn echoed(&self) -> u64 {
        self.received.message
    }

    /// How many messages are released and have not come back whole.
    pub(super) fn in_flight(&self) -> u64 {
        self.released - self.received.message
    }

    /// Allows the sending of `messages` more.
    pub(super) fn release(&mut self, messages: u64) {
        self.released += messages;
    }

    /// Whether released bytes are still to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.sent.message < self.released
    }

    /// What is to be sent next, or a good part of it: a stretch of the pattern itself, or what
    /// was copied into `scratch`, of short messages and of a marked one. Empty when nothing is
    /// to be sent.
    pub(super) fn outgoing<'a>(&self, pattern: &'a Pattern, scratch: &'a mut [u8]) -> &'a [u8] {
        let Position { message, offset } = self.sent;
        if message == self.released {
            return &[];
        }
        let first = pattern.stretch(self.connection, message, offset);
        let is_last = message + 1 == self.released;
        let is_whole = offset + first.len() == pattern.message_size();
        if is_whole && (is_last || first.len() >= ALONE) {
            return first;
        }
        let filled = self.gather(pattern, scratch);
        &scratch[..filled]
    }

    /// Copies what is to be sent next, as much as `scratch` has room for; how many bytes that is.
    fn gather(&self, pattern: &Pattern, scratch: &mut [u8]) -> usize {
        let mut at = self.sent;
        let mut filled = 0;
        while at.message < self.released && filled < scratch.len() {
            let next = pattern.stretch(self.connection, at.message, at.offset);
            let length = next.len().min(scratch.len() - filled);
            scratch[filled..filled + length].copy_from_slice(&next[..length]);
            filled += length;
            at.advance(length, pattern.message_size());
        }
        filled
    }

    /// The next `bytes` of what was outgoing are sent.
    pub(super) fn sent(&mut self, pattern: &Pattern, bytes: usize) {
        self.sent.advance(bytes, pattern.message_size());
    }

    /// Checks bytes that came back and returns how many messages are whole with them. After
    /// an error the exchange is of no use any more: the stream is out of step.
    pub(super) fn receive(&mut self, pattern: &Pattern, mut bytes: &[u8]) -> Result<u64, Fault> {
        let before = self.received.message;
        while !bytes.is_empty() {
            let Position { message, offset } = self.received;
            let expected = self.expected(pattern);
            if expected.is_empty() {
                return Err(Fault::Surplus { message, offset });
            }
            let (here, later) = bytes.split_at(expected.len().min(bytes.len()));
            if *here != expected[..here.len()] {
                return Err(first_difference(message, offset, expected, here));
            }
            self.received.advance(here.len(), pattern.message_size());
            bytes = later;
        }
        Ok(self.received.message - before)
    }

    /// The peer ended the stream: whether it was right to.
    pub(super) fn end(&self, pattern: &Pattern) -> Result<(), Fault> {
        if self.in_flight() == 0 {
            return Ok(());
        }
        Err(Fault::ClosedEarly {
            message: self.received.message,
            echoed: self.received.offset,
            size: pattern.message_size(),
        })
    }

    /// A stretch of the present message that is still to come back, as far as it is sent:
    /// what was never sent can't be an echo.
    fn expected<'p>(&self, pattern: &'p Pattern) -> &'p [u8] {
        let Position { message, offset } = self.received;
        let stretch = pattern.stretch(self.connection, message, offset);
        if message < self.sent.message {
            return stretch;
        }
        &stretch[..stretch.len().min(self.sent.offset - offset)]
    }

    /// What is missing, for a peer that has stopped answering.
    pub(super) fn stalled(&self, pattern: &Pattern) -> Fault {
        Fault::Stalled {
            message: self.received.message,
            echoed: self.received.offset,
            size: pattern.message_size(),
        }
    }
}

#[cold]
fn first_difference(message: u64, offset: usize, expected: &[u8], found: &[u8]) -> Fault {
    let at = expected
        .iter()
        .zip(found)
        .position(|(expected, found)| expected != found)
        .unwrap_or(0);
    Fault::WrongByte {
        message,
        offset: offset + at,
        expected: expected[at],
        found: found[at],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::plan::tests::plan;
    use super::super::plan::{Bound, Plan};
    use super::*;

    /// Sends through `exchange` what is outgoing, at most `limit` bytes of it.
    fn send(exchange: &mut Exchange, pattern: &Pattern, limit: usize) -> Vec<u8> {
        let mut scratch = [0; 5000];
        let mut bytes = exchange.outgoing(pattern, &mut scratch).to_vec();
        bytes.truncate(limit);
        exchange.sent(pattern, bytes.len());
        bytes
    }

    fn send_all(exchange: &mut Exchange, pattern: &Pattern) -> Vec<u8> {
        let mut bytes = Vec::new();
        while exchange.has_unsent() {
            bytes.extend(send(exchange, pattern, usize::MAX));
        }
        bytes
    }

    /// What a whole run finds about a stream that came back as `echo`.
    fn verdict(exchange: &mut Exchange, pattern: &Pattern, echo: &[u8]) -> Result<(), Fault> {
        exchange.receive(pattern, echo)?;
        exchange.end(pattern)
    }

    #[test]
    fn nothing_goes_out_before_it_is_released() {
        let pattern = Pattern::new(16);
        let mut exchange = Exchange::new(1);
        assert!(!exchange.has_unsent());
        assert_eq!(send(&mut exchange, &pattern, usize::MAX), b"");
        exchange.release(2);
        assert_eq!(send(&mut exchange, &pattern, usize::MAX).len(), 32);
        assert!(!exchange.has_unsent());
        assert_eq!(exchange.in_flight(), 2);
    }

    #[test]
    fn an_echo_of_what_was_not_sent_yet_is_surplus() {
        let pattern = Pattern::new(16);
        let mut exchange = Exchange::new(1);
        exchange.release(1);
        let first = send(&mut exchange, &pattern, 10);
        assert_eq!(exchange.receive(&pattern, &first), Ok(0));
        let foreseen = pattern.stretch(1, 0, 10).to_vec();
        assert_eq!(
            exchange.receive(&pattern, &foreseen),
            Err(Fault::Surplus {
                message: 0,
                offset: 10
            })
        );
    }

    #[test]
    fn a_wrong_byte_is_named_with_its_place() {
        let pattern = Pattern::new(16);
        let mut exchange = Exchange::new(9);
        exchange.release(3);
        let mut echo = send_all(&mut exchange, &pattern);
        let right = echo[37];
        echo[37] ^= 0x20;
        assert_eq!(
            exchange.receive(&pattern, &echo),
            Err(Fault::WrongByte {
                message: 2,
                offset: 5,
                expected: right,
                found: right ^ 0x20
            })
        );
    }

    #[test]
    fn another_connection_s_bytes_are_wrong() {
        let pattern = Pattern::new(16);
        let (mut one, mut other) = (Exchange::new(1), Exchange::new(2));
        one.release(1);
        other.release(1);
        send_all(&mut one, &pattern);
        let foreign = send_all(&mut other, &pattern);
        assert!(one.receive(&pattern, &foreign).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_split_of_writes_and_reads_is_the_same_stream(
            size in prop_oneof![1usize..300, ALONE - 10..ALONE + 10],
            messages in 1u64..40,
            window in 1u64..40,
            every in 0u64..4,
            pieces in prop::collection::vec((1usize..900, 1usize..900), 1..40),
        ) {
            let pattern = Pattern::of(&Plan {
                message_size: size,
                mark_every: (every > 0).then_some(every),
                ..plan(4, Bound::Messages(messages))
            });
            let mut exchange = Exchange::new(3);
            let mut wire = Vec::new();
            let mut answered = 0;
            for &(write, read) in pieces.iter().cycle() {
                if exchange.released() < messages && exchange.in_flight() < window {
                    exchange.release(1);
                }
                wire.extend(send(&mut exchange, &pattern, write));
                let echo: Vec<u8> = wire.drain(..read.min(wire.len())).collect();
                answered += exchange.receive(&pattern, &echo).unwrap();
                prop_assert_eq!(answered, exchange.echoed());
                prop_assert!(exchange.in_flight() <= window);
                if answered == messages {
                    break;
                }
            }
            prop_assert_eq!(exchange.end(&pattern), Ok(()));
            prop_assert!(wire.is_empty());
        }

        #[test]
        fn a_changed_byte_is_found_at_once(
            size in 1usize..200, messages in 1u64..20, place: prop::sample::Index, flip in 1u8..,
            every in 1u64..3,
        ) {
            let pattern = Pattern::of(&Plan {
                message_size: size,
                mark_every: Some(every),
                ..plan(5, Bound::Messages(messages))
            });
            let mut exchange = Exchange::new(4);
            exchange.release(messages);
            let mut echo = send_all(&mut exchange, &pattern);
            let place = place.index(echo.len());
            echo[place] ^= flip;
            let fault = exchange.receive(&pattern, &echo[..=place]).unwrap_err();
            let found = matches!(fault, Fault::WrongByte { message, offset, .. }
                if message as usize * size + offset == place);
            prop_assert!(found, "{:?}", fault);
        }

        #[test]
        fn a_lost_byte_is_found(
            size in 1usize..200, messages in 1u64..20, place: prop::sample::Index
        ) {
            let pattern = Pattern::new(size);
            let mut exchange = Exchange::new(5);
            exchange.release(messages);
            let mut echo = send_all(&mut exchange, &pattern);
            echo.remove(place.index(echo.len()));
            prop_assert!(verdict(&mut exchange, &pattern, &echo).is_err());
        }

        #[test]
        fn a_repeated_byte_is_found(
            size in 1usize..200, messages in 1u64..20, place: prop::sample::Index
        ) {
            let pattern = Pattern::new(size);
            let mut exchange = Exchange::new(6);
            exchange.release(messages);
            let mut echo = send_all(&mut exchange, &pattern);
            let place = place.index(echo.len());
            echo.insert(place, echo[place]);
            prop_assert!(verdict(&mut exchange, &pattern, &echo).is_err());
        }

        #[test]
        fn exchanged_messages_are_found(
            size in 4usize..200, messages in 2u64..20, place: prop::sample::Index
        ) {
            let pattern = Pattern::new(size);
            let mut exchange = Exchange::new(7);
            exchange.release(messages);
            let mut echo = send_all(&mut exchange, &pattern);
            let first = place.index(messages as usize - 1) * size;
            echo[first..first + 2 * size].rotate_left(size);
            prop_assert!(verdict(&mut exchange, &pattern, &echo).is_err());
        }
    }
}
