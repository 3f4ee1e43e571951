//! One call of `select`: what it asks of each socket, and how it waits.
//!
//! poll(2) reports a hang-up or an error whether or not it is asked for. A stream without a
//! connection has hung up, as the kernel sees it, and would end every wait although it is
//! not ready by Winsock's rules. Such sockets are taken out of the poll and put into an
//! epoll instance that is edge-triggered, made when the first one turns up: it becomes
//! readable only when something about one of them changes. The price is a descriptor and
//! three system calls a call of `select`, for these sockets alone.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::FdSet;
use super::asked::Asked;
use super::members;
use crate::socket::{Hold, Kind, Phase};
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

type Member = members::Member<Watch>;

/// How a socket is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Watch {
    /// By poll(2), as long as what that reports is what was asked.
    #[default]
    Level,
    /// By an edge, but not yet in the epoll instance.
    EdgeToCome,
    /// By an edge.
    Edge,
}

impl Member {
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
    pub(super) members: members::Members<Watch>,
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
            self.members.add(set, asked, Hold::new)?;
        }
        for member in &mut self.members.all {
            if member.has_no_connection() {
                member.watch = Watch::EdgeToCome;
                member.judge(Readiness::default());
            }
        }
        let mut edges = None;
        loop {
            let until = if self.members.is_any_ready() {
                Some(Instant::now())
            } else {
                deadline
            };
            if !has_passed(until) {
                self.watch_edges(&mut edges)?;
            }
            self.look(edges.as_ref(), until)?;
            self.members.check_open()?;
            if self.members.is_any_ready() || has_passed(until) {
                return Ok(());
            }
        }
    }

    /// Puts the sockets that poll(2) can't wait for into the epoll instance. What one is
    /// ready for at that moment counts as an edge, so nothing is lost in between.
    fn watch_edges(&mut self, edges: &mut Option<Edges>) -> io::Result<()> {
        for member in &mut self.members.all {
            if member.watch == Watch::EdgeToCome {
                if edges.is_none() {
                    *edges = Some(Edges(Epoll::new()?));
                }
                if let Some(Edges(epoll)) = edges {
                    epoll.add(member.socket.as_fd(), 0)?;
                }
                member.watch = Watch::Edge;
            }
        }
        Ok(())
    }

    /// Waits once, and judges every socket by what the wait brought.
    fn look(&mut self, edges: Option<&Edges>, deadline: Option<Instant>) -> io::Result<()> {
        let Self { members, room } = self;
        let members = &mut members.all;
        let is_polled = |member: &Member| member.watch == Watch::Level;
        let edge_fd = edges.map(|edges| Interest::readable(edges.0.as_fd()));
        let polled = members.iter().filter(|member| is_polled(member));
        let interests = edge_fd.into_iter().chain(polled.map(Member::interest));
        let mut answers = room.wait(interests, deadline)?.iter().copied();
        let edge = edge_fd.and_then(|_| answers.next());
        for member in members.iter_mut().filter(|member| is_polled(member)) {
            member.judge(answers.next().unwrap_or_default());
        }
        match edges {
            Some(edges) if edge.is_some_and(Readiness::any) => edges.drain()?,
            _ => return Ok(()),
        }
        for member in members.iter_mut() {
            if member.watch == Watch::Edge {
                member.judge(level(member.socket.as_fd())?);
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
