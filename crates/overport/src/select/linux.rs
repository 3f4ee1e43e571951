//! One call of `select`: what it asks of each socket, and how it waits.
//!
//! poll(2) reports a hang-up or an error whether or not it is asked for. A stream without a
//! connection has hung up, as the kernel sees it, and would end every wait although it is
//! not ready by Winsock's rules. Such sockets are taken out of the poll and put into an
//! epoll instance that is edge-triggered, made when the first one turns up: it becomes
//! readable only when something about one of them changes. The price is a descriptor and
//! three system calls a call of `select`, for these sockets alone.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::FdSet;
use super::asked::Asked;
use crate::socket::{Hold, Kind, Phase, SocketId};
use crate::sys::epoll::{Epoll, Events};
use crate::sys::poll::{Interest, Readiness, Room, level};

/// The sets that a socket is ready for, by what it is and what the kernel says of it.
fn ready(kind: Kind, phase: Phase, now: Readiness) -> Asked {
    match (kind, phase) {
        (Kind::Datagram, _) | (Kind::Stream, Phase::Connected) => Asked {
            read: now.readable || now.read_closed || now.error,
            write: now.writable || now.error,
            except: now.priority,
        },
        (Kind::Stream, Phase::Listening) => Asked {
            read: now.readable,
            ..Asked::NOTHING
        },
        (Kind::Stream, Phase::Failed) => Asked::EXCEPT,
        (Kind::Stream, Phase::Unconnected | Phase::Connecting) => Asked::NOTHING,
    }
}

/// A socket of the sets.
#[derive(Debug)]
struct Entry {
    socket: Hold,
    asked: Asked,
    ready: Asked,
    watch: Watch,
}

/// How a socket is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// By poll(2), as long as what that reports is what was asked.
    Level,
    /// By an edge, but not yet in the epoll instance.
    EdgeToCome,
    /// By an edge.
    Edge,
}

impl Entry {
    /// Takes what the kernel says now into account.
    fn judge(&mut self, now: Readiness) {
        let mut ready = ready(self.socket.kind(), self.socket.phase(), now).and(self.asked);
        // The kernel reports it in either case.
        ready.except &= !(now.priority && self.is_out_of_band_inline());
        self.ready = ready;
        if self.watch == Watch::Level && now.any() && !ready.any() {
            self.watch = Watch::EdgeToCome;
        }
    }

    fn is_out_of_band_inline(&self) -> bool {
        self.socket.kind() == Kind::Stream
            && self.socket.options().out_of_band_inline().unwrap_or(false)
    }

    fn interest(&self) -> Interest<'_> {
        Interest {
            fd: self.socket.as_fd(),
            readable: self.asked.read,
            writable: self.asked.write,
            priority: self.asked.except,
        }
    }

    /// Whether the kernel takes it for hung up although it is nothing of the kind.
    fn has_no_connection(&self) -> bool {
        self.socket.kind() == Kind::Stream
            && matches!(self.socket.phase(), Phase::Unconnected | Phase::Failed)
    }
}

/// What a call works with. Its memory is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Wait {
    entries: Vec<Entry>,
    places: HashMap<SocketId, usize>,
    room: Room,
}

impl Wait {
    /// Waits until a socket of the sets is ready or the deadline has passed.
    pub(super) fn run(
        &mut self,
        sets: [(Option<&FdSet>, Asked); 3],
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        for (set, asked) in sets {
            self.take_in(set, asked)?;
        }
        for entry in &mut self.entries {
            if entry.has_no_connection() {
                entry.watch = Watch::EdgeToCome;
                entry.judge(Readiness::default());
            }
        }
        let mut edges = None;
        loop {
            let until = if self.is_any_ready() {
                Some(Instant::now())
            } else {
                deadline
            };
            if !has_passed(until) {
                self.watch_edges(&mut edges)?;
            }
            self.look(edges.as_ref(), until)?;
            self.check_open()?;
            if self.is_any_ready() || has_passed(until) {
                return Ok(());
            }
        }
    }

    /// Whether the call has found a socket ready for a set.
    pub(super) fn is_ready(&self, socket: SocketId, set: Asked) -> bool {
        self.places
            .get(&socket)
            .is_some_and(|&place| self.entries[place].ready.and(set).any())
    }

    /// Lets the sockets go, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.places.clear();
    }

    fn take_in(&mut self, set: Option<&FdSet>, asked: Asked) -> io::Result<()> {
        for (id, socket) in set.map_or(&[][..], FdSet::members) {
            let place = *self.places.entry(*id).or_insert(self.entries.len());
            match self.entries.get_mut(place) {
                Some(entry) => entry.asked = entry.asked.or(asked),
                None => self.entries.push(Entry {
                    socket: Hold::new(socket)?,
                    asked,
                    ready: Asked::NOTHING,
                    watch: Watch::Level,
                }),
            }
        }
        Ok(())
    }

    fn is_any_ready(&self) -> bool {
        self.entries.iter().any(|entry| entry.ready.any())
    }

    fn check_open(&self) -> io::Result<()> {
        self.entries
            .iter()
            .try_for_each(|entry| entry.socket.check_open())
    }

    /// Puts the sockets that poll(2) can't wait for into the epoll instance. What one is
    /// ready for at that moment counts as an edge, so nothing is lost in between.
    fn watch_edges(&mut self, edges: &mut Option<Edges>) -> io::Result<()> {
        for entry in &mut self.entries {
            if entry.watch == Watch::EdgeToCome {
                if edges.is_none() {
                    *edges = Some(Edges(Epoll::new()?));
                }
                if let Some(Edges(epoll)) = edges {
                    epoll.add(entry.socket.as_fd(), 0)?;
                }
                entry.watch = Watch::Edge;
            }
        }
        Ok(())
    }

    /// Waits once, and judges every socket by what the wait brought.
    fn look(&mut self, edges: Option<&Edges>, deadline: Option<Instant>) -> io::Result<()> {
        let Self { entries, room, .. } = self;
        let is_polled = |entry: &Entry| entry.watch == Watch::Level;
        let edge_fd = edges.map(|edges| Interest::readable(edges.0.as_fd()));
        let polled = entries.iter().filter(|entry| is_polled(entry));
        let interests = edge_fd.into_iter().chain(polled.map(Entry::interest));
        let mut answers = room.wait(interests, deadline)?.iter().copied();
        let edge = edge_fd.and_then(|_| answers.next());
        for entry in entries.iter_mut().filter(|entry| is_polled(entry)) {
            entry.judge(answers.next().unwrap_or_default());
        }
        match edges {
            Some(edges) if edge.is_some_and(Readiness::any) => edges.drain()?,
            _ => return Ok(()),
        }
        for entry in entries.iter_mut() {
            if entry.watch == Watch::Edge {
                entry.judge(level(entry.socket.as_fd())?);
            }
        }
        Ok(())
    }
}

fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

/// The epoll instance for the sockets that poll(2) can't wait for.
struct Edges(Epoll);

impl Edges {
    /// Takes the edges that have come. Which sockets they are of is not asked: all of them
    /// are looked at.
    fn drain(&self) -> io::Result<()> {
        let mut events = Events::default();
        loop {
            self.0.wait(&mut events, Some(Duration::ZERO))?;
            if !events.is_full() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNG_UP: Readiness = Readiness {
        readable: true,
        writable: true,
        priority: false,
        read_closed: true,
        hung_up: true,
        error: true,
    };

    #[test]
    fn a_stream_is_ready_only_as_far_as_its_connection_has_come() {
        let stream = |phase| ready(Kind::Stream, phase, HUNG_UP);
        assert_eq!(stream(Phase::Unconnected), Asked::NOTHING);
        assert_eq!(stream(Phase::Connecting), Asked::NOTHING);
        assert_eq!(stream(Phase::Failed), Asked::EXCEPT);
        assert_eq!(stream(Phase::Listening), Asked::READ);
        assert_eq!(stream(Phase::Connected), Asked::READ.or(Asked::WRITE));
    }

    #[test]
    fn an_error_makes_a_datagram_socket_ready_for_the_call_that_reports_it() {
        let refused = Readiness {
            error: true,
            ..Readiness::default()
        };
        let now = ready(Kind::Datagram, Phase::Unconnected, refused);
        assert_eq!(now, Asked::READ.or(Asked::WRITE));
    }
}
