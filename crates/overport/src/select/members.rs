//! The sockets of one call, each of them once.

use std::collections::HashMap;
use std::io;
use std::sync::Weak;

use super::FdSet;
use super::asked::Asked;
use crate::socket::{Hold, Inner, SocketId};

/// A socket of the sets. `W` is how it is waited for.
#[derive(Debug)]
pub(super) struct Member<W> {
    pub(super) socket: Hold,
    pub(super) asked: Asked,
    pub(super) ready: Asked,
    #[cfg_attr(windows, allow(dead_code, reason = "all are waited for alike there"))]
    pub(super) watch: W,
}

/// The sockets, and where each of them is. Their memory is kept for the next call.
#[derive(Debug, Default)]
pub(super) struct Members<W> {
    pub(super) all: Vec<Member<W>>,
    places: HashMap<SocketId, usize>,
}

impl<W: Default> Members<W> {
    /// Adds what is asked of the sockets of a set; `hold` keeps one open for the call.
    pub(super) fn add(
        &mut self,
        set: Option<&FdSet>,
        asked: Asked,
        hold: impl Fn(&Weak<Inner>) -> io::Result<Hold>,
    ) -> io::Result<()> {
        for (id, socket) in set.map_or(&[][..], FdSet::members) {
            let place = *self.places.entry(*id).or_insert(self.all.len());
            match self.all.get_mut(place) {
                Some(member) => member.asked = member.asked.or(asked),
                None => self.all.push(Member {
                    socket: hold(socket)?,
                    asked,
                    ready: Asked::NOTHING,
                    watch: W::default(),
                }),
            }
        }
        Ok(())
    }
}

impl<W> Members<W> {
    /// Whether a socket was found ready for a set.
    pub(super) fn is_ready(&self, socket: SocketId, set: Asked) -> bool {
        self.places
            .get(&socket)
            .is_some_and(|&place| self.all[place].ready.and(set).any())
    }

    pub(super) fn is_any_ready(&self) -> bool {
        self.all.iter().any(|member| member.ready.any())
    }

    pub(super) fn check_open(&self) -> io::Result<()> {
        self.all
            .iter()
            .try_for_each(|member| member.socket.check_open())
    }

    /// Lets the sockets go, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.places.clear();
    }
}
