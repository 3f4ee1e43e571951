//! What falls due at a port.

use std::time::Instant;

use crate::completion_port::engine::token::{Subject, Token};
use crate::completion_port::timers::Timers;

/// What falls due.
pub(in crate::completion_port::engine) enum Due<P> {
    Packet(P),
    /// The socket has deadlines to look at.
    Deadline(Token),
    /// The socket may be tried again.
    Retry(Token),
    /// The kernel is to be told once more to end something.
    Cancel(Token, Subject),
}

pub(in crate::completion_port::engine) struct Agenda<P> {
    timers: Timers<Due<P>>,
}

impl<P> Agenda<P> {
    pub(super) fn new() -> Self {
        Self {
            timers: Timers::new(),
        }
    }

    /// Adds what falls due at a time; whether it is the next. `is_there` tells of the sockets that
    /// are not gone.
    pub(super) fn add(
        &mut self,
        due: Due<P>,
        at: Instant,
        is_there: impl Fn(Token) -> bool,
    ) -> bool {
        self.timers.prune(|due| match due {
            Due::Packet(_) => true,
            Due::Deadline(token) | Due::Retry(token) | Due::Cancel(token, _) => is_there(*token),
        });
        self.timers.set(at, due)
    }

    /// When the next falls due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Takes what is due at `now`.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Due<P>> {
        self.timers.take_due(now)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::completion_port::timers::FEW;

    #[test]
    fn timers_of_sockets_that_are_gone_do_not_pile_up() {
        let mut agenda = Agenda::new();
        let later = Instant::now() + Duration::from_secs(3600);
        agenda.add(Due::Packet(7), later, |_| false);
        for generation in 0..10_000 {
            agenda.add(Due::Deadline(Token::new(0, generation)), later, |_| false);
        }
        assert!(matches!(agenda.take_due(later), Some(Due::Packet(7))));
        let rest = std::iter::from_fn(|| agenda.take_due(later)).count();
        assert!(rest < FEW);
    }
}
