//! One call of `select`: Winsock's own, with a socket of the thread among those to be read, by
//! which whoever closes one of the others wakes it.

use std::io;
use std::time::{Duration, Instant};

use rustix::fd::AsFd;

use super::FdSet;
use super::asked::Asked;
use super::members;
use crate::socket::{Hold, Kind, Phase};
use crate::sys::select::{Interest, Sets, has_passed, remaining};
use crate::sys::wake::Wake;

/// All are waited for in the same way.
type Member = members::Member<()>;

impl Member {
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
    pub(super) members: members::Members<()>,
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
            self.members
                .add(set, asked, |socket| Hold::new(socket, &wake))?;
        }
        loop {
            let timeout = match self.members.all.iter().any(Member::has_failed) {
                true => Some(Duration::ZERO),
                false => remaining(deadline),
            };
            self.look(&wake, timeout)?;
            self.members.check_open()?;
            if self.members.is_any_ready() || has_passed(deadline) {
                return Ok(());
            }
        }
    }

    /// Waits once, and judges every socket by what the wait brought.
    fn look(&mut self, wake: &Wake, timeout: Option<Duration>) -> io::Result<()> {
        self.sets.clear();
        self.sets.add(wake, Interest::READ);
        for member in self
            .members
            .all
            .iter()
            .filter(|member| member.is_asked_about())
        {
            self.sets.add(member.socket.as_fd(), member.asked.into());
        }
        self.sets.wait(timeout)?;
        if self.sets.ready(wake).read {
            wake.clear();
        }
        for member in &mut self.members.all {
            member.judge(&self.sets);
        }
        Ok(())
    }
}
