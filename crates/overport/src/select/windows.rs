//! One call of `select`: Winsock's own, with a socket of the thread among those to be read, by
//! which whoever closes one of the others wakes it.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fd::AsFd;

use super::FdSet;
use super::asked::Asked;
use crate::socket::{Hold, Kind, Phase, SocketId};
use crate::sys::select::{Interest, Sets, has_passed, remaining};
use crate::sys::wake::Wake;

/// A socket of the sets.
#[derive(Debug)]
struct Entry {
    socket: Hold,
    asked: Asked,
    ready: Asked,
}

impl Entry {
    /// Whether it is known to be ready.
    fn has_failed(&self) -> bool {
        self.asked.except && self.socket.phase() == Phase::Failed
    }

    /// Whether Winsock is asked about it. What it says of a stream without a connection, also
    /// of one whose connect has failed, is not documented; whoever connects it wakes the call.
    fn is_asked_about(&self) -> bool {
        self.socket.kind() == Kind::Datagram
            || !matches!(self.socket.phase(), Phase::Unconnected | Phase::Failed)
    }

    /// Takes what a wait brought into account.
    fn judge(&mut self, sets: &Sets) {
        // A connect that has ended is settled by asking, so that the calls to come know of it.
        self.ready = match self.socket.phase() {
            Phase::Failed => Asked::EXCEPT.and(self.asked),
            _ => sets.ready(self.socket.as_fd()).into(),
        };
    }
}

impl From<Interest> for Asked {
    fn from(interest: Interest) -> Self {
        Self {
            read: interest.read,
            write: interest.write,
            except: interest.except,
        }
    }
}

impl From<Asked> for Interest {
    fn from(asked: Asked) -> Self {
        Self {
            read: asked.read,
            write: asked.write,
            except: asked.except,
        }
    }
}

/// What a call works with. Its memory is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Wait {
    entries: Vec<Entry>,
    places: HashMap<SocketId, usize>,
    sets: Sets,
}

impl Wait {
    /// Waits until a socket of the sets is ready or the deadline has passed.
    pub(super) fn run(
        &mut self,
        sets: [(Option<&FdSet>, Asked); 3],
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        let wake = Wake::of_thread()?;
        for (set, asked) in sets {
            self.take_in(set, asked, &wake)?;
        }
        loop {
            let timeout = match self.entries.iter().any(Entry::has_failed) {
                true => Some(Duration::ZERO),
                false => remaining(deadline),
            };
            self.look(&wake, timeout)?;
            self.entries
                .iter()
                .try_for_each(|entry| entry.socket.check_open())?;
            if self.is_any_ready() || has_passed(deadline) {
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

    fn take_in(&mut self, set: Option<&FdSet>, asked: Asked, wake: &Arc<Wake>) -> io::Result<()> {
        for (id, socket) in set.map_or(&[][..], FdSet::members) {
            let place = *self.places.entry(*id).or_insert(self.entries.len());
            match self.entries.get_mut(place) {
                Some(entry) => entry.asked = entry.asked.or(asked),
                None => self.entries.push(Entry {
                    socket: Hold::new(socket, wake)?,
                    asked,
                    ready: Asked::NOTHING,
                }),
            }
        }
        Ok(())
    }

    fn is_any_ready(&self) -> bool {
        self.entries.iter().any(|entry| entry.ready.any())
    }

    /// Waits once, and judges every socket by what the wait brought.
    fn look(&mut self, wake: &Wake, timeout: Option<Duration>) -> io::Result<()> {
        self.sets.clear();
        self.sets.add(wake, Interest::READ);
        for entry in self.entries.iter().filter(|entry| entry.is_asked_about()) {
            self.sets.add(entry.socket.as_fd(), entry.asked.into());
        }
        self.sets.wait(timeout)?;
        if self.sets.ready(wake).read {
            wake.clear();
        }
        for entry in &mut self.entries {
            entry.judge(&self.sets);
        }
        Ok(())
    }
}
