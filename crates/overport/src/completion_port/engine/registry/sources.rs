//! The sockets of a port, by their tokens, and what comes for them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Weak};

use slab::Slab;
use socket2::Socket;

use super::Entry;
use crate::completion_port::engine::Source;
use crate::completion_port::engine::edge::Edge;
use crate::completion_port::engine::lent::Lent;
use crate::completion_port::engine::signals::Signals;
use crate::completion_port::engine::token::{Subject, Token};
use crate::completion_port::engine::watch::Notice;

pub(super) struct Sources<K, B, P> {
    registered: Slab<Registered<K, B, P>>,
    /// Counts registrations, so that a late edge of a socket that is gone is not taken for
    /// one of the socket that has its place now.
    generation: u32,
}

enum Registered<K, B, P> {
    Open {
        generation: u32,
        signals: Arc<Signals>,
        source: Weak<Source<K, B, P>>,
    },
    /// Nobody has the socket any more, but the kernel has yet to answer.
    Gone {
        generation: u32,
        signals: Arc<Signals>,
        /// The socket, if it must not be closed before that.
        #[expect(dead_code, reason = "it is open as long as it is here")]
        kept: Option<Arc<Socket>>,
    },
}

/// When the kernel is to be told to stop.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// More came than anybody takes.
    Now,
    /// It was told, in the midst of going on, and has missed that.
    Later,
}

impl<K, B, P> Sources<K, B, P> {
    pub(super) fn new() -> Self {
        Self {
            registered: Slab::new(),
            generation: 0,
        }
    }

    /// Adds the socket that `make` makes of its token.
    pub(super) fn add(
        &mut self,
        make: impl FnOnce(Token, Arc<Signals>) -> Source<K, B, P>,
    ) -> io::Result<Arc<Source<K, B, P>>> {
        let generation = self.generation.wrapping_add(1);
        let entry = self.registered.vacant_entry();
        let key = u32::try_from(entry.key())
            .ok()
            .filter(|&key| key <= Token::KEY_MAX)
            .ok_or(io::ErrorKind::QuotaExceeded)?;
        let token = Token::new(key, generation);
        let signals = Arc::new(Signals::default());
        let source = Arc::new(make(token, Arc::clone(&signals)));
        entry.insert(Registered::Open {
            generation: token.generation(),
            signals,
            source: Arc::downgrade(&source),
        });
        self.generation = generation;
        Ok(source)
    }

    /// The socket is gone. If the kernel has yet to answer its place is kept until that, and so
    /// is the socket, if there is one that must not be closed before.
    pub(super) fn remove(&mut self, token: Token, kept: Option<&Arc<Socket>>) {
        let Some(registered) = self.find_mut(token) else {
            return;
        };
        let signals = registered.signals();
        if signals.is_in_flight() {
            *registered = Registered::Gone {
                generation: token.generation(),
                signals: Arc::clone(signals),
                kept: kept.cloned(),
            };
        } else {
            self.registered.remove(token.key());
        }
    }

    /// Those that are not gone.
    pub(super) fn all(&self) -> impl Iterator<Item = Arc<Source<K, B, P>>> {
        let registered = self.registered.iter();
        registered.filter_map(|(_, registered)| registered.source()?.upgrade())
    }

    /// Whether the kernel has yet to give its last answer.
    pub(super) fn awaits(&self, token: Token, subject: Subject) -> bool {
        let registered = self.find(token);
        registered.is_some_and(|registered| registered.signals().awaits(subject))
    }

    /// Whether the socket is there, or the kernel has yet to answer.
    pub(super) fn has(&self, token: Token) -> bool {
        self.find(token).is_some()
    }

    /// Takes in what came for a socket, and tells whether the kernel is to be stopped.
    pub(super) fn notice(
        &mut self,
        token: Token,
        subject: Subject,
        notice: Notice,
        lent: &Lent,
        queue: &mut VecDeque<Entry<K, B, P>>,
    ) -> Option<Stop> {
        let event = match notice {
            Notice::Edge(readiness) => {
                self.enqueue(token, readiness, queue);
                return None;
            }
            Notice::Missed => return Some(Stop::Later).filter(|_| self.awaits(token, subject)),
            Notice::Answer(event) => event,
        };
        let registered = self.find(token)?;
        let signals = registered.signals();
        let (edge, full) = signals.answer(subject, &event, lent);
        let landed = !event.more && signals.land(subject);
        if registered.source().is_none() {
            if landed {
                self.registered.remove(token.key());
            }
            return None;
        }
        self.enqueue(token, edge, queue);
        Some(Stop::Now).filter(|_| full)
    }

    /// Notes an edge of the socket and queues it, unless it is queued already; whether it is
    /// there at all.
    pub(super) fn enqueue(
        &self,
        token: Token,
        edge: impl Into<Edge>,
        queue: &mut VecDeque<Entry<K, B, P>>,
    ) -> bool {
        let Some(Registered::Open {
            signals, source, ..
        }) = self.find(token)
        else {
            return false;
        };
        signals.edges.note(edge);
        if signals.edges.enqueue() {
            queue.push_back(Entry::Ready(Weak::clone(source)));
        }
        true
    }

    fn find(&self, token: Token) -> Option<&Registered<K, B, P>> {
        self.registered
            .get(token.key())
            .filter(|registered| registered.generation() == token.generation())
    }

    fn find_mut(&mut self, token: Token) -> Option<&mut Registered<K, B, P>> {
        self.registered
            .get_mut(token.key())
            .filter(|registered| registered.generation() == token.generation())
    }
}

impl<K, B, P> Registered<K, B, P> {
    fn generation(&self) -> u32 {
        match self {
            Self::Open { generation, .. } | Self::Gone { generation, .. } => *generation,
        }
    }

    fn signals(&self) -> &Arc<Signals> {
        match self {
            Self::Open { signals, .. } | Self::Gone { signals, .. } => signals,
        }
    }

    /// The socket, unless it is gone.
    fn source(&self) -> Option<&Weak<Source<K, B, P>>> {
        match self {
            Self::Open { source, .. } => Some(source),
            Self::Gone { .. } => None,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::sys::uring::Event;

    #[test]
    fn a_cancellation_that_was_missed_is_repeated_until_the_last_answer() {
        let signals = Arc::new(Signals::default());
        signals.depart(Subject::Received);
        let mut sources = Sources::<(), Vec<u8>, ()>::new();
        let token = Token::new(0, 7);
        sources.registered.insert(Registered::Gone {
            generation: token.generation(),
            signals,
            kept: None,
        });
        let mut notice = |subject, notice| {
            let mut queue = VecDeque::new();
            sources.notice(token, subject, notice, &Lent::default(), &mut queue)
        };
        assert_eq!(notice(Subject::Received, Notice::Missed), Some(Stop::Later));
        assert_eq!(notice(Subject::Reading, Notice::Missed), None);
        let last = Event {
            token: token.to_bits(Subject::Received),
            result: Err(Errno::CANCELED),
            more: false,
            buffer: None,
        };
        assert_eq!(notice(Subject::Received, Notice::Answer(last)), None);
        assert_eq!(notice(Subject::Received, Notice::Missed), None);
        assert!(!sources.has(token));
    }
}
